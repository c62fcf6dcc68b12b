DROP INDEX feed_notices;
DROP TABLE webhooks;

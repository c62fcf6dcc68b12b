DROP INDEX feed_gone;

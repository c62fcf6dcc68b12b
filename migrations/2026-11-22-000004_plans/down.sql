DROP INDEX feed_plans;
DROP TABLE plan_sites, plans;

-- Tombstones are few among the rows of the feed; those that are too old are found without reading the others.
CREATE INDEX feed_gone ON feed (jurisdiction_id, seq) WHERE NOT present;

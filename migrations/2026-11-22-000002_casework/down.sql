DROP TABLE notices, item_moves, item_evidence, item_findings, rectifications;
DROP INDEX commands_item;
DELETE FROM commands WHERE account_id IS NULL;
ALTER TABLE commands ALTER COLUMN account_id SET NOT NULL, ALTER COLUMN device_id SET NOT NULL;

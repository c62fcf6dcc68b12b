ALTER TABLE commands DROP COLUMN given_at;

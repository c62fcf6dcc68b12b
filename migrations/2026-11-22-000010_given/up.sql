-- What was done offline has a time of its own: the trail of an item tells both.
ALTER TABLE commands ADD COLUMN given_at timestamptz;
COMMENT ON COLUMN commands.given_at IS 'When it was given, by the giver''s own clock; null: given before this was kept';

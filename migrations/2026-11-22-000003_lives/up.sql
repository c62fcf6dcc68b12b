-- Lives of the database: after a restore, an item may get a revision that it had before, with other content.

CREATE TABLE epochs (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    epoch           uuid NOT NULL,
    ended_seq       bigint NOT NULL,
    PRIMARY KEY (jurisdiction_id, epoch)
);
COMMENT ON TABLE epochs IS 'Lives of the database that are over, as far as this one remembers them';
COMMENT ON COLUMN epochs.jurisdiction_id IS 'Whose feed';
COMMENT ON COLUMN epochs.epoch IS 'The epoch that ended';
COMMENT ON COLUMN epochs.ended_seq IS 'What was numbered above it in that life is not what is numbered so now';

CREATE OR REPLACE FUNCTION renew_epochs() RETURNS bigint LANGUAGE sql AS $$
    WITH ended AS (
        SELECT jurisdiction_id, epoch, seq FROM heads WHERE incarnation IS DISTINCT FROM incarnation() FOR UPDATE),
    kept AS (
        INSERT INTO epochs (jurisdiction_id, epoch, ended_seq) SELECT jurisdiction_id, epoch, seq FROM ended
        ON CONFLICT DO NOTHING),
    renewed AS (
        UPDATE heads h SET epoch = gen_random_uuid(), incarnation = incarnation() FROM ended
        WHERE h.jurisdiction_id = ended.jurisdiction_id AND h.epoch = ended.epoch RETURNING 1)
    SELECT count(*) FROM renewed
$$;

-- How many items stand where, kept as they are written, so that a count does not read a million of them. A change is a row
-- of its own, which no other writer waits for; the chore adds them up. A count is the sum of both tables.

CREATE TABLE item_tallies (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    tally_id        bigint GENERATED ALWAYS AS IDENTITY,
    channel_area_id uuid NOT NULL,
    area_id         uuid NOT NULL,
    seen_by         uuid,
    unit_id         uuid,
    person          text,
    stage           text NOT NULL,
    severity        text NOT NULL,
    source          text NOT NULL,
    n               bigint NOT NULL,
    PRIMARY KEY (jurisdiction_id, tally_id),
    UNIQUE NULLS NOT DISTINCT (jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source)
);
CREATE INDEX item_tallies_seen_by ON item_tallies (jurisdiction_id, seen_by) WHERE seen_by IS NOT NULL;
CREATE INDEX item_tallies_empty ON item_tallies (jurisdiction_id) WHERE n = 0;
COMMENT ON TABLE item_tallies IS 'Items by everything that they are counted by, added up';
COMMENT ON COLUMN item_tallies.tally_id IS 'Identifier';
COMMENT ON COLUMN item_tallies.jurisdiction_id IS 'Whose items';
COMMENT ON COLUMN item_tallies.channel_area_id IS 'Their township';
COMMENT ON COLUMN item_tallies.area_id IS 'Their village';
COMMENT ON COLUMN item_tallies.seen_by IS 'The unit that sees them';
COMMENT ON COLUMN item_tallies.unit_id IS 'The responsible unit';
COMMENT ON COLUMN item_tallies.person IS 'The responsible person';
COMMENT ON COLUMN item_tallies.stage IS 'Where they stand';
COMMENT ON COLUMN item_tallies.severity IS 'How grave they are';
COMMENT ON COLUMN item_tallies.source IS 'Where they come from';
COMMENT ON COLUMN item_tallies.n IS 'How many';

CREATE TABLE item_deltas (
    jurisdiction_id uuid NOT NULL,
    delta_id        bigint GENERATED ALWAYS AS IDENTITY,
    channel_area_id uuid NOT NULL,
    area_id         uuid NOT NULL,
    seen_by         uuid,
    unit_id         uuid,
    person          text,
    stage           text NOT NULL,
    severity        text NOT NULL,
    source          text NOT NULL,
    n               bigint NOT NULL,
    PRIMARY KEY (jurisdiction_id, delta_id)
);
COMMENT ON TABLE item_deltas IS 'Changes of item_tallies that are not added up yet';
COMMENT ON COLUMN item_deltas.delta_id IS 'Identifier';
COMMENT ON COLUMN item_deltas.jurisdiction_id IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.channel_area_id IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.area_id IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.seen_by IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.unit_id IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.person IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.stage IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.severity IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.source IS 'As in item_tallies';
COMMENT ON COLUMN item_deltas.n IS 'How many more';

CREATE FUNCTION tally_new_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO item_deltas (jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, n)
    SELECT jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, count(*)
    FROM after GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_changed_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO item_deltas (jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, n)
    SELECT jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, sum(n)
    FROM (SELECT jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, 1 AS n FROM after
          UNION ALL
          SELECT jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, -1 FROM before) c
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tally_new_items IS 'Items that are new, as changes of their tallies';
COMMENT ON FUNCTION tally_changed_items IS 'Items that changed, as changes of their tallies; none where only the text changed';
CREATE TRIGGER tally_new AFTER INSERT ON rectifications REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tally_new_items();
CREATE TRIGGER tally_changed AFTER UPDATE ON rectifications REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tally_changed_items();

-- The same for what moved between units, by day: the reconciliation.
CREATE TABLE move_tallies (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    channel_area_id uuid NOT NULL,
    unit_id         uuid NOT NULL,
    day             date NOT NULL,
    kind            text NOT NULL,
    n               bigint NOT NULL,
    PRIMARY KEY (jurisdiction_id, channel_area_id, unit_id, day, kind)
);
CREATE INDEX move_tallies_unit ON move_tallies (jurisdiction_id, unit_id, day);
COMMENT ON TABLE move_tallies IS 'What units took on and were rid of, added up by day';
COMMENT ON COLUMN move_tallies.jurisdiction_id IS 'Whose items';
COMMENT ON COLUMN move_tallies.channel_area_id IS 'Their township';
COMMENT ON COLUMN move_tallies.unit_id IS 'The unit';
COMMENT ON COLUMN move_tallies.day IS 'In the jurisdiction''s time zone';
COMMENT ON COLUMN move_tallies.kind IS 'new, reopened, closed, moved_away';
COMMENT ON COLUMN move_tallies.n IS 'How many';

CREATE TABLE move_deltas (
    jurisdiction_id uuid NOT NULL,
    delta_id        bigint GENERATED ALWAYS AS IDENTITY,
    channel_area_id uuid NOT NULL,
    unit_id         uuid NOT NULL,
    day             date NOT NULL,
    kind            text NOT NULL,
    n               bigint NOT NULL,
    PRIMARY KEY (jurisdiction_id, delta_id)
);
COMMENT ON TABLE move_deltas IS 'Changes of move_tallies that are not added up yet';
COMMENT ON COLUMN move_deltas.delta_id IS 'Identifier';
COMMENT ON COLUMN move_deltas.jurisdiction_id IS 'As in move_tallies';
COMMENT ON COLUMN move_deltas.channel_area_id IS 'As in move_tallies';
COMMENT ON COLUMN move_deltas.unit_id IS 'As in move_tallies';
COMMENT ON COLUMN move_deltas.day IS 'As in move_tallies';
COMMENT ON COLUMN move_deltas.kind IS 'As in move_tallies';
COMMENT ON COLUMN move_deltas.n IS 'How many more';

CREATE FUNCTION tally_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO move_deltas (jurisdiction_id, channel_area_id, unit_id, day, kind, n)
    SELECT a.jurisdiction_id, r.channel_area_id, a.unit_id, (a.at AT TIME ZONE j.time_zone)::date, a.kind, count(*)
    FROM after a JOIN rectifications r USING (jurisdiction_id, rectification_id) JOIN jurisdictions j USING (jurisdiction_id)
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tally_moves IS 'Moves, as changes of their tallies';
CREATE TRIGGER tally_moved AFTER INSERT ON item_moves REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tally_moves();

INSERT INTO item_tallies (jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, n)
SELECT jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, count(*)
FROM rectifications GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
INSERT INTO move_tallies
SELECT m.jurisdiction_id, r.channel_area_id, m.unit_id, (m.at AT TIME ZONE j.time_zone)::date, m.kind, count(*)
FROM item_moves m JOIN rectifications r USING (jurisdiction_id, rectification_id) JOIN jurisdictions j USING (jurisdiction_id)
GROUP BY 1, 2, 3, 4, 5;

-- Lists, the last listed first, by what they are asked for. What is overdue is counted from its index alone.
DROP INDEX rectifications_unit, rectifications_due;
CREATE INDEX rectifications_unit ON rectifications (jurisdiction_id, unit_id, listed_at, rectification_id);
CREATE INDEX rectifications_seen_by ON rectifications (jurisdiction_id, seen_by, listed_at, rectification_id)
    WHERE seen_by IS NOT NULL;
CREATE INDEX rectifications_stage ON rectifications (jurisdiction_id, stage, listed_at, rectification_id);
CREATE INDEX rectifications_village ON rectifications (jurisdiction_id, area_id, listed_at, rectification_id);
CREATE INDEX rectifications_site ON rectifications (jurisdiction_id, site_id, listed_at) WHERE site_id IS NOT NULL;
CREATE INDEX rectifications_person ON rectifications (jurisdiction_id, person, listed_at) WHERE person IS NOT NULL;
CREATE INDEX rectifications_due ON rectifications (jurisdiction_id, due_at)
    INCLUDE (channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source) WHERE due_at IS NOT NULL;

DELETE FROM move_deltas WHERE kind IN ('accepted', 'relapsed');
DELETE FROM move_tallies WHERE kind IN ('accepted', 'relapsed');
CREATE OR REPLACE FUNCTION tally_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO move_deltas (jurisdiction_id, channel_area_id, unit_id, day, kind, n)
    SELECT a.jurisdiction_id, r.channel_area_id, a.unit_id, (a.at AT TIME ZONE j.time_zone)::date, a.kind, count(*)
    FROM after a JOIN rectifications r USING (jurisdiction_id, rectification_id) JOIN jurisdictions j USING (jurisdiction_id)
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
ALTER TABLE item_moves DROP COLUMN group_id;

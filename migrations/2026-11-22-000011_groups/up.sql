-- A closing counts for the group that accepted the work, a relapse against it (domain.md §4): in the tallies of moves, as
-- lines of the group's own, which no balance adds up.
ALTER TABLE item_moves ADD COLUMN group_id uuid;
COMMENT ON COLUMN item_moves.group_id IS 'Of a closing, and of what came back after it: the group that accepted; null: none was assigned';
COMMENT ON COLUMN move_tallies.unit_id IS 'The unit; of accepted and relapsed: the group that accepted';
COMMENT ON COLUMN move_tallies.kind IS 'new, reopened, closed, moved_away; of acceptance groups: accepted, relapsed';

CREATE OR REPLACE FUNCTION tally_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO move_deltas (jurisdiction_id, channel_area_id, unit_id, day, kind, n)
    SELECT a.jurisdiction_id, r.channel_area_id, a.unit_id, (a.at AT TIME ZONE j.time_zone)::date, a.kind, count(*)
    FROM (SELECT jurisdiction_id, rectification_id, unit_id, at, kind FROM after
          UNION ALL
          SELECT jurisdiction_id, rectification_id, group_id, at,
              CASE kind WHEN 'closed' THEN 'accepted' ELSE 'relapsed' END
          FROM after WHERE group_id IS NOT NULL) a
    JOIN rectifications r USING (jurisdiction_id, rectification_id) JOIN jurisdictions j USING (jurisdiction_id)
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;

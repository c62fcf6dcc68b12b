DROP INDEX rectifications_due, rectifications_person, rectifications_site, rectifications_village, rectifications_stage,
    rectifications_seen_by, rectifications_unit;
CREATE INDEX rectifications_unit ON rectifications (jurisdiction_id, unit_id, stage, listed_at, rectification_id);
CREATE INDEX rectifications_due ON rectifications (jurisdiction_id, due_at) WHERE due_at IS NOT NULL;
DROP TRIGGER tally_moved ON item_moves;
DROP TRIGGER tally_changed ON rectifications;
DROP TRIGGER tally_new ON rectifications;
DROP FUNCTION tally_moves, tally_changed_items, tally_new_items;
DROP TABLE move_deltas, move_tallies, item_deltas, item_tallies;

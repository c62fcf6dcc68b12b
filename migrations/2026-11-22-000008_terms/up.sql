-- By what a jurisdiction counts: its calendar, its rules of deadlines, its priority tiers. What is not here is as shipped.

CREATE TABLE terms (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    kind            text NOT NULL CHECK (kind IN ('calendar', 'deadlines', 'tiers')),
    year            integer NOT NULL,
    body            text NOT NULL,
    imported_at     timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, kind, year)
);
COMMENT ON TABLE terms IS 'Working calendars, rules of deadlines, priority tiers';
COMMENT ON COLUMN terms.jurisdiction_id IS 'Whose';
COMMENT ON COLUMN terms.kind IS 'calendar, deadlines, tiers';
COMMENT ON COLUMN terms.year IS 'Of the calendar or the tiers; 0 for rules, which hold for any';
COMMENT ON COLUMN terms.body IS 'Canonical JSON';
COMMENT ON COLUMN terms.imported_at IS 'Server time';

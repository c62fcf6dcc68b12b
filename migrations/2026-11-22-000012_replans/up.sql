-- After new rules or another calendar, the clock looks at every item anew: a page at a time, beside what falls due.
CREATE TABLE replans (
    jurisdiction_id uuid PRIMARY KEY REFERENCES jurisdictions,
    after           uuid NOT NULL,
    since           timestamptz NOT NULL
);
COMMENT ON TABLE replans IS 'Jurisdictions whose items are still to be looked at by new rules';
COMMENT ON COLUMN replans.jurisdiction_id IS 'Whose items';
COMMENT ON COLUMN replans.after IS 'The last item that was looked at; nil: none yet';
COMMENT ON COLUMN replans.since IS 'Server time of the new rules';

-- What administrators do from the desk: invitations; and how the ledger's chain was found at the last walk.

CREATE TABLE invitations (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    account_id      uuid NOT NULL,
    code_hash       bytea NOT NULL,
    invited_by      uuid NOT NULL,
    expires_at      timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, account_id),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts
);
COMMENT ON TABLE invitations IS 'Codes that let a person set a password, once; spent ones are gone';
COMMENT ON COLUMN invitations.jurisdiction_id IS 'Whose invitation';
COMMENT ON COLUMN invitations.account_id IS 'Who is invited; a second invitation ends the first';
COMMENT ON COLUMN invitations.code_hash IS 'Keyed hash of the code, which nobody keeps';
COMMENT ON COLUMN invitations.invited_by IS 'The administrator';
COMMENT ON COLUMN invitations.expires_at IS 'Good before this';

CREATE TABLE ledger_walks (
    jurisdiction_id uuid PRIMARY KEY REFERENCES jurisdictions,
    next_at         timestamptz NOT NULL,
    checked_at      timestamptz,
    whole           boolean
);
COMMENT ON TABLE ledger_walks IS 'The last walk along each chain';
COMMENT ON COLUMN ledger_walks.jurisdiction_id IS 'Whose ledger';
COMMENT ON COLUMN ledger_walks.next_at IS 'No process begins another walk before this';
COMMENT ON COLUMN ledger_walks.checked_at IS 'When the last walk ended; none has yet when empty';
COMMENT ON COLUMN ledger_walks.whole IS 'Whether every entry followed from the one before';

-- Casework: items of the ledger with their findings, files and moves, and what people are told of them.
-- An item's state is its two halves as JSON; beside them stand the columns by which lists and sweeps find it.

CREATE TABLE rectifications (
    jurisdiction_id  uuid NOT NULL,
    rectification_id uuid NOT NULL,
    desk_id          uuid NOT NULL,
    area_id          uuid NOT NULL,
    channel_area_id  uuid NOT NULL,
    site_id          uuid,
    stage            text NOT NULL CHECK (stage IN ('listed', 'handed_over', 'acknowledged', 'in_progress', 'answered', 'returned',
                         'closed', 'declined', 'suspended', 'reopened', 'cancelled')),
    severity         text NOT NULL,
    source           text NOT NULL,
    unit_id          uuid,
    seen_by          uuid,
    person           text,
    due_at           timestamptz,
    next_at          timestamptz,
    listed_at        timestamptz NOT NULL,
    closed_at        timestamptz,
    rounds           integer NOT NULL,
    rev              integer NOT NULL,
    decided_rev      integer NOT NULL,
    body             text NOT NULL,
    desk             text NOT NULL,
    PRIMARY KEY (jurisdiction_id, rectification_id),
    UNIQUE (jurisdiction_id, desk_id),
    FOREIGN KEY (jurisdiction_id, area_id) REFERENCES areas,
    FOREIGN KEY (jurisdiction_id, unit_id) REFERENCES units
);
CREATE INDEX rectifications_next ON rectifications (jurisdiction_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX rectifications_listed ON rectifications (jurisdiction_id, listed_at, rectification_id);
CREATE INDEX rectifications_area ON rectifications (jurisdiction_id, channel_area_id, stage, listed_at, rectification_id);
CREATE INDEX rectifications_unit ON rectifications (jurisdiction_id, unit_id, stage, listed_at, rectification_id);
CREATE INDEX rectifications_due ON rectifications (jurisdiction_id, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE rectifications IS 'Items of the ledger (整改事项)';
COMMENT ON COLUMN rectifications.jurisdiction_id IS 'Whose item';
COMMENT ON COLUMN rectifications.rectification_id IS 'Made by the client';
COMMENT ON COLUMN rectifications.desk_id IS 'Name in the feed of the half that only those who oversee see';
COMMENT ON COLUMN rectifications.area_id IS 'Where it lies';
COMMENT ON COLUMN rectifications.channel_area_id IS 'In whose area channel it stands';
COMMENT ON COLUMN rectifications.site_id IS 'The site that all its findings are about, if there is one';
COMMENT ON COLUMN rectifications.stage IS 'protocol lifecycle StageName';
COMMENT ON COLUMN rectifications.severity IS 'general, serious, grave, or a word of a later version';
COMMENT ON COLUMN rectifications.source IS 'protocol Source';
COMMENT ON COLUMN rectifications.unit_id IS 'The unit that it is, or was last, handed to';
COMMENT ON COLUMN rectifications.seen_by IS 'The unit in whose channel it stands now';
COMMENT ON COLUMN rectifications.person IS 'The responsible person of the last order';
COMMENT ON COLUMN rectifications.due_at IS 'When its deadline passes, while the fix clock runs: overdue from then on';
COMMENT ON COLUMN rectifications.next_at IS 'When something next falls due (protocol deadlines::next); null: not before somebody acts';
COMMENT ON COLUMN rectifications.listed_at IS 'Server time';
COMMENT ON COLUMN rectifications.closed_at IS 'Server time; null while it is not closed';
COMMENT ON COLUMN rectifications.rounds IS 'Answers sent back so far';
COMMENT ON COLUMN rectifications.rev IS 'Revision: grows by one with each command, and with arrivals of files';
COMMENT ON COLUMN rectifications.decided_rev IS 'The last revision that a command made: whoever saw it or a later one is up to date';
COMMENT ON COLUMN rectifications.body IS 'protocol Rectification, JSON; how much of its files is held stands in item_evidence';
COMMENT ON COLUMN rectifications.desk IS 'protocol Desk, JSON';

CREATE TABLE item_findings (
    jurisdiction_id  uuid NOT NULL,
    finding_id       uuid NOT NULL,
    rectification_id uuid NOT NULL,
    body             text NOT NULL,
    PRIMARY KEY (jurisdiction_id, finding_id),
    FOREIGN KEY (jurisdiction_id, rectification_id) REFERENCES rectifications
);
CREATE INDEX item_findings_item ON item_findings (jurisdiction_id, rectification_id);
COMMENT ON TABLE item_findings IS 'Under which item each finding stands: one at a time';
COMMENT ON COLUMN item_findings.jurisdiction_id IS 'Whose finding';
COMMENT ON COLUMN item_findings.finding_id IS 'The finding: of an inspection, or noted from elsewhere';
COMMENT ON COLUMN item_findings.rectification_id IS 'The item';
COMMENT ON COLUMN item_findings.body IS 'protocol ItemFinding, JSON, as it was when it was taken in';

CREATE TABLE item_evidence (
    jurisdiction_id  uuid NOT NULL,
    item_id          uuid NOT NULL,
    evidence_id      uuid NOT NULL,
    sha256           bytea NOT NULL CHECK (length(sha256) = 32),
    account_id       uuid NOT NULL,
    rectification_id uuid NOT NULL,
    status           text NOT NULL CHECK (status IN ('missing', 'partial', 'stored')),
    PRIMARY KEY (jurisdiction_id, item_id, evidence_id, sha256, account_id),
    FOREIGN KEY (jurisdiction_id, rectification_id) REFERENCES rectifications
);
CREATE INDEX item_evidence_item ON item_evidence (jurisdiction_id, rectification_id);
CREATE INDEX item_evidence_blob ON item_evidence (jurisdiction_id, sha256);
CREATE INDEX item_evidence_awaited ON item_evidence (jurisdiction_id, account_id, sha256) WHERE status <> 'stored';
COMMENT ON TABLE item_evidence IS 'Mentions of files in items: of their findings, of answers, of commands kept in conflict';
COMMENT ON COLUMN item_evidence.jurisdiction_id IS 'Whose mention';
COMMENT ON COLUMN item_evidence.item_id IS 'The half in whose places it may be seen: rectification_id or desk_id';
COMMENT ON COLUMN item_evidence.evidence_id IS 'Made by the client';
COMMENT ON COLUMN item_evidence.sha256 IS 'The file; there may be no such blob yet';
COMMENT ON COLUMN item_evidence.account_id IS 'Who mentioned it, and must have uploaded it';
COMMENT ON COLUMN item_evidence.rectification_id IS 'The item';
COMMENT ON COLUMN item_evidence.status IS 'missing, partial or stored';

CREATE TABLE item_moves (
    jurisdiction_id  uuid NOT NULL,
    rectification_id uuid NOT NULL,
    rev              integer NOT NULL,
    unit_id          uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('new', 'reopened', 'closed', 'moved_away')),
    at               timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, rectification_id, rev, unit_id),
    FOREIGN KEY (jurisdiction_id, rectification_id) REFERENCES rectifications
);
CREATE INDEX item_moves_unit ON item_moves (jurisdiction_id, unit_id, at);
COMMENT ON TABLE item_moves IS 'What moved in the balances of units (对账): append-only';
COMMENT ON COLUMN item_moves.jurisdiction_id IS 'Whose move';
COMMENT ON COLUMN item_moves.rectification_id IS 'The item';
COMMENT ON COLUMN item_moves.rev IS 'The revision of the item with which it moved';
COMMENT ON COLUMN item_moves.unit_id IS 'The unit whose balance changed';
COMMENT ON COLUMN item_moves.kind IS 'protocol MoveKind';
COMMENT ON COLUMN item_moves.at IS 'Server time';

CREATE TABLE notices (
    jurisdiction_id  uuid NOT NULL,
    notice_id        uuid NOT NULL,
    account_id       uuid NOT NULL,
    kind             text NOT NULL,
    rectification_id uuid,
    plan_id          uuid,
    at               timestamptz NOT NULL,
    read_at          timestamptz,
    rev              integer NOT NULL,
    body             text NOT NULL,
    PRIMARY KEY (jurisdiction_id, notice_id),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts
);
CREATE INDEX notices_account ON notices (jurisdiction_id, account_id, at);
COMMENT ON TABLE notices IS 'What people are told';
COMMENT ON COLUMN notices.jurisdiction_id IS 'Whose notice';
COMMENT ON COLUMN notices.notice_id IS 'Follows from what it tells, of which revision, to whom';
COMMENT ON COLUMN notices.account_id IS 'Who is told';
COMMENT ON COLUMN notices.kind IS 'protocol NoticeKind';
COMMENT ON COLUMN notices.rectification_id IS 'The item that it is about';
COMMENT ON COLUMN notices.plan_id IS 'The plan that it is about';
COMMENT ON COLUMN notices.at IS 'Server time';
COMMENT ON COLUMN notices.read_at IS 'Server time; null: unread';
COMMENT ON COLUMN notices.rev IS 'Revision: 1 unread, 2 read';
COMMENT ON COLUMN notices.body IS 'protocol Notice, JSON';

-- The clock gives commands, too, and has neither account nor device.
CREATE INDEX commands_item ON commands (jurisdiction_id, item_id) WHERE kind LIKE 'rectification.%' AND status <> 'rejected';
ALTER TABLE commands ALTER COLUMN account_id DROP NOT NULL, ALTER COLUMN device_id DROP NOT NULL;
COMMENT ON COLUMN commands.account_id IS 'Who gave it; null: the clock';
COMMENT ON COLUMN commands.device_id IS 'On which device; null: the clock';
COMMENT ON COLUMN commands.n IS 'The device''s own count; 0: the clock';

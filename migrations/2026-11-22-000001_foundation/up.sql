-- The foundation: people, places, inspections, evidence, and the feed and ledger that carry them.
-- Every key and foreign key begins with jurisdiction_id, so that a distributed Postgres can shard by it.
-- The busiest tables do not refer to jurisdictions itself: every writer would lock that one row.

CREATE TABLE jurisdictions (
    jurisdiction_id uuid PRIMARY KEY,
    code            text NOT NULL,
    name_zh         text NOT NULL,
    name_en         text,
    time_zone       text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE jurisdictions IS 'Counties and cities that run inspections: the unit of isolation, backup and sharding';
COMMENT ON COLUMN jurisdictions.jurisdiction_id IS 'UUIDv5 of the code, so that codes are unique';
COMMENT ON COLUMN jurisdictions.code IS 'Official code, as people type it at sign-in';
COMMENT ON COLUMN jurisdictions.name_zh IS 'Name in Chinese';
COMMENT ON COLUMN jurisdictions.name_en IS 'Name in English';
COMMENT ON COLUMN jurisdictions.time_zone IS 'IANA name; deadlines run in it';
COMMENT ON COLUMN jurisdictions.created_at IS 'When it was set up';

CREATE TABLE heads (
    jurisdiction_id uuid PRIMARY KEY REFERENCES jurisdictions,
    seq             bigint NOT NULL DEFAULT 0,
    ledger_hash     bytea NOT NULL,
    epoch           uuid NOT NULL,
    incarnation     text NOT NULL,
    tombstone_floor bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE heads IS 'The counter row: taken by the last statement before commit, so that sequence order is commit order';
COMMENT ON COLUMN heads.jurisdiction_id IS 'Whose head';
COMMENT ON COLUMN heads.seq IS 'The last sequence number given, of ledger entries and feed rows alike';
COMMENT ON COLUMN heads.ledger_hash IS 'Hash of the last ledger entry';
COMMENT ON COLUMN heads.epoch IS 'Changes when the database begins another life (restore, failover); part of every cursor';
COMMENT ON COLUMN heads.incarnation IS 'System identifier, database, table and timeline that the epoch was made for';
COMMENT ON COLUMN heads.tombstone_floor IS 'Rows that left a channel at or below this sequence may have been collected; always below seq, so that a channel can be sent again from the head on';

CREATE TABLE ledger (
    jurisdiction_id uuid NOT NULL,
    seq             bigint NOT NULL,
    command_id      uuid,
    kind            text NOT NULL,
    account_id      uuid,
    device_id       uuid,
    at              timestamptz NOT NULL,
    entry           text NOT NULL,
    prev_hash       bytea NOT NULL CHECK (length(prev_hash) = 32),
    hash            bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (jurisdiction_id, seq)
);
COMMENT ON TABLE ledger IS 'Everything that happened, in order, hash-chained: append-only';
COMMENT ON COLUMN ledger.jurisdiction_id IS 'Whose ledger';
COMMENT ON COLUMN ledger.seq IS 'Position in the jurisdiction''s order; gaps are allowed, the chain tells';
COMMENT ON COLUMN ledger.command_id IS 'The command, where one caused it';
COMMENT ON COLUMN ledger.kind IS 'Type of the command or event';
COMMENT ON COLUMN ledger.account_id IS 'Who did it; null for the clock and the command line';
COMMENT ON COLUMN ledger.device_id IS 'On which device';
COMMENT ON COLUMN ledger.at IS 'Server time';
COMMENT ON COLUMN ledger.entry IS 'Canonical JSON (RFC 8785) of what happened; the exact bytes that were hashed';
COMMENT ON COLUMN ledger.prev_hash IS 'hash of the entry before';
COMMENT ON COLUMN ledger.hash IS 'SHA-256 of prev_hash, seq (8 bytes, big-endian) and, in lines, kind, command, account, device, microseconds since 1970, entry';

CREATE TABLE areas (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    area_id         uuid NOT NULL,
    code            text NOT NULL CHECK (code ~ '^[0-9]{12}$'),
    name_zh         text NOT NULL,
    name_en         text,
    level           text NOT NULL CHECK (level IN ('city', 'county', 'township', 'village', 'group')),
    parent_id       uuid,
    channel_area_id uuid NOT NULL,
    sector_zh       text,
    sector_en       text,
    boundary        jsonb,
    rev             integer NOT NULL DEFAULT 1,
    PRIMARY KEY (jurisdiction_id, area_id),
    UNIQUE (jurisdiction_id, code),
    FOREIGN KEY (jurisdiction_id, parent_id) REFERENCES areas DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (jurisdiction_id, channel_area_id) REFERENCES areas DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX areas_parent ON areas (jurisdiction_id, parent_id);
COMMENT ON TABLE areas IS 'Administrative areas (行政区划), a tree';
COMMENT ON COLUMN areas.jurisdiction_id IS 'Whose area';
COMMENT ON COLUMN areas.area_id IS 'UUIDv5 of jurisdiction and code, so that imports repeat';
COMMENT ON COLUMN areas.code IS 'Official 12-digit code';
COMMENT ON COLUMN areas.name_zh IS 'Name in Chinese';
COMMENT ON COLUMN areas.name_en IS 'Name in English';
COMMENT ON COLUMN areas.level IS 'city, county, township, village or group';
COMMENT ON COLUMN areas.parent_id IS 'The area it lies in; null for the root';
COMMENT ON COLUMN areas.channel_area_id IS 'The area in whose feed channels its things stand: its township, or itself above that';
COMMENT ON COLUMN areas.sector_zh IS 'Sector of command (战区)';
COMMENT ON COLUMN areas.sector_en IS 'Sector of command in English';
COMMENT ON COLUMN areas.boundary IS 'GeoJSON geometry, WGS 84';
COMMENT ON COLUMN areas.rev IS 'Revision: grows by one with each change';

CREATE TABLE units (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    unit_id         uuid NOT NULL,
    code            text NOT NULL,
    name_zh         text NOT NULL,
    name_en         text,
    kind            text NOT NULL CHECK (kind IN ('township', 'department', 'village', 'team')),
    area_id         uuid,
    rev             integer NOT NULL DEFAULT 1,
    PRIMARY KEY (jurisdiction_id, unit_id),
    UNIQUE (jurisdiction_id, code),
    FOREIGN KEY (jurisdiction_id, area_id) REFERENCES areas
);
CREATE INDEX units_area ON units (jurisdiction_id, area_id);
COMMENT ON TABLE units IS 'Responsible units (责任单位) and teams';
COMMENT ON COLUMN units.jurisdiction_id IS 'Whose unit';
COMMENT ON COLUMN units.unit_id IS 'UUIDv5 of jurisdiction and code';
COMMENT ON COLUMN units.code IS 'Short code, as imports and checklists name it';
COMMENT ON COLUMN units.name_zh IS 'Name in Chinese';
COMMENT ON COLUMN units.name_en IS 'Name in English';
COMMENT ON COLUMN units.kind IS 'township, department, village or team';
COMMENT ON COLUMN units.area_id IS 'The area that it answers for, where it is one';
COMMENT ON COLUMN units.rev IS 'Revision: grows by one with each change';

CREATE TABLE accounts (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    account_id      uuid NOT NULL,
    login           text NOT NULL,
    name            text NOT NULL,
    password_hash   text NOT NULL,
    standing        text NOT NULL CHECK (standing IN ('invited', 'active', 'disabled')),
    unit_id         uuid,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, account_id),
    UNIQUE (jurisdiction_id, login),
    FOREIGN KEY (jurisdiction_id, unit_id) REFERENCES units
);
CREATE INDEX accounts_unit ON accounts (jurisdiction_id, unit_id);
COMMENT ON TABLE accounts IS 'People who sign in';
COMMENT ON COLUMN accounts.jurisdiction_id IS 'Whose account';
COMMENT ON COLUMN accounts.account_id IS 'Identifier';
COMMENT ON COLUMN accounts.login IS 'What is typed at sign-in, lower case';
COMMENT ON COLUMN accounts.name IS 'The person''s name';
COMMENT ON COLUMN accounts.password_hash IS 'Argon2id in PHC form';
COMMENT ON COLUMN accounts.standing IS 'invited (may do nothing yet), active, disabled';
COMMENT ON COLUMN accounts.unit_id IS 'The unit that the person belongs to';
COMMENT ON COLUMN accounts.created_at IS 'Server time';

CREATE TABLE grants (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    grant_id        uuid NOT NULL,
    account_id      uuid NOT NULL,
    role            text NOT NULL CHECK (role IN ('inspector', 'supervisor', 'unit_officer', 'verifier', 'leader',
                        'resident_team', 'auditor', 'administrator')),
    area_id         uuid,
    unit_id         uuid,
    plan_id         uuid,
    granted_at      timestamptz NOT NULL,
    granted_by      uuid,
    revoked_at      timestamptz,
    PRIMARY KEY (jurisdiction_id, grant_id),
    CHECK (num_nonnulls(area_id, unit_id, plan_id) = 1),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts,
    FOREIGN KEY (jurisdiction_id, area_id) REFERENCES areas,
    FOREIGN KEY (jurisdiction_id, unit_id) REFERENCES units
);
CREATE INDEX grants_account ON grants (jurisdiction_id, account_id);
CREATE INDEX grants_area ON grants (jurisdiction_id, area_id);
CREATE INDEX grants_unit ON grants (jurisdiction_id, unit_id);
COMMENT ON TABLE grants IS 'A role of a person over an area subtree, a unit, or a plan';
COMMENT ON COLUMN grants.jurisdiction_id IS 'Whose grant';
COMMENT ON COLUMN grants.grant_id IS 'Identifier';
COMMENT ON COLUMN grants.account_id IS 'The person';
COMMENT ON COLUMN grants.role IS 'What he or she may do (docs/authority.txt)';
COMMENT ON COLUMN grants.area_id IS 'Over this area and all below, at township level or above';
COMMENT ON COLUMN grants.unit_id IS 'Over this unit';
COMMENT ON COLUMN grants.plan_id IS 'Over this plan';
COMMENT ON COLUMN grants.granted_at IS 'Server time';
COMMENT ON COLUMN grants.granted_by IS 'Account; null for the command line';
COMMENT ON COLUMN grants.revoked_at IS 'Null while it holds';

CREATE TABLE memberships (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    account_id      uuid NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    granted_seq     bigint NOT NULL,
    revoked_seq     bigint,
    PRIMARY KEY (jurisdiction_id, account_id, channel),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts
);
COMMENT ON TABLE memberships IS 'Which channels a person may read, derived from the grants, ordered like all changes';
COMMENT ON COLUMN memberships.jurisdiction_id IS 'Whose membership';
COMMENT ON COLUMN memberships.account_id IS 'The person';
COMMENT ON COLUMN memberships.channel IS 'As protocol feed::Channel spells it';
COMMENT ON COLUMN memberships.granted_seq IS 'Sequence at which the person last got the channel';
COMMENT ON COLUMN memberships.revoked_seq IS 'Sequence at which it was taken away; null while it holds';

CREATE TABLE devices (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    device_id       uuid NOT NULL,
    account_id      uuid NOT NULL,
    name            text NOT NULL,
    platform        text NOT NULL,
    protocol        integer NOT NULL,
    capabilities    jsonb NOT NULL,
    public_key      jsonb NOT NULL,
    enrolled_at     timestamptz NOT NULL,
    last_seen_at    timestamptz,
    revoked_at      timestamptz,
    PRIMARY KEY (jurisdiction_id, device_id),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts
);
CREATE INDEX devices_account ON devices (jurisdiction_id, account_id);
COMMENT ON TABLE devices IS 'Installations of clients, each of one account, with the key that proves which it is';
COMMENT ON COLUMN devices.jurisdiction_id IS 'Whose device';
COMMENT ON COLUMN devices.device_id IS 'Identifier';
COMMENT ON COLUMN devices.account_id IS 'Its one account';
COMMENT ON COLUMN devices.name IS 'What its owner calls it';
COMMENT ON COLUMN devices.platform IS 'What it runs on, as it says';
COMMENT ON COLUMN devices.protocol IS 'Protocol version pinned at enrolment';
COMMENT ON COLUMN devices.capabilities IS 'Capability names in common at enrolment';
COMMENT ON COLUMN devices.public_key IS 'JSON Web Key; the private part never leaves the device';
COMMENT ON COLUMN devices.enrolled_at IS 'Server time';
COMMENT ON COLUMN devices.last_seen_at IS 'Server time of the last sign-in or refresh';
COMMENT ON COLUMN devices.revoked_at IS 'Null while it may be used';

CREATE TABLE sessions (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    session_id      uuid NOT NULL,
    account_id      uuid NOT NULL,
    device_id       uuid,
    started_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    ended_why       text CHECK (ended_why IN ('signed_out', 'refresh_reused', 'device_revoked', 'password_changed', 'enrolled')),
    PRIMARY KEY (jurisdiction_id, session_id),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL)),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts,
    FOREIGN KEY (jurisdiction_id, device_id) REFERENCES devices
);
CREATE INDEX sessions_account ON sessions (jurisdiction_id, account_id);
CREATE INDEX sessions_device ON sessions (jurisdiction_id, device_id);
COMMENT ON TABLE sessions IS 'Sign-ins: each a family of refresh tokens on one device';
COMMENT ON COLUMN sessions.jurisdiction_id IS 'Whose sign-in';
COMMENT ON COLUMN sessions.session_id IS 'Identifier, in every access token of the family';
COMMENT ON COLUMN sessions.account_id IS 'Who signed in';
COMMENT ON COLUMN sessions.device_id IS 'Null: may only enrol a device';
COMMENT ON COLUMN sessions.started_at IS 'Server time';
COMMENT ON COLUMN sessions.expires_at IS 'No refresh beyond this';
COMMENT ON COLUMN sessions.ended_at IS 'Null while it lives';
COMMENT ON COLUMN sessions.ended_why IS 'Why it ended early';

CREATE TABLE refresh_tokens (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    token_sha256    bytea NOT NULL CHECK (length(token_sha256) = 32),
    session_id      uuid NOT NULL,
    issued_at       timestamptz NOT NULL,
    used_at         timestamptz,
    used_by_proof   uuid,
    PRIMARY KEY (jurisdiction_id, token_sha256),
    FOREIGN KEY (jurisdiction_id, session_id) REFERENCES sessions
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (jurisdiction_id, session_id);
COMMENT ON TABLE refresh_tokens IS 'Refresh tokens by their hash; each is used once';
COMMENT ON COLUMN refresh_tokens.jurisdiction_id IS 'Whose token';
COMMENT ON COLUMN refresh_tokens.token_sha256 IS 'SHA-256 of the token''s text; the token itself is not kept';
COMMENT ON COLUMN refresh_tokens.session_id IS 'Its family';
COMMENT ON COLUMN refresh_tokens.issued_at IS 'Server time';
COMMENT ON COLUMN refresh_tokens.used_at IS 'Null until used';
COMMENT ON COLUMN refresh_tokens.used_by_proof IS 'jti of the proof that used it: the same proof again gets the same successor';

CREATE TABLE signing_keys (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    key_id          uuid NOT NULL,
    public_key      bytea NOT NULL CHECK (length(public_key) = 32),
    sealed_key      bytea NOT NULL,
    created_at      timestamptz NOT NULL,
    retired_at      timestamptz,
    PRIMARY KEY (jurisdiction_id, key_id)
);
COMMENT ON TABLE signing_keys IS 'Ed25519 keys that sign access tokens; the newest signs, retired ones still verify for a while';
COMMENT ON COLUMN signing_keys.jurisdiction_id IS 'Whose key';
COMMENT ON COLUMN signing_keys.key_id IS 'kid in the header of tokens';
COMMENT ON COLUMN signing_keys.public_key IS 'Ed25519 public key';
COMMENT ON COLUMN signing_keys.sealed_key IS 'Private key, sealed with the installation''s secret';
COMMENT ON COLUMN signing_keys.created_at IS 'Server time';
COMMENT ON COLUMN signing_keys.retired_at IS 'When a newer key took over; null for the one that signs';

CREATE TABLE sign_in_failures (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    subject         text NOT NULL,
    failures        integer NOT NULL,
    window_ends_at  timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, subject)
);
COMMENT ON TABLE sign_in_failures IS 'Failed sign-ins per login and per address, to limit guessing over all server processes';
COMMENT ON COLUMN sign_in_failures.jurisdiction_id IS 'Whose attempts';
COMMENT ON COLUMN sign_in_failures.subject IS 'Keyed hash of the login or of the address: no personal data';
COMMENT ON COLUMN sign_in_failures.failures IS 'Failures within the window';
COMMENT ON COLUMN sign_in_failures.window_ends_at IS 'When the count starts anew';

CREATE TABLE sites (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    site_id         uuid NOT NULL,
    area_id         uuid NOT NULL,
    channel_area_id uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('village', 'household', 'clinic', 'water_works', 'house', 'school',
                        'workshop', 'solar_station', 'project', 'office', 'quarters')),
    code            text NOT NULL,
    name_zh         text NOT NULL,
    name_en         text,
    latitude        double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude       double precision CHECK (longitude BETWEEN -180 AND 180),
    radius_m        double precision CHECK (radius_m > 0),
    attributes      jsonb NOT NULL,
    rev             integer NOT NULL DEFAULT 1,
    PRIMARY KEY (jurisdiction_id, site_id),
    UNIQUE (jurisdiction_id, code),
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    FOREIGN KEY (jurisdiction_id, area_id) REFERENCES areas,
    FOREIGN KEY (jurisdiction_id, channel_area_id) REFERENCES areas
);
CREATE INDEX sites_area ON sites (jurisdiction_id, area_id, kind);
CREATE INDEX sites_channel_area ON sites (jurisdiction_id, channel_area_id, kind);
COMMENT ON TABLE sites IS 'Sites (点位): what is inspected';
COMMENT ON COLUMN sites.jurisdiction_id IS 'Whose site';
COMMENT ON COLUMN sites.site_id IS 'UUIDv5 of jurisdiction and code';
COMMENT ON COLUMN sites.area_id IS 'The smallest area that it lies in';
COMMENT ON COLUMN sites.channel_area_id IS 'Copy of that area''s channel_area_id';
COMMENT ON COLUMN sites.kind IS 'village, household, clinic …';
COMMENT ON COLUMN sites.code IS 'Code within the jurisdiction, as imports name it';
COMMENT ON COLUMN sites.name_zh IS 'Name in Chinese';
COMMENT ON COLUMN sites.name_en IS 'Name in English';
COMMENT ON COLUMN sites.latitude IS 'Degrees north, WGS 84; null when not measured';
COMMENT ON COLUMN sites.longitude IS 'Degrees east, WGS 84; null when not measured';
COMMENT ON COLUMN sites.radius_m IS 'Arrivals within this many metres count as on site';
COMMENT ON COLUMN sites.attributes IS 'By kind: protocol SiteKind::attributes';
COMMENT ON COLUMN sites.rev IS 'Revision: grows by one with each change';

CREATE TABLE checklists (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    checklist_id    uuid NOT NULL,
    version         integer NOT NULL CHECK (version > 0),
    item_id         uuid NOT NULL,
    code            text NOT NULL,
    body            text NOT NULL,
    published_at    timestamptz NOT NULL,
    published_by    uuid,
    PRIMARY KEY (jurisdiction_id, checklist_id, version),
    UNIQUE (jurisdiction_id, item_id)
);
COMMENT ON TABLE checklists IS 'Published versions of checklists: they never change';
COMMENT ON COLUMN checklists.jurisdiction_id IS 'Whose checklist';
COMMENT ON COLUMN checklists.checklist_id IS 'The same over all versions';
COMMENT ON COLUMN checklists.version IS '1, 2, 3 …';
COMMENT ON COLUMN checklists.item_id IS 'The version''s own name in the feed: UUIDv5 of jurisdiction, code and version';
COMMENT ON COLUMN checklists.code IS 'Code within the jurisdiction';
COMMENT ON COLUMN checklists.body IS 'The checklist as it travels: protocol Checklist, canonical JSON';
COMMENT ON COLUMN checklists.published_at IS 'Server time';
COMMENT ON COLUMN checklists.published_by IS 'Account; null for the command line';

CREATE TABLE commands (
    jurisdiction_id uuid NOT NULL,
    command_id      uuid NOT NULL,
    account_id      uuid NOT NULL,
    device_id       uuid NOT NULL,
    n               bigint NOT NULL,
    kind            text NOT NULL,
    item_id         uuid,
    digest          bytea NOT NULL CHECK (length(digest) = 32),
    status          text NOT NULL CHECK (status IN ('applied', 'rejected', 'conflict')),
    outcome         text,
    received_at     timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, command_id)
);
CREATE INDEX commands_unacknowledged ON commands (jurisdiction_id, device_id, n) WHERE outcome IS NOT NULL;
COMMENT ON TABLE commands IS 'Every command that has its outcome: one effect and one outcome for ever';
COMMENT ON COLUMN commands.jurisdiction_id IS 'Whose command';
COMMENT ON COLUMN commands.command_id IS 'Made by the client';
COMMENT ON COLUMN commands.account_id IS 'Who gave it';
COMMENT ON COLUMN commands.device_id IS 'On which device';
COMMENT ON COLUMN commands.n IS 'The device''s own count';
COMMENT ON COLUMN commands.kind IS 'Type of the command';
COMMENT ON COLUMN commands.item_id IS 'What it was about; null when it could not be read';
COMMENT ON COLUMN commands.digest IS 'SHA-256 of the canonical command (RFC 8785): another content under the same id is refused';
COMMENT ON COLUMN commands.status IS 'applied, rejected or conflict';
COMMENT ON COLUMN commands.outcome IS 'The outcome as it was sent; null once the client acknowledged it';
COMMENT ON COLUMN commands.received_at IS 'Server time';

CREATE TABLE inspections (
    jurisdiction_id uuid NOT NULL,
    inspection_id   uuid NOT NULL,
    stage           text NOT NULL CHECK (stage IN ('submitted', 'voided')),
    site_id         uuid NOT NULL,
    area_id         uuid NOT NULL,
    channel_area_id uuid NOT NULL,
    account_id      uuid NOT NULL,
    arrived_at      timestamptz NOT NULL,
    departed_at     timestamptz NOT NULL,
    recorded_at     timestamptz,
    received_at     timestamptz NOT NULL,
    skew_ms         bigint NOT NULL,
    passed          integer NOT NULL,
    failed          integer NOT NULL,
    vetoed_by       jsonb NOT NULL,
    flags           jsonb NOT NULL,
    body            text NOT NULL,
    rev             integer NOT NULL,
    PRIMARY KEY (jurisdiction_id, inspection_id),
    FOREIGN KEY (jurisdiction_id, site_id) REFERENCES sites,
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts
);
CREATE INDEX inspections_received ON inspections (jurisdiction_id, channel_area_id, received_at, inspection_id);
CREATE INDEX inspections_site ON inspections (jurisdiction_id, site_id, arrived_at);
COMMENT ON TABLE inspections IS 'Inspections (暗访记录): visits as reported, with what the server made of them';
COMMENT ON COLUMN inspections.jurisdiction_id IS 'Whose inspection';
COMMENT ON COLUMN inspections.inspection_id IS 'Made by the client';
COMMENT ON COLUMN inspections.stage IS 'submitted or voided';
COMMENT ON COLUMN inspections.site_id IS 'What was inspected';
COMMENT ON COLUMN inspections.area_id IS 'Area of the site at the time';
COMMENT ON COLUMN inspections.channel_area_id IS 'In whose area channel it stands';
COMMENT ON COLUMN inspections.account_id IS 'Who sent it';
COMMENT ON COLUMN inspections.arrived_at IS 'By the phone''s clock';
COMMENT ON COLUMN inspections.departed_at IS 'By the phone''s clock';
COMMENT ON COLUMN inspections.recorded_at IS 'When it was recorded by the server''s clock, where the phone''s monotonic clock tells';
COMMENT ON COLUMN inspections.received_at IS 'Server time';
COMMENT ON COLUMN inspections.skew_ms IS 'Phone''s wall clock minus the server''s when it was pushed, milliseconds';
COMMENT ON COLUMN inspections.passed IS 'Items that passed';
COMMENT ON COLUMN inspections.failed IS 'Items that failed';
COMMENT ON COLUMN inspections.vetoed_by IS 'Codes of veto items (一票否决) that failed';
COMMENT ON COLUMN inspections.flags IS 'protocol review::Flag';
COMMENT ON COLUMN inspections.body IS 'The report as it stands after amendments, JSON; findings and evidence have their own rows';
COMMENT ON COLUMN inspections.rev IS 'Revision: grows by one with each change, arrivals of evidence included';

CREATE TABLE findings (
    jurisdiction_id uuid NOT NULL,
    finding_id      uuid NOT NULL,
    inspection_id   uuid NOT NULL,
    ordinal         integer NOT NULL,
    checklist_id    uuid,
    item            text,
    severity        text NOT NULL CHECK (severity IN ('general', 'serious', 'grave')),
    body            text NOT NULL,
    PRIMARY KEY (jurisdiction_id, finding_id),
    FOREIGN KEY (jurisdiction_id, inspection_id) REFERENCES inspections
);
CREATE INDEX findings_inspection ON findings (jurisdiction_id, inspection_id, ordinal);
COMMENT ON TABLE findings IS 'Findings (问题): append-only';
COMMENT ON COLUMN findings.jurisdiction_id IS 'Whose finding';
COMMENT ON COLUMN findings.finding_id IS 'Made by the client';
COMMENT ON COLUMN findings.inspection_id IS 'The visit that found it';
COMMENT ON COLUMN findings.ordinal IS 'Order within the inspection';
COMMENT ON COLUMN findings.checklist_id IS 'Checklist of the failing item; null for a free observation';
COMMENT ON COLUMN findings.item IS 'Code of the failing item';
COMMENT ON COLUMN findings.severity IS 'general, serious or grave';
COMMENT ON COLUMN findings.body IS 'protocol Finding, JSON';

CREATE TABLE blobs (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    sha256          bytea NOT NULL CHECK (length(sha256) = 32),
    size            bigint NOT NULL CHECK (size > 0),
    media_type      text NOT NULL,
    stored_at       timestamptz NOT NULL,
    examination     text NOT NULL CHECK (examination IN ('pending', 'done')),
    metadata        jsonb,
    claimed_until   timestamptz,
    PRIMARY KEY (jurisdiction_id, sha256)
);
CREATE INDEX blobs_pending ON blobs (jurisdiction_id, stored_at) WHERE examination = 'pending';
COMMENT ON TABLE blobs IS 'Files of evidence that are held whole, by the hash of their bytes: never altered';
COMMENT ON COLUMN blobs.jurisdiction_id IS 'Whose file';
COMMENT ON COLUMN blobs.sha256 IS 'Hash of the bytes, verified before the row was written';
COMMENT ON COLUMN blobs.size IS 'Bytes';
COMMENT ON COLUMN blobs.media_type IS 'As the bytes show';
COMMENT ON COLUMN blobs.stored_at IS 'Server time';
COMMENT ON COLUMN blobs.examination IS 'pending until a decoder has looked at it';
COMMENT ON COLUMN blobs.metadata IS 'What the bytes say of themselves: protocol blob::Metadata without its first fields';
COMMENT ON COLUMN blobs.claimed_until IS 'Somebody is examining it; taken for dead after this time';

CREATE TABLE blob_holders (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    sha256          bytea NOT NULL,
    account_id      uuid NOT NULL,
    PRIMARY KEY (jurisdiction_id, sha256, account_id),
    FOREIGN KEY (jurisdiction_id, sha256) REFERENCES blobs,
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts
);
COMMENT ON TABLE blob_holders IS 'Who has shown to possess the bytes: naming a hash alone gives nobody a file';
COMMENT ON COLUMN blob_holders.jurisdiction_id IS 'Whose file';
COMMENT ON COLUMN blob_holders.sha256 IS 'The file';
COMMENT ON COLUMN blob_holders.account_id IS 'Who uploaded it whole';

CREATE TABLE evidence (
    jurisdiction_id uuid NOT NULL,
    evidence_id     uuid NOT NULL,
    inspection_id   uuid NOT NULL,
    account_id      uuid NOT NULL,
    ordinal         integer NOT NULL,
    sha256          bytea NOT NULL CHECK (length(sha256) = 32),
    status          text NOT NULL CHECK (status IN ('missing', 'partial', 'stored')),
    body            text NOT NULL,
    PRIMARY KEY (jurisdiction_id, evidence_id),
    FOREIGN KEY (jurisdiction_id, inspection_id) REFERENCES inspections
);
CREATE INDEX evidence_inspection ON evidence (jurisdiction_id, inspection_id, ordinal);
CREATE INDEX evidence_blob ON evidence (jurisdiction_id, sha256);
CREATE INDEX evidence_awaited ON evidence (jurisdiction_id, account_id, sha256) WHERE status <> 'stored';
COMMENT ON TABLE evidence IS 'Mentions of files in reports; several may name the same bytes';
COMMENT ON COLUMN evidence.jurisdiction_id IS 'Whose evidence';
COMMENT ON COLUMN evidence.evidence_id IS 'Made by the client';
COMMENT ON COLUMN evidence.inspection_id IS 'The report';
COMMENT ON COLUMN evidence.account_id IS 'Who mentioned it, and must have uploaded it';
COMMENT ON COLUMN evidence.ordinal IS 'Order within the report';
COMMENT ON COLUMN evidence.sha256 IS 'The file; there may be no such blob yet';
COMMENT ON COLUMN evidence.status IS 'missing, partial or stored';
COMMENT ON COLUMN evidence.body IS 'protocol Evidence, JSON';

CREATE TABLE uploads (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    upload_id       uuid NOT NULL,
    account_id      uuid NOT NULL,
    device_id       uuid NOT NULL,
    sha256          bytea CHECK (length(sha256) = 32),
    size            bigint NOT NULL CHECK (size > 0),
    media_type      text,
    metadata        text,
    held            bigint NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND size),
    lease           bigint NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    PRIMARY KEY (jurisdiction_id, upload_id),
    UNIQUE (jurisdiction_id, account_id, sha256),
    FOREIGN KEY (jurisdiction_id, account_id) REFERENCES accounts,
    FOREIGN KEY (jurisdiction_id, device_id) REFERENCES devices
);
CREATE INDEX uploads_device ON uploads (jurisdiction_id, device_id);
CREATE INDEX uploads_expiry ON uploads (jurisdiction_id, expires_at);
COMMENT ON TABLE uploads IS 'Files on their way in (tus 1.0.0); the row of a whole file stays a day, for clients that lost the last answer';
COMMENT ON COLUMN uploads.jurisdiction_id IS 'Whose upload';
COMMENT ON COLUMN uploads.upload_id IS 'Last part of the upload''s address';
COMMENT ON COLUMN uploads.account_id IS 'Who uploads';
COMMENT ON COLUMN uploads.device_id IS 'On which device it was begun';
COMMENT ON COLUMN uploads.sha256 IS 'The hash that it must have; null when a stock tus client did not say';
COMMENT ON COLUMN uploads.size IS 'Bytes in all';
COMMENT ON COLUMN uploads.media_type IS 'As declared';
COMMENT ON COLUMN uploads.metadata IS 'Upload-Metadata as a tus client sent it; answered to it, used for nothing';
COMMENT ON COLUMN uploads.held IS 'Bytes on stable storage; equals size only once the file is entered in blobs';
COMMENT ON COLUMN uploads.lease IS 'Fencing number: the latest HEAD or PATCH holds it, older writers are cut off';
COMMENT ON COLUMN uploads.created_at IS 'Server time';
COMMENT ON COLUMN uploads.expires_at IS 'When it is given up';

CREATE TABLE previews (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    sha256          bytea NOT NULL,
    edge            smallint NOT NULL,
    preview_sha256  bytea NOT NULL CHECK (length(preview_sha256) = 32),
    size            bigint NOT NULL,
    width           integer NOT NULL,
    height          integer NOT NULL,
    PRIMARY KEY (jurisdiction_id, sha256, edge),
    FOREIGN KEY (jurisdiction_id, sha256) REFERENCES blobs
);
CREATE INDEX previews_own ON previews (jurisdiction_id, preview_sha256);
COMMENT ON TABLE previews IS 'Derivatives: JPEG previews, pointing at their original';
COMMENT ON COLUMN previews.jurisdiction_id IS 'Whose preview';
COMMENT ON COLUMN previews.sha256 IS 'The original';
COMMENT ON COLUMN previews.edge IS 'Longest edge in pixels that was asked for: 320 or 1280';
COMMENT ON COLUMN previews.preview_sha256 IS 'Hash of the preview''s bytes';
COMMENT ON COLUMN previews.size IS 'Bytes';
COMMENT ON COLUMN previews.width IS 'Pixels';
COMMENT ON COLUMN previews.height IS 'Pixels';

CREATE TABLE feed (
    jurisdiction_id uuid NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    item_id         uuid NOT NULL,
    kind            text NOT NULL,
    seq             bigint NOT NULL,
    present         boolean NOT NULL,
    rev             integer NOT NULL,
    share           bigint NOT NULL,
    PRIMARY KEY (jurisdiction_id, channel, item_id)
) WITH (fillfactor = 80);
CREATE INDEX feed_order ON feed (jurisdiction_id, channel, seq, present, item_id);
CREATE INDEX feed_item ON feed (jurisdiction_id, item_id);
COMMENT ON TABLE feed IS 'The feed, state-based: one row per channel and item, with the sequence of its last change';
COMMENT ON COLUMN feed.jurisdiction_id IS 'Whose feed';
COMMENT ON COLUMN feed.channel IS 'As protocol feed::Channel spells it';
COMMENT ON COLUMN feed.item_id IS 'The item';
COMMENT ON COLUMN feed.kind IS 'protocol feed::Kind';
COMMENT ON COLUMN feed.seq IS 'Sequence of the last change of this row';
COMMENT ON COLUMN feed.present IS 'False: the item left the channel (a tombstone)';
COMMENT ON COLUMN feed.rev IS 'The item''s revision';
COMMENT ON COLUMN feed.share IS 'The item''s share in the channel''s digest: protocol feed::share';

-- The end of every writing transaction: takes the counter row, numbers and chains the entries, places the
-- items. One statement, so that the row is held for no round trip but the commit's.
CREATE FUNCTION append_to_ledger(
    jurisdiction uuid, kinds text[], commands uuid[], accounts uuid[], devices uuid[], happened timestamptz[], entries text[],
    places_channel text[], places_item uuid[], places_kind text[], places_present boolean[], places_rev integer[], places_share bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head_seq bigint;
    head_hash bytea;
    link bytea;
BEGIN
    SELECT seq, ledger_hash INTO STRICT head_seq, head_hash FROM heads WHERE jurisdiction_id = jurisdiction FOR UPDATE;
    FOR i IN 1 .. coalesce(array_length(entries, 1), 0) LOOP
        head_seq := head_seq + 1;
        link := sha256(head_hash || int8send(head_seq) || convert_to(concat_ws(E'\n', kinds[i],
            coalesce(commands[i]::text, ''), coalesce(accounts[i]::text, ''), coalesce(devices[i]::text, ''),
            (extract(epoch FROM happened[i]) * 1000000)::bigint::text, entries[i]), 'UTF8'));
        INSERT INTO ledger (jurisdiction_id, seq, command_id, kind, account_id, device_id, at, entry, prev_hash, hash)
        VALUES (jurisdiction, head_seq, commands[i], kinds[i], accounts[i], devices[i], happened[i], entries[i], head_hash, link);
        head_hash := link;
    END LOOP;
    IF array_length(places_item, 1) > 0 THEN
        head_seq := head_seq + 1;
        INSERT INTO feed AS f (jurisdiction_id, channel, item_id, kind, seq, present, rev, share)
        SELECT jurisdiction, p.channel, p.item_id, p.kind, head_seq, p.present, p.rev, p.share
        FROM unnest(places_channel, places_item, places_kind, places_present, places_rev, places_share)
            AS p (channel, item_id, kind, present, rev, share)
        ON CONFLICT (jurisdiction_id, channel, item_id) DO UPDATE
        SET seq = excluded.seq, present = excluded.present, rev = excluded.rev, share = excluded.share;
    END IF;
    UPDATE heads SET seq = head_seq, ledger_hash = head_hash WHERE jurisdiction_id = jurisdiction;
    RETURN head_seq;
END $$;
COMMENT ON FUNCTION append_to_ledger IS 'The last statement before COMMIT: numbers and chains ledger entries, places items in the feed';

-- What tells one life of the database from another: a restore, a clone or a failover changes at least one part.
CREATE FUNCTION incarnation() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'heads'::regclass::oid,
        -- Right after a promotion the control file still tells the old timeline; the log's own name does not.
        left(pg_walfile_name(pg_current_wal_lsn()), 8))
$$;
COMMENT ON FUNCTION incarnation IS 'System identifier, database, table and timeline';

CREATE FUNCTION renew_epochs() RETURNS bigint LANGUAGE sql AS $$
    WITH renewed AS (
        UPDATE heads SET epoch = gen_random_uuid(), incarnation = incarnation()
        WHERE incarnation IS DISTINCT FROM incarnation() RETURNING 1)
    SELECT count(*) FROM renewed
$$;
COMMENT ON FUNCTION renew_epochs IS 'Gives a new epoch to every feed whose database began another life; run at every connect';

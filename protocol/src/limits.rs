//! Every limit of the protocol, in one place. `GET /v1/capabilities` publishes them.

/// Commands in one push.
pub const COMMANDS_PER_PUSH: usize = 200;
/// Bytes of one command as sent.
pub const COMMAND_BYTES: usize = 256 * 1024;
/// Bytes of one request body after decompression.
pub const REQUEST_BYTES: usize = 4 * 1024 * 1024;
/// Nested arrays and objects in a request body.
pub const JSON_DEPTH: usize = 32;
/// Bytes of changes in one page of a pull: when the client does not say, and at most.
pub const PAGE_BYTES: usize = 64 * 1024;
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Changes in one page, whatever their size.
pub const PAGE_CHANGES_MAX: usize = 2000;
/// Bytes of one file of evidence.
pub const BLOB_BYTES: u64 = 512 * 1024 * 1024;
/// Files declared in one request.
pub const BLOBS_PER_DECLARATION: usize = 200;
/// Unfinished uploads of one device.
pub const OPEN_UPLOADS_PER_DEVICE: i64 = 500;
/// Hours an unfinished upload is kept after its last byte.
pub const UPLOAD_HOURS: i64 = 24 * 14;

pub const ANSWERS_PER_INSPECTION: usize = 500;
pub const FINDINGS_PER_INSPECTION: usize = 100;
pub const EVIDENCE_PER_INSPECTION: usize = 300;
pub const INTERVIEWS_PER_INSPECTION: usize = 50;
pub const CHECKLISTS_PER_INSPECTION: usize = 10;
/// Characters of a long text (a finding, a note) and of a short one (a name, a reason).
pub const LONG_TEXT_CHARS: usize = 8000;
pub const SHORT_TEXT_CHARS: usize = 500;
/// Channels of one resync request.
pub const RESYNC_CHANNELS: usize = 5000;

pub const FINDINGS_PER_ITEM: usize = 200;
pub const EVIDENCE_PER_ANSWER: usize = 100;
/// Questions back to the author of one inspection.
pub const QUESTIONS_PER_INSPECTION: usize = 100;
/// Comments and instructions on one item.
pub const REMARKS_PER_ITEM: usize = 1000;
/// Commands in conflict that an item keeps for a person to look at.
pub const KEPT_PER_ITEM: usize = 100;
/// Hours that a unit may be given to sign for an item.
pub const RECEIPT_HOURS_MAX: u16 = 24 * 30;
/// Working days that a deadline may lie ahead.
pub const WORKING_DAYS_MAX: u16 = 1000;
/// People of a verification group that are named, sites of a plan, people of a team.
pub const VERIFIERS_PER_ITEM: usize = 50;
pub const SITES_PER_PLAN: usize = 500;
pub const TEAM_PER_PLAN: usize = 50;
pub const EXCLUSIONS_PER_PLAN: usize = 5000;
/// Comparisons nested in a rule over site attributes.
pub const RULE_DEPTH: usize = 16;

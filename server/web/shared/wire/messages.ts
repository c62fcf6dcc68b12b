// The messages of protocol version 1 as this client reads and writes them (docs/PROTOCOL.md). Words of
// vocabularies stay texts: a later server may have others. Kept apart from the generated types, which serve the
// compiler only; tests/unit/types.test.ts compares both.
import * as s from './shape';

const counted = s.whole();
export const words = s.object({ zh: s.text, en: s.optional(s.text) });
export type Words = s.Of<typeof words>;

export const position = s.object({
  latitude: s.number,
  longitude: s.number,
  accuracy_m: s.optional(s.number),
  altitude_m: s.optional(s.number),
  at: s.optional(s.time),
  mock: s.sparse(s.flag),
});
export type Position = s.Of<typeof position>;

export const problem = s.object({
  type: s.text,
  title: s.text,
  title_zh: s.text,
  status: counted,
  detail: s.optional(s.text),
  at: s.optional(s.text),
  retry_after_s: s.optional(counted),
  server_time: s.optional(s.time),
});
export type Problem = s.Of<typeof problem>;

// Reports

export const value = s.oneOf({
  pass: s.flag,
  number: s.number,
  choice: s.text,
  text: s.text,
  not_applicable: s.text,
});
export type Value = s.Of<typeof value>;

export const answer = s.object({
  item: s.text,
  value,
  note: s.optional(s.text),
  evidence: s.sparse(s.list(s.uuid)),
});
export type Answer = s.Of<typeof answer>;

export const answers = s.object({ checklist_id: s.uuid, version: counted, answers: s.list(answer) });
export type Answers = s.Of<typeof answers>;

export const presence = s.object({
  at: s.time,
  position: s.optional(position),
  no_position: s.optional(s.text),
});
export type Presence = s.Of<typeof presence>;

export const finding = s.object({
  finding_id: s.uuid,
  checklist_id: s.optional(s.uuid),
  item: s.optional(s.text),
  severity: s.text,
  text: s.text,
  notes: s.optional(s.text),
  position: s.optional(position),
  evidence: s.sparse(s.list(s.uuid)),
});
export type Finding = s.Of<typeof finding>;

const evidenceFields = {
  evidence_id: s.uuid,
  sha256: s.sha,
  size: counted,
  media_type: s.text,
  source: s.text,
  taken_at: s.optional(s.time),
  position: s.optional(position),
  caption: s.optional(s.text),
};
export const evidence = s.object(evidenceFields);
export type Evidence = s.Of<typeof evidence>;
export const heldEvidence = s.object({ ...evidenceFields, status: s.text });
export type HeldEvidence = s.Of<typeof heldEvidence>;

export const interview = s.object({
  who: s.text,
  satisfaction: s.optional(counted),
  text: s.optional(s.text),
});
export type Interview = s.Of<typeof interview>;

const parts = {
  checklists: s.sparse(s.list(answers)),
  findings: s.sparse(s.list(finding)),
  interviews: s.sparse(s.list(interview)),
  notes: s.optional(s.text),
};
const visit = {
  inspection_id: s.uuid,
  site_id: s.uuid,
  plan_id: s.optional(s.uuid),
  arrival: presence,
  departure: presence,
  team: s.sparse(s.list(s.text)),
};

export const submit = s.object({ ...visit, ...parts, evidence: s.sparse(s.list(evidence)) });
export type Submit = s.Of<typeof submit>;
export const amend = s.object({
  inspection_id: s.uuid,
  /** Where it answers a question: the answer. */
  reason: s.text,
  question_id: s.optional(s.uuid),
  ...parts,
  evidence: s.sparse(s.list(evidence)),
});
export type Amend = s.Of<typeof amend>;
export const voiding = s.object({ inspection_id: s.uuid, reason: s.text });
export type Void = s.Of<typeof voiding>;
/** A supervisor asks the author back. */
export const ask = s.object({
  inspection_id: s.uuid,
  question_id: s.uuid,
  finding_id: s.optional(s.uuid),
  text: s.text,
});
export type Ask = s.Of<typeof ask>;

const correction = s.object({
  by: s.uuid,
  at: s.time,
  reason: s.text,
  question_id: s.optional(s.uuid),
  evidence: s.sparse(s.list(s.uuid)),
});
export type Correction = s.Of<typeof correction>;
/** Open until an amendment names it. */
const askedBack = s.object({
  question_id: s.uuid,
  by: s.uuid,
  at: s.time,
  finding_id: s.optional(s.uuid),
  text: s.text,
});
export type AskedBack = s.Of<typeof askedBack>;
export const verdict = s.object({ passed: counted, failed: counted, vetoed_by: s.sparse(s.list(s.text)) });
export type Verdict = s.Of<typeof verdict>;

export const inspection = s.object({
  ...visit,
  ...parts,
  stage: s.text,
  area_id: s.uuid,
  by: s.uuid,
  evidence: s.sparse(s.list(heldEvidence)),
  verdict,
  flags: s.sparse(s.list(s.text)),
  received_at: s.time,
  skew_ms: s.number,
  questions: s.sparse(s.list(askedBack)),
  amendments: s.sparse(s.list(correction)),
  voided: s.optional(correction),
});
export type Inspection = s.Of<typeof inspection>;

// Reference data

export const area = s.object({
  area_id: s.uuid,
  code: s.text,
  name: words,
  level: s.text,
  parent_id: s.optional(s.uuid),
  sector: s.optional(words),
  has_boundary: s.or(s.flag, false),
});
export type Area = s.Of<typeof area>;
export const unit = s.object({
  unit_id: s.uuid,
  code: s.text,
  name: words,
  kind: s.text,
  area_id: s.optional(s.uuid),
});
export type Unit = s.Of<typeof unit>;
export const site = s.object({
  site_id: s.uuid,
  area_id: s.uuid,
  kind: s.text,
  code: s.text,
  name: words,
  latitude: s.optional(s.number),
  longitude: s.optional(s.number),
  radius_m: s.optional(s.number),
  attributes: s.optional(s.map(s.anything)),
});
export type Site = s.Of<typeof site>;

const option = s.object({ code: s.text, title: words, fails: s.or(s.flag, false) });
export const answerType = s.tagged('type', {
  pass_fail: {},
  number: {
    unit: s.optional(words),
    min: s.number,
    max: s.number,
    pass_min: s.optional(s.number),
    pass_max: s.optional(s.number),
  },
  choice: { options: s.list(option) },
  text: {},
});
export const checklistItem = s.object({
  code: s.text,
  title: words,
  guidance: s.optional(words),
  applies_to: s.sparse(s.list(s.text)),
  answer: answerType,
  required: s.or(s.flag, false),
  veto: s.or(s.flag, false),
  department: s.optional(s.text),
  default_severity: s.text,
  rectify_within_days: counted,
  min_photos: s.or(counted, 0),
});
export type ChecklistItem = s.Of<typeof checklistItem>;
export const checklist = s.object({
  checklist_id: s.uuid,
  version: counted,
  code: s.text,
  title: words,
  guidance: s.optional(words),
  items: s.list(checklistItem),
});
export type Checklist = s.Of<typeof checklist>;

// Sync

export const clockReading = s.object({
  wall: s.time,
  uptime_ms: s.optional(counted),
  boot: s.optional(s.text),
  server_seen: s.optional(s.time),
});
export type ClockReading = s.Of<typeof clockReading>;

export const envelope = s.object({
  n: s.whole(0, 2 ** 32 - 1),
  id: s.uuid,
  type: s.text,
  base_rev: s.optional(s.text),
  after: s.optional(s.uuid),
  at: s.time,
  clock: s.optional(clockReading),
  body: s.anything,
});
export type Envelope = s.Of<typeof envelope>;

const channel = s.matching(/^(reference|(sites|area|unit|plan|person):[0-9a-f-]{36})$/, 'a channel');
/** Channels that this version can name in a request. */
export function isKnownChannel(name: string): boolean {
  try {
    channel.read(name);
    return true;
  } catch {
    return false;
  }
}

export const request = s.object({
  cursor: s.optional(s.text),
  pull: s.optional(s.flag),
  ack_through: s.optional(counted),
  limit_bytes: s.optional(counted),
  waiting_for: s.optional(s.text),
  resync: s.sparse(s.list(channel)),
  digests: s.sparse(s.flag),
  clock: s.optional(clockReading),
  commands: s.sparse(s.list(s.anything)),
});

export const outcome = s.object({
  id: s.optional(s.uuid),
  status: s.text,
  problem: s.optional(problem),
  rev: s.optional(s.text),
  flags: s.sparse(s.list(s.text)),
  current: s.optional(s.anything),
});
export type Outcome = s.Of<typeof outcome>;

const named = s.pair(s.text, s.uuid);
/** Which of the three it is, is told by the field that is there. */
export const change = s.object({
  drop: s.optional(s.text),
  gone: s.optional(named),
  put: s.optional(named),
  kind: s.optional(s.text),
  rev: s.optional(s.text),
  body: s.optional(s.anything),
});
export type Change = s.Of<typeof change>;

export const digest = s.object({
  count: counted,
  xor: s.matching(/^[0-9a-f]{16}$/, '16 hexadecimal digits'),
});
export type ChannelDigest = s.Of<typeof digest>;

export const page = s.object({
  outcomes: s.sparse(s.list(outcome)),
  changes: s.sparse(s.list(change)),
  cursor: s.optional(s.text),
  more: s.optional(s.flag),
  written_through: s.optional(s.text),
  arrived: s.sparse(s.flag),
  resync: s.sparse(s.flag),
  digests: s.optional(s.map(digest)),
  server_time: s.time,
});
export type Page = s.Of<typeof page>;

// Files

export const declared = s.object({ sha256: s.sha, size: counted, media_type: s.text });
export type Declared = s.Of<typeof declared>;
export const declare = s.object({ blobs: s.list(declared) });
export const standing = s.tagged('status', {
  have: { sha256: s.sha },
  upload: { sha256: s.sha, upload: s.text, offset: counted, expires_at: s.time },
  refused: { sha256: s.sha, problem },
});
export type Standing = s.Of<typeof standing>;
export const declarations = s.object({ blobs: s.list(standing) });
export const metadata = s.object({
  sha256: s.sha,
  size: counted,
  media_type: s.text,
  stored_at: s.time,
  examined: s.flag,
  width: s.optional(counted),
  height: s.optional(counted),
  taken_local: s.optional(s.text),
  taken_offset_minutes: s.optional(s.number),
  latitude: s.optional(s.number),
  longitude: s.optional(s.number),
  altitude_m: s.optional(s.number),
  make: s.optional(s.text),
  model: s.optional(s.text),
  flags: s.sparse(s.list(s.text)),
  previews: s.sparse(s.list(counted)),
});
export type Metadata = s.Of<typeof metadata>;

// Who speaks

export const limits = s.object({
  commands_per_push: counted,
  command_bytes: counted,
  request_bytes: counted,
  json_depth: counted,
  page_bytes: counted,
  page_bytes_max: counted,
  blob_bytes: counted,
  blobs_per_declaration: counted,
  open_uploads_per_device: counted,
  upload_hours: counted,
});
export type Limits = s.Of<typeof limits>;
export const capabilities = s.object({
  protocols: s.list(counted),
  oldest_pull: counted,
  capabilities: s.list(s.text),
  media_types: s.list(s.text),
  command_types: s.list(s.text),
  limits,
  server_time: s.time,
  challenge: s.text,
});
export type Capabilities = s.Of<typeof capabilities>;

export const signIn = s.object({
  jurisdiction: s.optional(s.text),
  login: s.text,
  password: s.text,
  device: s.optional(s.object({ device_id: s.uuid, proof: s.text })),
});
export const enrol = s.object({
  name: s.text,
  platform: s.text,
  protocol: counted,
  capabilities: s.list(s.text),
  public_key: s.anything,
  proof: s.text,
});
export const refresh = s.object({ refresh_token: s.text, proof: s.text });
export const changePassword = s.object({ old_password: s.text, new_password: s.text });
export const tokens = s.object({
  account_id: s.uuid,
  jurisdiction_id: s.uuid,
  device_id: s.optional(s.uuid),
  access_token: s.text,
  access_expires_at: s.time,
  refresh_token: s.optional(s.text),
  refresh_expires_at: s.optional(s.time),
  capabilities: s.sparse(s.list(s.text)),
  server_time: s.time,
});
export type Tokens = s.Of<typeof tokens>;
export const scope = s.oneOf({ area: s.uuid, unit: s.uuid, plan: s.uuid });
export const grant = s.object({
  grant_id: s.uuid,
  account_id: s.uuid,
  role: s.text,
  scope,
  granted_at: s.time,
  revoked_at: s.optional(s.time),
});
export const me = s.object({
  account_id: s.uuid,
  jurisdiction_id: s.uuid,
  device_id: s.uuid,
  login: s.text,
  name: s.text,
  grants: s.list(grant),
});
export type Me = s.Of<typeof me>;
export const device = s.object({
  device_id: s.uuid,
  account_id: s.uuid,
  name: s.text,
  platform: s.text,
  protocol: counted,
  enrolled_at: s.time,
  last_seen_at: s.optional(s.time),
  revoked_at: s.optional(s.time),
});
export type Device = s.Of<typeof device>;

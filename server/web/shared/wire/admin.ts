// What administrators read: accounts, invitations, and what came of a file that was imported.
import { words } from './messages';
import * as s from './shape';

const count = s.whole();

export const accountGrant = s.object({
  grant_id: s.uuid,
  role: s.text,
  area_id: s.optional(s.uuid),
  unit_id: s.optional(s.uuid),
  since: s.time,
});
export type AccountGrant = s.Of<typeof accountGrant>;

export const account = s.object({
  account_id: s.uuid,
  login: s.text,
  name: s.text,
  unit_id: s.optional(s.uuid),
  standing: s.text,
  invited_until: s.optional(s.time),
  grants: s.or(s.list(accountGrant), []),
  devices: s.or(count, 0),
});
export type Account = s.Of<typeof account>;
export const accountsPage = s.object({ accounts: s.list(account), next: s.optional(s.text) });

export const invitation = s.object({ code: s.text, expires_at: s.time });
export type Invitation = s.Of<typeof invitation>;

export const fault = s.object({
  line: s.or(count, 1),
  column: s.optional(s.text),
  code: s.text,
  reason: s.text,
  reason_zh: s.text,
  value: s.optional(s.text),
});
export type Fault = s.Of<typeof fault>;

/** `from` absent: there is nothing to set beside it; empty: there was nothing. */
export const importChange = s.object({ column: s.text, from: s.optional(s.text), to: s.text });
export const importRow = s.object({
  /** Absent: it is not in the file, and changes with what is. */
  line: s.optional(count),
  code: s.text,
  name: s.optional(words),
  is: s.text,
  changes: s.or(s.list(importChange), []),
  faults: s.or(s.list(fault), []),
});
export type ImportRow = s.Of<typeof importRow>;
/** The file row by row: how many are of each kind, and the first of them. */
export const importTrial = s.object({
  faulty: s.or(count, 0),
  changed: s.or(count, 0),
  new: s.or(count, 0),
  unchanged: s.or(count, 0),
  rows: s.or(s.list(importRow), []),
});
export type ImportTrial = s.Of<typeof importTrial>;

/** Of reference data, and of problems from elsewhere (`listed`): what is not told of one is absent. */
export const importReport = s.object({
  encoding: s.optional(s.text),
  rows: count,
  added: s.optional(count),
  listed: s.optional(count),
  changed: s.optional(count),
  unchanged: s.optional(count),
  dry_run: s.flag,
  written: s.optional(s.flag),
  ignored: s.or(s.list(s.text), []),
  faults: s.or(s.list(fault), []),
  trial: s.optional(importTrial),
});
export type ImportReport = s.Of<typeof importReport>;

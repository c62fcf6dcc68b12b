// Items of the ledger, plans and notices as this client reads them (docs/PROTOCOL.md §§ 21 to 25). As in messages.ts:
// words stay texts, what is not known is left out, and an item of a later stage is not read at all.
import { evidence, heldEvidence, position } from './messages';
import * as s from './shape';

const counted = s.whole();
const date = s.matching(/^\d{4}-\d\d-\d\d$/, 'a day');

export const by = s.object({ by: s.uuid, at: s.time });
export type By = s.Of<typeof by>;
/** `provisional`: counted over a year whose arrangement of holidays was not known. */
export const deadline = s.object({ on: date, passes_at: s.time, provisional: s.optional(s.flag) });
export type Deadline = s.Of<typeof deadline>;
export const named = s.object({ name: s.text, account_id: s.optional(s.uuid) });
export type Named = s.Of<typeof named>;
export const funds = s.object({
  planned_yuan: s.or(counted, 0),
  in_place_yuan: s.or(counted, 0),
  spent_yuan: s.or(counted, 0),
});
export type Funds = s.Of<typeof funds>;
/** A deadline as it is given. */
export const due = s.oneOf({ on: date, working_days: counted });
export type Due = s.Of<typeof due>;

export const itemFinding = s.object({
  finding_id: s.uuid,
  source: s.text,
  reference: s.optional(s.text),
  severity: s.text,
  text: s.text,
  site_id: s.optional(s.uuid),
  checklist_id: s.optional(s.uuid),
  item: s.optional(s.text),
  evidence: s.sparse(s.list(heldEvidence)),
});
export type ItemFinding = s.Of<typeof itemFinding>;

export const order = s.object({
  number: counted,
  unit_id: s.uuid,
  person: named,
  leader: s.optional(named),
  requirement: s.text,
  standard: s.optional(s.text),
  funds: s.optional(funds),
  given: by,
  due: deadline,
  sign_by: s.time,
});
export type Order = s.Of<typeof order>;
export const task = s.object({ order, receipt: by });
export type Task = s.Of<typeof task>;

const work = s.object({ planned: by, text: s.text, finish_on: s.optional(date) });
const acceptance = s.object({
  accepted: by,
  method: s.text,
  group: s.optional(s.uuid),
  inspection_id: s.optional(s.uuid),
  text: s.optional(s.text),
});
export type Acceptance = s.Of<typeof acceptance>;
const sentBack = s.object({
  returned: by,
  reasons: s.text,
  round: counted,
  inspection_id: s.optional(s.uuid),
});
export type SentBack = s.Of<typeof sentBack>;
const closing = s.object({ closed: by, acceptance, text: s.optional(s.text) });
const relapse = s.object({
  reopened: by,
  reason: s.text,
  unit_id: s.uuid,
  closing,
  inspection_id: s.optional(s.uuid),
});

const stages = {
  listed: {},
  handed_over: { order },
  acknowledged: { task },
  in_progress: { task, work },
  answered: { task, acceptance: s.optional(acceptance) },
  returned: { task, back: sentBack },
  closed: { task, closing },
  declined: {
    order,
    refusal: s.object({ declined: by, reason: s.text, suggests: s.optional(s.uuid) }),
  },
  reopened: { task, relapse },
  cancelled: {
    cancellation: s.object({ cancelled: by, reason: s.text, joined_into: s.optional(s.uuid) }),
  },
};
/** A stage that an item can be suspended from. */
const running = s.tagged('name', stages);
export const stage = s.tagged('name', {
  ...stages,
  suspended: { pause: s.object({ suspended: by, reason: s.text, review_on: date }), from: running },
});
export type Stage = s.Of<typeof stage>;
export type StageName = Stage['name'];

export const mark = s.tagged('clock', { runs: { at: s.time, due: deadline }, stands: { at: s.time } });
export type Mark = s.Of<typeof mark>;
const receiptRun = s.object({ from: s.time, sign_by: s.time, ended: s.optional(s.time) });
const decision = s.tagged('is', {
  pending: {},
  granted: { by: s.uuid, at: s.time, due: deadline, text: s.optional(s.text) },
  refused: { by: s.uuid, at: s.time, reason: s.text },
  lapsed: { at: s.time },
});
const extension = s.object({
  asked: by,
  order: counted,
  reason: s.text,
  from: deadline,
  to: deadline,
  decision,
});
export type Extension = s.Of<typeof extension>;
export const answered = s.object({
  given: by,
  unit_id: s.uuid,
  round: counted,
  text: s.text,
  evidence: s.sparse(s.list(heldEvidence)),
});
export type Answered = s.Of<typeof answered>;
const reminded = s.object({ at: s.time, colour: s.text, of: s.time, due: s.time });
const taken = s.object({
  rung: s.text,
  order: counted,
  at: s.time,
  due: deadline,
  approved: s.optional(by),
  text: s.optional(s.text),
});
const remark = s.object({
  remark_id: s.uuid,
  kind: s.text,
  said: by,
  text: s.text,
  read: s.sparse(s.list(by)),
});
export type Remark = s.Of<typeof remark>;
const kept = s.object({
  command_id: s.uuid,
  type: s.text,
  by: s.uuid,
  at: s.time,
  base_rev: s.optional(s.text),
  met_rev: s.text,
  why: s.text,
  body: s.anything,
});
export type Kept = s.Of<typeof kept>;

export const rectification = s.object({
  rectification_id: s.uuid,
  area_id: s.uuid,
  site_id: s.optional(s.uuid),
  source: s.text,
  severity: s.text,
  text: s.text,
  findings: s.list(itemFinding),
  listed: by,
  stage,
  orders: s.sparse(s.list(s.uuid)),
  rounds: s.or(counted, 0),
  track: s.sparse(s.list(mark)),
  receipts: s.sparse(s.list(receiptRun)),
  extensions: s.sparse(s.list(extension)),
  answers: s.sparse(s.list(answered)),
  sent_back: s.sparse(s.list(sentBack)),
  reminded: s.sparse(s.list(reminded)),
  ladder: s.sparse(s.list(taken)),
  remarks: s.sparse(s.list(remark)),
  relapses: s.sparse(s.list(relapse)),
  kept: s.sparse(s.list(kept)),
});
export type Rectification = s.Of<typeof rectification>;

const draftOutcome = s.tagged('is', {
  waiting: {},
  approved: { by: s.uuid, at: s.time },
  dropped: { by: s.uuid, at: s.time, reason: s.text },
});
export const desk = s.object({
  assignment: s.optional(s.object({ assigned: by, group: s.uuid, accounts: s.sparse(s.list(s.uuid)) })),
  look_back: s.optional(s.object({ on: date, passed: s.optional(by), inspection_id: s.optional(s.uuid) })),
  drafts: s.sparse(
    s.list(s.object({ rung: s.text, order: counted, at: s.time, due: deadline, outcome: draftOutcome })),
  ),
  remarks: s.sparse(s.list(remark)),
  inspections: s.sparse(s.list(s.uuid)),
  reminded: s.sparse(s.list(reminded)),
  kept: s.sparse(s.list(kept)),
});
export type Desk = s.Of<typeof desk>;

export const notice = s.object({
  notice_id: s.uuid,
  account_id: s.uuid,
  kind: s.text,
  at: s.time,
  rectification_id: s.optional(s.uuid),
  plan_id: s.optional(s.uuid),
  inspection_id: s.optional(s.uuid),
  colour: s.optional(s.text),
  rung: s.optional(s.text),
  read_at: s.optional(s.time),
});
export type Notice = s.Of<typeof notice>;

// Plans

const window = s.object({ from: s.time, to: s.time });
const planStage = s.tagged('name', {
  sealed: {},
  unsealed: { at: s.time, how: s.text },
  withdrawn: { withdrawn: by, reason: s.text },
});
const draw = s.object({
  commitment: s.sha,
  count: counted,
  tier_rules: s.optional(counted),
  seed: s.optional(s.text),
});
const chosenLists = s.list(s.object({ checklist_id: s.uuid, version: counted }));
export const plan = s.object({
  plan_id: s.uuid,
  sealed: by,
  team: s.list(s.uuid),
  window,
  sites: s.list(s.uuid),
  checklists: chosenLists,
  round: s.optional(s.text),
  unseal_at: s.time,
  orders: s.optional(s.text),
  stage: planStage,
  draw: s.optional(draw),
});
export type Plan = s.Of<typeof plan>;

// Commands: every one names its item first.

const noted = s.object({
  finding_id: s.uuid,
  source: s.text,
  reference: s.optional(s.text),
  severity: s.text,
  text: s.text,
  site_id: s.optional(s.uuid),
  position: s.optional(position),
  evidence: s.sparse(s.list(evidence)),
});
const item = { rectification_id: s.uuid };
const reason = { reason: s.text };
const found = { findings: s.sparse(s.list(s.uuid)), noted: s.sparse(s.list(noted)) };
const seen = { inspection_id: s.optional(s.uuid), text: s.optional(s.text) };

export const ACTS = {
  'rectification.list': s.object({
    ...item,
    area_id: s.uuid,
    ...found,
    severity: s.optional(s.text),
    text: s.optional(s.text),
  }),
  'rectification.join': s.object({ ...item, other_id: s.uuid, ...reason }),
  'rectification.split': s.object({ ...item, new_id: s.uuid, findings: s.list(s.uuid), ...reason }),
  'rectification.add_finding': s.object({ ...item, ...found }),
  'rectification.set_severity': s.object({ ...item, severity: s.text, ...reason }),
  'rectification.hand_over': s.object({
    ...item,
    unit_id: s.uuid,
    person: named,
    leader: s.optional(named),
    requirement: s.text,
    standard: s.optional(s.text),
    funds: s.optional(funds),
    due,
    receipt_hours: s.optional(counted),
  }),
  'rectification.acknowledge': s.object(item),
  'rectification.decline': s.object({ ...item, ...reason, suggests: s.optional(s.uuid) }),
  'rectification.reassign': s.object({
    ...item,
    unit_id: s.uuid,
    person: named,
    ...reason,
    leader: s.optional(named),
    requirement: s.optional(s.text),
    due: s.optional(due),
    receipt_hours: s.optional(counted),
  }),
  'rectification.plan': s.object({
    ...item,
    text: s.text,
    finish_on: s.optional(date),
    funds: s.optional(funds),
  }),
  'rectification.ask_extension': s.object({ ...item, due, ...reason }),
  'rectification.grant_extension': s.object({
    ...item,
    due: s.optional(due),
    text: s.optional(s.text),
  }),
  'rectification.refuse_extension': s.object({ ...item, ...reason }),
  'rectification.suspend': s.object({ ...item, ...reason, review_on: date }),
  'rectification.resume': s.object({ ...item, ...reason, due: s.optional(due) }),
  'rectification.report': s.object({
    ...item,
    text: s.text,
    evidence: s.sparse(s.list(evidence)),
    funds: s.optional(funds),
  }),
  'rectification.assign_verifiers': s.object({
    ...item,
    group: s.uuid,
    accounts: s.sparse(s.list(s.uuid)),
  }),
  'rectification.accept': s.object({ ...item, method: s.text, ...seen }),
  'rectification.return': s.object({
    ...item,
    reasons: s.text,
    method: s.optional(s.text),
    inspection_id: s.optional(s.uuid),
    due: s.optional(due),
  }),
  'rectification.close': s.object({ ...item, text: s.optional(s.text) }),
  'rectification.look_back_passed': s.object({ ...item, ...seen }),
  'rectification.reopen': s.object({
    ...item,
    ...reason,
    inspection_id: s.optional(s.uuid),
    findings: s.sparse(s.list(s.uuid)),
  }),
  'rectification.cancel': s.object({ ...item, ...reason }),
  'rectification.comment': s.object({
    ...item,
    remark_id: s.uuid,
    text: s.text,
    internal: s.sparse(s.flag),
  }),
  'rectification.instruct': s.object({ ...item, remark_id: s.uuid, text: s.text }),
  'rectification.read': s.object({ ...item, remarks: s.list(s.uuid) }),
  'rectification.remind': s.object({ ...item, colour: s.text }),
  'rectification.escalate': s.object({ ...item, rung: s.text }),
  'rectification.approve_step': s.object({ ...item, rung: s.text, text: s.optional(s.text) }),
  'rectification.drop_step': s.object({ ...item, rung: s.text, ...reason }),
};
export type ActType = keyof typeof ACTS;
export type Act<T extends ActType> = s.Of<(typeof ACTS)[T]>;

const drawn = s.object({
  areas: s.list(s.uuid),
  kinds: s.list(s.text),
  only: s.optional(s.anything),
  by_tier: s.sparse(s.flag),
  exclude: s.sparse(s.list(s.uuid)),
  count: counted,
});
export const COMMANDS_ELSE = {
  'notice.read': s.object({ notice_id: s.uuid }),
  'plan.seal': s.object({
    plan_id: s.uuid,
    team: s.list(s.uuid),
    window,
    sites: s.oneOf({ named: s.list(s.uuid), drawn }),
    checklists: chosenLists,
    round: s.optional(s.text),
    unseal_at: s.optional(s.time),
    orders: s.optional(s.text),
  }),
  'plan.unseal': s.object({ plan_id: s.uuid }),
  'plan.withdraw': s.object({ plan_id: s.uuid, ...reason }),
};

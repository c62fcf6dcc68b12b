// Commands about items of the ledger, laid over what the server has told, until the feed brings their effect. Only
// what a person has to see at once: the stage, with the facts that the command itself brings. What is to be computed
// (notices, the ladder, the look-back) is the server's to tell.
import { fits, orderOf, taskOf } from '../rules/item';
import { addWorkingDays, dayOf, isProvisional, passesAt } from '../rules/workdays';
import {
  ACTS,
  type Act,
  type ActType,
  type By,
  type Deadline,
  type Due,
  type Order,
  type Rectification,
  rectification,
  type Stage,
} from '../wire/items';
import type { Evidence, HeldEvidence } from '../wire/messages';
import type { Around, Layer } from './layer';
import type { Entry } from './outbox';

interface Scene extends Around {
  mine: By;
  given: number;
  hold(evidence: Evidence[] | undefined): HeldEvidence[] | undefined;
}

type Laid<T extends ActType> = (item: Rectification, body: Act<T>, scene: Scene) => void;

function deadline(due: Due, scene: Scene): Deadline {
  if ('on' in due) return { on: due.on, passes_at: passesAt(due.on) };
  const from = dayOf(scene.given);
  const on = addWorkingDays(from, due.working_days);
  return { on, passes_at: passesAt(on), ...(isProvisional(from, on) ? { provisional: true } : {}) };
}

function clock(item: Rectification, due: Deadline | undefined, { mine }: Scene): void {
  const mark = due
    ? ({ clock: 'runs', at: mine.at, due } as const)
    : ({ clock: 'stands', at: mine.at } as const);
  item.track = [...(item.track ?? []), mark];
}

function withOrder(stage: Stage, how: (order: Order) => Order): Stage {
  if (stage.name === 'suspended') return stage;
  if ('order' in stage) return { ...stage, order: how(stage.order) };
  if ('task' in stage) return { ...stage, task: { ...stage.task, order: how(stage.task.order) } } as Stage;
  return stage;
}

function ordered(item: Rectification, order: Order, scene: Scene): void {
  item.orders = [...(item.orders ?? []), order.unit_id];
  item.stage = { name: 'handed_over', order };
  clock(item, order.due, scene);
}

const RECEIPT_HOURS = 24;
const signBy = (scene: Scene, hours = RECEIPT_HOURS) =>
  new Date(scene.given + hours * 3_600_000).toISOString();

function decide(item: Rectification, decision: NonNullable<Rectification['extensions']>[number]['decision']) {
  const last = item.extensions?.at(-1);
  if (last?.decision.is === 'pending') last.decision = decision;
}

const LAID: { [T in ActType]?: Laid<T> } = {
  'rectification.set_severity': (item, { severity }) => {
    item.severity = severity;
  },
  'rectification.hand_over': (item, body, scene) => {
    const { unit_id, person, leader, requirement, standard, funds, receipt_hours } = body;
    const number = (item.orders?.length ?? 0) + 1;
    const order = { number, unit_id, person, leader, requirement, standard, funds };
    const due = deadline(body.due, scene);
    ordered(item, { ...order, given: scene.mine, due, sign_by: signBy(scene, receipt_hours) }, scene);
  },
  'rectification.reassign': (item, body, scene) => {
    const old = orderOf(item.stage);
    if (!old || (old.unit_id === body.unit_id && old.person.name === body.person.name)) return;
    const number = (item.orders?.length ?? 0) + 1;
    const due = body.due ? deadline(body.due, scene) : old.due;
    const { unit_id, person } = body;
    const same = {
      leader: body.leader ?? old.leader,
      requirement: body.requirement ?? old.requirement,
      standard: old.standard,
      funds: old.funds,
    };
    const sign_by = signBy(scene, body.receipt_hours);
    ordered(item, { number, unit_id, person, ...same, given: scene.mine, due, sign_by }, scene);
  },
  'rectification.acknowledge': (item, _, scene) => {
    if (item.stage.name !== 'handed_over') return;
    item.stage = { name: 'acknowledged', task: { order: item.stage.order, receipt: scene.mine } };
    const run = item.receipts?.at(-1);
    if (run && !run.ended) run.ended = scene.mine.at;
  },
  'rectification.decline': (item, { reason, suggests }, scene) => {
    if (item.stage.name !== 'handed_over') return;
    const refusal = { declined: scene.mine, reason, suggests };
    item.stage = { name: 'declined', order: item.stage.order, refusal };
    clock(item, undefined, scene);
  },
  'rectification.plan': (item, { text, finish_on }, scene) => {
    const task = taskOf(item.stage);
    if (task) item.stage = { name: 'in_progress', task, work: { planned: scene.mine, text, finish_on } };
  },
  'rectification.ask_extension': (item, { due, reason }, scene) => {
    const order = orderOf(item.stage);
    if (!order || item.extensions?.at(-1)?.decision.is === 'pending') return;
    const asked = { asked: scene.mine, order: order.number, reason, from: order.due };
    const one = { ...asked, to: deadline(due, scene), decision: { is: 'pending' } as const };
    item.extensions = [...(item.extensions ?? []), one];
  },
  'rectification.grant_extension': (item, { due, text }, scene) => {
    const asked = item.extensions?.at(-1);
    if (asked?.decision.is !== 'pending') return;
    const to = due ? deadline(due, scene) : asked.to;
    decide(item, { is: 'granted', ...scene.mine, due: to, text });
    item.stage = withOrder(item.stage, (order) => ({ ...order, due: to }));
    clock(item, to, scene);
  },
  'rectification.refuse_extension': (item, { reason }, scene) => {
    decide(item, { is: 'refused', ...scene.mine, reason });
  },
  'rectification.suspend': (item, { reason, review_on }, scene) => {
    if (item.stage.name === 'suspended') return;
    const pause = { suspended: scene.mine, reason, review_on };
    item.stage = { name: 'suspended', pause, from: item.stage };
    clock(item, undefined, scene);
  },
  'rectification.resume': (item, { due }, scene) => {
    if (item.stage.name !== 'suspended') return;
    const from = item.stage.from as Stage;
    const to = due ? deadline(due, scene) : orderOf(from)?.due;
    item.stage = to ? withOrder(from, (order) => ({ ...order, due: to })) : from;
    clock(item, to, scene);
  },
  'rectification.report': (item, { text, evidence }, scene) => {
    const task = taskOf(item.stage);
    const here = scene.hold(evidence);
    const ids = new Set(here?.map((one) => one.evidence_id));
    // Given already: the answer with these very photos, or these words, is this one.
    const last = item.answers?.at(-1);
    const same = last?.given.by === scene.me && last.text === text;
    if (!task || (same && (last.evidence ?? []).every((one) => ids.has(one.evidence_id)))) return;
    const answer = { given: scene.mine, unit_id: task.order.unit_id, round: item.rounds + 1, text };
    item.answers = [...(item.answers ?? []), { ...answer, ...(here ? { evidence: here } : {}) }];
    item.stage = { name: 'answered', task };
    clock(item, undefined, scene);
  },
  'rectification.accept': (item, { method, inspection_id, text }, scene) => {
    if (item.stage.name !== 'answered' || item.stage.acceptance) return;
    const acceptance = { accepted: scene.mine, method, inspection_id, text };
    item.stage = { name: 'answered', task: item.stage.task, acceptance };
  },
  'rectification.return': (item, { reasons, inspection_id, due }, scene) => {
    if (item.stage.name !== 'answered') return;
    const { task } = item.stage;
    item.rounds += 1;
    const back = { returned: scene.mine, reasons, round: item.rounds, inspection_id };
    const to = due ? deadline(due, scene) : task.order.due;
    item.sent_back = [...(item.sent_back ?? []), back];
    item.stage = { name: 'returned', task: { ...task, order: { ...task.order, due: to } }, back };
    clock(item, to, scene);
  },
  'rectification.close': (item, { text }, scene) => {
    if (item.stage.name !== 'answered' || !item.stage.acceptance) return;
    const { task, acceptance } = item.stage;
    item.stage = { name: 'closed', task, closing: { closed: scene.mine, acceptance, text } };
    clock(item, undefined, scene);
  },
  'rectification.reopen': (item, { reason, inspection_id }, scene) => {
    if (item.stage.name !== 'closed') return;
    const { task, closing } = item.stage;
    const unit_id = task.order.unit_id;
    const relapse = { reopened: scene.mine, reason, unit_id, closing, inspection_id };
    item.relapses = [...(item.relapses ?? []), relapse];
    item.stage = { name: 'reopened', task, relapse };
  },
  'rectification.cancel': (item, { reason }, scene) => {
    if (item.stage.name === 'cancelled') return;
    item.stage = { name: 'cancelled', cancellation: { cancelled: scene.mine, reason } };
    clock(item, undefined, scene);
  },
  'rectification.comment': (item, { remark_id, text, internal }, scene) => {
    // An internal remark stands in the half that units never see.
    if (!internal) remark(item, 'comment', remark_id, text, scene);
  },
  'rectification.instruct': (item, { remark_id, text }, scene) => {
    remark(item, 'instruction', remark_id, text, scene);
  },
  'rectification.read': (item, { remarks }, scene) => {
    for (const one of item.remarks ?? [])
      if (remarks.includes(one.remark_id) && !one.read?.some((read) => read.by === scene.me))
        one.read = [...(one.read ?? []), scene.mine];
  },
};

function remark(item: Rectification, kind: string, remark_id: string, text: string, scene: Scene): void {
  if (item.remarks?.some((one) => one.remark_id === remark_id)) return;
  item.remarks = [...(item.remarks ?? []), { remark_id, kind, said: scene.mine, text }];
}

function listed(body: Act<'rectification.list'>, scene: Scene): Rectification {
  const findings = (body.findings ?? []).flatMap((id) => scene.findingOf(id) ?? []);
  const noted = (body.noted ?? []).map(({ position: _, evidence, ...one }) => ({
    ...one,
    ...(evidence ? { evidence: scene.hold(evidence) } : {}),
  }));
  const all = [...findings, ...noted];
  const site = all[0]?.site_id;
  return {
    rectification_id: body.rectification_id,
    area_id: body.area_id,
    ...(site && all.every((one) => one.site_id === site) ? { site_id: site } : {}),
    source: all[0]?.source ?? 'inspection',
    severity: body.severity ?? all[0]?.severity ?? 'serious',
    text: body.text ?? all[0]?.text ?? '',
    findings: all,
    listed: scene.mine,
    stage: { name: 'listed' },
    rounds: 0,
  };
}

/** Every command of this kind, read and laid over; one that does not fit the stage changes nothing. */
export const RECTIFICATION: Record<string, Layer<Rectification>> = Object.fromEntries(
  (Object.keys(ACTS) as ActType[]).map((type) => [
    type,
    (shown, body, entry, around) => {
      const scene = sceneOf(entry, around);
      if (type === 'rectification.list') return shown ?? listed(ACTS[type].read(body), scene);
      const laid = LAID[type] as Laid<ActType> | undefined;
      if (!shown || !laid) return shown;
      const item = structuredClone(rectification.read(shown));
      // Not for this stage: the server has the effect already, or will say that it came too late.
      if (!fits(type, item.stage.name)) return shown;
      laid(item, ACTS[type].read(body) as never, scene);
      return item;
    },
  ]),
);

function sceneOf(entry: Entry, around: Around): Scene {
  const hold = (evidence: Evidence[] | undefined) =>
    evidence?.map((one) => ({ ...one, status: around.held(one.sha256) }));
  const mine = { by: around.me, at: new Date(entry.at).toISOString() };
  return { ...around, mine, given: entry.at, hold };
}

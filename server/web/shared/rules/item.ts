// What an item of the ledger means: with whom it is, until when, and who may do what to it now. The same table as the
// server's (authority.generated.ts). Pure; what may be is only shown here, the server decides.
import { AUTHORITY } from '../authority.generated';
import type {
  ActType,
  Deadline,
  Extension,
  Order,
  Rectification,
  Stage,
  StageName,
  Task,
} from '../wire/items';
import type { Area, Inspection, Me } from '../wire/messages';
import type { Code } from '../wire/problem';

interface Rule {
  command: string;
  over: string;
  roles: readonly string[];
  stages: readonly string[];
}
const RULES = AUTHORITY.rules as readonly Rule[];
const NOT_NOW = AUTHORITY.not_now as unknown as Record<string, Record<string, Code>>;

const WEIGHT: Record<string, number> = { grave: 2, serious: 1, general: 0 };
/** A severity of a later version counts as serious. */
export const weight = (severity: string) => WEIGHT[severity] ?? 1;

/** The order that was last in force; a declined one, too. */
export function orderOf(stage: Stage): Order | undefined {
  if (stage.name === 'suspended') return orderOf(stage.from);
  if (stage.name === 'handed_over' || stage.name === 'declined') return stage.order;
  return taskOf(stage)?.order;
}

export function taskOf(stage: Stage): Task | undefined {
  if (stage.name === 'suspended') return taskOf(stage.from);
  return 'task' in stage ? stage.task : undefined;
}

const RUNNING: StageName[] = ['handed_over', 'acknowledged', 'in_progress', 'returned'];
/** The fix clock runs: the unit has the item, and has to act. */
export const runs = (stage: Stage) => RUNNING.includes(stage.name);
export const isOver = (stage: Stage) => stage.name === 'closed' || stage.name === 'cancelled';
/** A supervisor has to hand it over. */
export const waitsForOrder = (stage: Stage) =>
  stage.name === 'listed' || stage.name === 'declined' || stage.name === 'reopened';

/** The deadline that counts now. */
export const dueOf = (item: Rectification): Deadline | undefined =>
  runs(item.stage) ? orderOf(item.stage)?.due : undefined;

/** Overdue is no stage: it is computed from the history of the clock, for any moment. */
export function isOverdue(item: Rectification, at: number): boolean {
  const last = item.track?.filter((mark) => Date.parse(mark.at) <= at).at(-1);
  return last?.clock === 'runs' && Date.parse(last.due.passes_at) <= at;
}

export function isReceiptLate(item: Rectification, at: number): boolean {
  return (item.receipts ?? []).some(
    ({ sign_by, ended }) => Date.parse(sign_by) <= at && (!ended || Date.parse(ended) > at),
  );
}

export const pendingExtension = (item: Rectification): Extension | undefined => {
  const last = item.extensions?.at(-1);
  return last?.decision.is === 'pending' ? last : undefined;
};

export const acceptanceOf = (item: Rectification) =>
  item.stage.name === 'answered' ? item.stage.acceptance : undefined;

/** Before-photos: those of the findings. After-photos: those of the last answer. */
export const beforePhotos = (item: Rectification) => item.findings.flatMap((one) => one.evidence ?? []);
export const afterPhotos = (item: Rectification) => item.answers?.at(-1)?.evidence ?? [];

/** The visits on which the work can have been seen, the newest first: of a site of the findings, made since the order was
 *  given or the work was last sent back. Not since the answer: that may have waited on a phone. */
export function seenOn<T extends Visit>(item: Rectification, visits: T[]): T[] {
  const sites = item.findings.flatMap(({ site_id }) => site_id ?? []);
  const given = orderOf(item.stage)?.given.at;
  const back = item.sent_back?.at(-1)?.returned.at;
  const since = Math.max(...[given, back].map((at) => (at === undefined ? 0 : Date.parse(at))));
  return visits
    .filter((one) => !one.voided && (!sites.length || sites.includes(one.site_id)) && madeAt(one) >= since)
    .sort((a, b) => madeAt(b) - madeAt(a));
}

type Visit = Pick<Inspection, 'site_id' | 'departure' | 'received_at' | 'skew_ms' | 'voided'>;
/** When it was written down, by the server's clock, as far as a phone knows that afterwards. */
const madeAt = ({ departure, received_at, skew_ms }: Visit) =>
  Math.min(Date.parse(departure.at) - skew_ms, Date.parse(received_at));

/** The area with all that it lies in. */
export function areasOf(id: string | undefined, area: (id: string) => Area | undefined): string[] {
  const found: string[] = [];
  for (let at = id; at !== undefined && !found.includes(at); at = area(at)?.parent_id) found.push(at);
  return found;
}

/** Whether anybody may give this command at this stage. */
export const fits = (command: ActType, stage: StageName) =>
  RULES.some((rule) => rule.command === command && rule.stages.includes(stage));

/** Who asks: grants that are live. */
export type Person = Pick<Me, 'account_id' | 'grants'>;

export function holds(person: Person, roles: readonly string[]): boolean {
  return person.grants.some((grant) => !grant.revoked_at && roles.includes(grant.role));
}

/** `undefined`: the person may give this command now; else the code of the reason to show at the disabled button. */
export function may(
  person: Person,
  command: ActType,
  item: Rectification | undefined,
  areas: string[],
  now: number,
): Code | undefined {
  const unit = item && orderOf(item.stage)?.unit_id;
  const rules = RULES.filter((rule) => rule.command === command);
  const entitled = rules.filter((rule) =>
    person.grants.some(({ role, scope, revoked_at }) => {
      if (revoked_at || !rule.roles.includes(role)) return false;
      if (rule.over === 'area') return 'area' in scope && areas.includes(scope.area);
      return rule.over === 'unit' && 'unit' in scope && scope.unit === unit;
    }),
  );
  if (!entitled.length) {
    if (rules.some((rule) => rule.over === 'clock')) return 'for_the_clock';
    const another = rules.some((rule) => rule.over === 'unit' && holds(person, rule.roles));
    return another ? 'not_your_unit' : 'command_forbidden';
  }
  if (!item) return entitled.some((rule) => !rule.stages.length) ? undefined : 'item_unknown';
  const stage = item.stage.name;
  if (!entitled.some((rule) => rule.stages.includes(stage))) return NOT_NOW[command]?.[stage] ?? 'item_moved';
  return guarded(person, command, item, now);
}

const VERIFYING: ActType[] = [
  'rectification.accept',
  'rectification.return',
  'rectification.close',
  'rectification.look_back_passed',
  'rectification.reopen',
];

/** What the facts of the item forbid, as far as a client can see them. */
function guarded(person: Person, command: ActType, item: Rectification, now: number): Code | undefined {
  if (VERIFYING.includes(command)) {
    const unit = orderOf(item.stage)?.unit_id;
    const ofUnit = person.grants.some(({ scope }) => 'unit' in scope && scope.unit === unit);
    const answered = item.answers?.some(({ given }) => given.by === person.account_id);
    if (ofUnit || answered) return 'verifier_of_unit';
  }
  // Of one finding nothing can be parted off.
  if (command === 'rectification.split' && item.findings.length < 2) return 'split_leaves_none';
  const accepted = acceptanceOf(item) !== undefined;
  if (command === 'rectification.accept' && accepted) return 'accepted_already';
  if (command === 'rectification.report' && accepted) return 'answered_already';
  if (command === 'rectification.close') {
    if (!accepted) return 'not_accepted';
    const whole = afterPhotos(item).some(
      (one) => one.status === 'stored' && one.media_type.startsWith('image/'),
    );
    if (!whole) return 'after_photo_missing';
  }
  const asked = pendingExtension(item) !== undefined;
  if (command === 'rectification.ask_extension') {
    const due = dueOf(item);
    if (due && Date.parse(due.passes_at) <= now) return 'extension_too_late';
    if (asked) return 'extension_pending';
  }
  const decides: ActType[] = ['rectification.grant_extension', 'rectification.refuse_extension'];
  if (decides.includes(command) && !asked) return 'no_extension';
  return undefined;
}

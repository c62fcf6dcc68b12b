// Items of the ledger on a phone: what is this person's to do, and in which order. Pure.
import { acceptanceOf, areasOf, dueOf, holds, isOver, may, orderOf, type Person } from '../shared/rules/item';
import type { ActType, Rectification } from '../shared/wire/items';

export { areasOf };
export type Todo = 'sign' | 'fix' | 'verify' | 'close' | undefined;

const UNIT = ['unit_officer', 'resident_team'];
export const isOfUnit = (me: Person) => holds(me, UNIT);
export const isVerifier = (me: Person) => holds(me, ['verifier']);
export const mayReport = (me: Person) => holds(me, ['inspector', 'supervisor', 'verifier', 'resident_team']);
/** Somebody who has to do with items at all. */
export const hasItems = (me: Person) => isOfUnit(me) || isVerifier(me);

/** What this person has to do with it now. */
export function todoOf(item: Rectification, me: Person, areas: string[], now: number): Todo {
  const can = (type: ActType) => may(me, type, item, areas, now) === undefined;
  if (can('rectification.acknowledge')) return 'sign';
  const answered = item.stage.name === 'answered';
  if (!answered && can('rectification.report')) return 'fix';
  if (can('rectification.accept')) return 'verify';
  // Whoever verified closes; a supervisor does it at the desk.
  if (
    acceptanceOf(item) &&
    isVerifier(me) &&
    ['rectification.close', 'rectification.return'].some((t) => can(t as ActType))
  )
    return 'close';
  return undefined;
}

/** Belongs to what this person sees as his or her own: the unit's, or what there is to verify. */
export function concerns(item: Rectification, me: Person): boolean {
  const unit = orderOf(item.stage)?.unit_id;
  const own = me.grants.some(
    ({ scope, revoked_at }) => !revoked_at && 'unit' in scope && scope.unit === unit,
  );
  return own || (isVerifier(me) && (item.stage.name === 'answered' || item.stage.name === 'closed'));
}

const LATE = '9999';
/** The soonest deadline first; for verifiers, the answer that waits longest. */
export function sooner(a: Rectification, b: Rectification): number {
  const key = (item: Rectification) =>
    dueOf(item)?.on ?? (item.stage.name === 'answered' ? (item.answers?.at(-1)?.given.at ?? LATE) : LATE);
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.listed.at < b.listed.at ? -1 : 1;
}

export const isDone = (item: Rectification) => isOver(item.stage);

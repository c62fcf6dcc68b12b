// Whether the accounts of the units add up, and agree with what the units hold. Pure.
import type { Rectification, Stage } from '../shared/wire/items';

export interface Day {
  unit_id: string;
  day: string;
  opening: number;
  new: number;
  reopened: number;
  closed: number;
  moved_away: number;
  closing: number;
}

/** Each day by itself, and each day's opening against the closing before it. */
export function checked(days: Day[]): { rows: number; wrong: Day[] } {
  const wrong = new Set<Day>();
  const last = new Map<string, Day>();
  for (const one of [...days].sort((a, b) => (a.day < b.day ? -1 : 1))) {
    if (one.opening + one.new + one.reopened - one.closed - one.moved_away !== one.closing) wrong.add(one);
    const before = last.get(one.unit_id);
    if (before && before.closing !== one.opening) wrong.add(one);
    last.set(one.unit_id, one);
  }
  return { rows: days.length, wrong: [...wrong] };
}

/** The unit that an item is with: protocol/src/lifecycle/reconcile.rs counts the same. */
export function holder(stage: Stage): string | undefined {
  switch (stage.name) {
    case 'handed_over':
      return stage.order.unit_id;
    case 'acknowledged':
    case 'in_progress':
    case 'answered':
    case 'returned':
    case 'reopened':
      return stage.task.order.unit_id;
    case 'suspended':
      return holder(stage.from);
    default:
      return undefined;
  }
}

/** How many items each unit holds. */
export function held(items: Pick<Rectification, 'stage'>[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { stage } of items) {
    const unit = holder(stage);
    if (unit) found.set(unit, (found.get(unit) ?? 0) + 1);
  }
  return found;
}

export interface Sum extends Day {
  /** What it holds by the items themselves. */
  holds: number;
}

/** A row for each unit over all the days: what it opened and closed with, what moved between. */
export function sums(days: Day[], holds: Map<string, number>): Sum[] {
  const found = new Map<string, Sum>();
  for (const one of [...days].sort((a, b) => (a.day < b.day ? -1 : 1))) {
    const sum = found.get(one.unit_id);
    found.set(
      one.unit_id,
      sum
        ? {
            ...sum,
            day: one.day,
            new: sum.new + one.new,
            reopened: sum.reopened + one.reopened,
            closed: sum.closed + one.closed,
            moved_away: sum.moved_away + one.moved_away,
            closing: one.closing,
          }
        : { ...one, holds: holds.get(one.unit_id) ?? 0 },
    );
  }
  return [...found.values()];
}

/** Items whose number begins or ends so; the whole number finds one. Less than six signs find nothing. */
export function byNumber(ids: string[], typed: string): string[] {
  const sought = typed.trim().toLowerCase().replaceAll('-', '');
  if (sought.length < 6 || !/^[0-9a-f]+$/.test(sought)) return [];
  return ids.filter((id) => {
    const bare = id.replaceAll('-', '');
    return bare.startsWith(sought) || bare.endsWith(sought);
  });
}

/** What is said aloud of an item's number: its last signs, which are random. */
export const shortNumber = (id: string) => id.slice(-8);

// What a morning needs to know, counted from what the desk holds. Pure.
import { dueOf, isOver, isOverdue, pendingExtension } from '../shared/rules/item';
import { dayOf, passesAt, plusDays } from '../shared/rules/workdays';
import type { Rectification } from '../shared/wire/items';
import { closedOn, type Drafted, stands } from './rows';

export interface Counts {
  open: number;
  fresh: number;
  soon: number;
  overdue: number;
  returned: number;
  to_verify: number;
  closed: number;
}

const none = (): Counts => ({ open: 0, fresh: 0, soon: 0, overdue: 0, returned: 0, to_verify: 0, closed: 0 });

const listedOn = (item: Rectification) => dayOf(Date.parse(item.listed.at));

export function countsBy(
  items: Rectification[],
  keyOf: (item: Rectification) => string,
  now: number,
): Map<string, Counts> {
  const today = dayOf(now);
  const yesterday = plusDays(today, -1);
  const found = new Map<string, Counts>();
  for (const item of items) {
    const key = keyOf(item);
    const counts = found.get(key) ?? none();
    found.set(key, counts);
    if (!isOver(item.stage)) counts.open += 1;
    if (listedOn(item) >= yesterday) counts.fresh += 1;
    if (stands(item, 'soon', now)) counts.soon += 1;
    if (isOverdue(item, now)) counts.overdue += 1;
    if (item.stage.name === 'returned') counts.returned += 1;
    if (stands(item, 'to_verify', now)) counts.to_verify += 1;
    if ((closedOn(item) ?? '') >= yesterday) counts.closed += 1;
  }
  return found;
}

const LISTS: Record<keyof Counts, (yesterday: string) => Record<string, string>> = {
  open: () => ({ stands: 'open' }),
  fresh: (yesterday) => ({ since: firstMoment(yesterday) }),
  soon: () => ({ stands: 'soon' }),
  overdue: () => ({ stands: 'overdue' }),
  returned: () => ({ stands: 'returned' }),
  to_verify: () => ({ stands: 'to_verify' }),
  closed: (yesterday) => ({ closed: yesterday }),
};
const firstMoment = (day: string) => passesAt(plusDays(day, -1));

/** The filters of the list that has exactly the items that such a number counts; of a township, or all. */
export function listOf(key: keyof Counts, now: number, township = ''): URLSearchParams {
  const filters = LISTS[key](plusDays(dayOf(now), -1));
  return new URLSearchParams({ ...(township ? { township } : {}), ...filters });
}

export function sum(all: Iterable<Counts>): Counts {
  const total = none();
  for (const one of all) for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += one[key];
  return total;
}

export interface Day {
  day: string;
  listed: number;
  closed: number;
  open: number;
}

/** The last days, with what was open at the end of each. */
export function trend(items: Rectification[], now: number, days: number): Day[] {
  const today = dayOf(now);
  return Array.from({ length: days }, (_, i) => {
    const day = plusDays(today, i - days + 1);
    const listed = items.filter((item) => listedOn(item) === day).length;
    const closed = items.filter((item) => closedOn(item) === day).length;
    const open = items.filter((item) => {
      const over =
        closedOn(item) ??
        (item.stage.name === 'cancelled'
          ? dayOf(Date.parse(item.stage.cancellation.cancelled.at))
          : undefined);
      return listedOn(item) <= day && (over === undefined || over > day);
    }).length;
    return { day, listed, closed, open };
  });
}

/** What a person has to decide, by kind. */
export function decisions(items: Rectification[], now: number, drafted: Drafted) {
  return {
    drafts: items.filter((item) => stands(item, 'draft', now, drafted)).length,
    declined: items.filter(({ stage }) => stage.name === 'declined').length,
    extensions: items.filter((item) => pendingExtension(item)).length,
    to_verify: items.filter((item) => stands(item, 'to_verify', now)).length,
    to_close: items.filter((item) => stands(item, 'to_close', now)).length,
    reopened: items.filter(({ stage }) => stage.name === 'reopened').length,
  };
}

/** On which day how many deadlines pass. */
export function dueByDay(items: Rectification[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const item of items) {
    const on = dueOf(item)?.on;
    if (on) found.set(on, (found.get(on) ?? 0) + 1);
  }
  return found;
}

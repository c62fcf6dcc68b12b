// Which checklist is proposed at a site where several fit. Pure; the person can choose another, or more.
import { applies } from '../shared/rules/review';
import type { Checklist, Inspection } from '../shared/wire/messages';

/** A checklist with how many of its items are for this kind of site. */
export interface Fitting {
  list: Checklist;
  n: number;
}

export function fitting(lists: Checklist[], kind: string): Fitting[] {
  return lists
    .map((list) => ({ list, n: list.items.filter((item) => applies(item, kind)).length }))
    .filter(({ n }) => n > 0);
}

/** The one that this person used last at a site of the same kind, whichever version it was; else the one with the most
 *  items for it, of equals the first. `mine`: the person's own inspections, the newest first. */
export function proposed(
  lists: Fitting[],
  kind: string,
  mine: Pick<Inspection, 'site_id' | 'checklists'>[],
  kindOf: (site: string) => string | undefined,
): string | undefined {
  const ids = new Set(lists.map(({ list }) => list.checklist_id));
  for (const one of mine) {
    if (kindOf(one.site_id) !== kind) continue;
    const used = one.checklists?.find(({ checklist_id }) => ids.has(checklist_id));
    if (used) return used.checklist_id;
  }
  const most = lists.reduce<Fitting | undefined>(
    (best, one) => (best && best.n >= one.n ? best : one),
    undefined,
  );
  return most?.list.checklist_id;
}

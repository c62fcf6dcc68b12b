// Plans on a phone: which are this person's, what has been visited, which checklists they name, which site comes next.
// Pure. Never keeps anything: a plan lies in its person's sealed store only, and goes with it.
import { applies, distanceM } from '../shared/rules/review';
import { type Notice, notice, type Plan, plan } from '../shared/wire/items';
import type { Checklist, Inspection, Site } from '../shared/wire/messages';
import type { Fitting } from './lists';

export type { Notice, Plan };

/** After the window a plan stays in sight for a while: something may have been left undone. */
const SHOWN_AFTER_MS = 3 * 86_400_000;

/** `undefined` for one of a later version. */
export function readPlan(body: unknown): Plan | undefined {
  try {
    return plan.read(body);
  } catch {
    return undefined;
  }
}

export function readNotice(body: unknown): Notice | undefined {
  try {
    return notice.read(body);
  } catch {
    return undefined;
  }
}

export type When = 'ahead' | 'now' | 'over' | 'withdrawn';
export function whenOf({ stage, window }: Plan, now: number): When {
  if (stage.name === 'withdrawn') return 'withdrawn';
  if (now < Date.parse(window.from)) return 'ahead';
  return now < Date.parse(window.to) ? 'now' : 'over';
}

/** Who draws a plan need not go: mine are those in whose team I am. */
export const isMine = ({ team }: Plan, me: string) => team.includes(me);

const TURN: When[] = ['now', 'ahead', 'over', 'withdrawn'];
/** What is to be shown of my plans: what runs first, what ends sooner before what ends later. */
export function mine(plans: Plan[], me: string, now: number): Plan[] {
  const isShown = (one: Plan) =>
    isMine(one, me) && one.stage.name !== 'withdrawn' && now < Date.parse(one.window.to) + SHOWN_AFTER_MS;
  const turn = (one: Plan) => TURN.indexOf(whenOf(one, now));
  return plans
    .filter(isShown)
    .sort((a, b) => turn(a) - turn(b) || Date.parse(a.window.to) - Date.parse(b.window.to));
}

type Visit = Pick<Inspection, 'inspection_id' | 'site_id' | 'plan_id' | 'stage'>;
/** The sites of a plan that were visited under it, each with its last report. A voided report is no visit. */
export function visitedOf({ plan_id, sites }: Plan, visits: Visit[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const one of visits) {
    if (one.plan_id === plan_id && one.stage !== 'voided' && sites.includes(one.site_id))
      found.set(one.site_id, one.inspection_id);
  }
  return found;
}

/** The plan that a visit begun here and now is most likely made for. Never one whose time has not come: an arrival
 *  would unseal it. */
export function planAt(plans: Plan[], site_id: string, now: number): Plan | undefined {
  return plans.find((one) => whenOf(one, now) === 'now' && one.sites.includes(site_id));
}

/** A report under a plan that was withdrawn meanwhile would be refused for ever: it goes without it. */
export function planToName(plan_id: string | undefined, known: Plan | undefined): string | undefined {
  return known?.stage.name === 'withdrawn' ? undefined : plan_id;
}

/** The plan's checklists in the versions that it names, of several the newest, as far as they are for this kind of site;
 *  then the others. */
export function listsOf(
  named: Checklist[],
  fitting: Fitting[],
  kind: string,
): { ours: Fitting[]; all: Fitting[] } {
  const newest = new Map<string, Checklist>();
  for (const list of named) {
    const known = newest.get(list.checklist_id);
    if (!known || known.version < list.version) newest.set(list.checklist_id, list);
  }
  const ours = [...newest.values()]
    .map((list) => ({ list, n: list.items.filter((item) => applies(item, kind)).length }))
    .filter(({ n }) => n > 0);
  return { ours, all: [...ours, ...fitting.filter(({ list }) => !newest.has(list.checklist_id))] };
}

export interface Placed {
  site: Site;
  /** Metres, where both are known. */
  d?: number;
}
/** Nearest first; what has no position comes last, in the order in which it was. */
export function nearestFirst(
  sites: Site[],
  here: { latitude: number; longitude: number } | undefined,
): Placed[] {
  const placed = sites.map((site): Placed => {
    const { latitude, longitude } = site;
    if (!here || latitude === undefined || longitude === undefined) return { site };
    return { site, d: distanceM(here, { latitude, longitude }) };
  });
  return here ? placed.sort((a, b) => (a.d ?? Infinity) - (b.d ?? Infinity)) : placed;
}

// Plans on the phone: which are shown, what counts as visited, which checklists are chosen, and where a report under a
// plan names it. And how long a fix says where somebody is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDraft, reportOf } from '../../field/draft';
import { FRESH_MS, isFresh } from '../../field/fresh';
import { listsOf, mine, nearestFirst, planAt, planToName, visitedOf, whenOf } from '../../field/plans';
import { distanceM } from '../../shared/rules/review';
import type { Plan } from '../../shared/wire/items';
import { type Checklist, type Site, submit } from '../../shared/wire/messages';

const id = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T04:00:00Z');
const at = (ms: number) => new Date(NOW + ms).toISOString();
const plan = (n: number, from: number, to: number, more: Partial<Plan> = {}): Plan => ({
  plan_id: id(n),
  sealed: { by: id(2), at: at(-9 * DAY) },
  team: [id(1), id(3)],
  window: { from: at(from), to: at(to) },
  sites: [id(100), id(101)],
  checklists: [],
  unseal_at: at(to),
  stage: { name: 'sealed' },
  ...more,
});
const withdrawn = {
  stage: { name: 'withdrawn' as const, withdrawn: { by: id(2), at: at(0) }, reason: '改期' },
};

describe('my plans', () => {
  it('are those of my team that are not withdrawn and not long over, what runs first', () => {
    const all = [
      plan(1, -9 * DAY, -4 * DAY),
      plan(2, -2 * DAY, -DAY),
      plan(3, DAY, 2 * DAY),
      plan(4, -DAY, 2 * DAY),
      plan(5, -DAY, DAY, { stage: { name: 'unsealed', at: at(0), how: 'arrival' } }),
      plan(6, -DAY, DAY, withdrawn),
      plan(7, -DAY, DAY, { team: [id(3)] }),
    ];
    expect(mine(all, id(1), NOW).map((one) => one.plan_id)).toEqual([5, 4, 3, 2].map(id));
    // Who drew it does not go.
    expect(mine(all, id(2), NOW)).toEqual([]);
  });

  it('a window begins with its first moment and ends with its last', () => {
    const one = plan(1, 0, DAY);
    expect([-1, 0, DAY - 1, DAY].map((ms) => whenOf(one, NOW + ms))).toEqual(['ahead', 'now', 'now', 'over']);
    expect(whenOf(plan(1, 0, DAY, withdrawn), NOW)).toBe('withdrawn');
  });

  it('a site is visited by a report under this plan that stands', () => {
    const visit = (n: number, site_id: string, plan_id?: string, stage = 'submitted') => ({
      inspection_id: id(n),
      site_id,
      stage,
      ...(plan_id ? { plan_id } : {}),
    });
    const one = plan(1, 0, DAY);
    const visits = [
      visit(50, id(100), id(1)),
      visit(51, id(100), id(1)),
      visit(52, id(101)),
      visit(53, id(101), id(2)),
      visit(54, id(101), id(1), 'voided'),
      visit(55, id(199), id(1)),
    ];
    expect([...visitedOf(one, visits)]).toEqual([[id(100), id(51)]]);
  });

  it('a site that somebody came to by another way is offered for the plan that runs, never for one ahead', () => {
    const plans = [plan(1, DAY, 2 * DAY), plan(2, -DAY, DAY)];
    expect(planAt(plans, id(100), NOW)?.plan_id).toBe(id(2));
    expect(planAt(plans.slice(0, 1), id(100), NOW)).toBeUndefined();
    expect(planAt(plans, id(199), NOW)).toBeUndefined();
  });
});

describe('a report', () => {
  const departure = { at: at(60_000) };
  it('names the plan that it was begun for, and is read as such', () => {
    const under = reportOf(newDraft(id(9), id(100), NOW, id(1)), [], departure);
    expect(submit.read(JSON.parse(JSON.stringify(under))).plan_id).toBe(id(1));
    expect(reportOf(newDraft(id(9), id(100), NOW), [], departure)).not.toHaveProperty('plan_id');
  });

  it('goes without a plan that was withdrawn meanwhile, and with one that this phone no longer knows', () => {
    expect(planToName(id(1), plan(1, 0, DAY))).toBe(id(1));
    expect(planToName(id(1), plan(1, 0, DAY, withdrawn))).toBeUndefined();
    expect(planToName(id(1), undefined)).toBe(id(1));
  });
});

describe('checklists', () => {
  const list = (n: number, version: number, kinds: string[]): Checklist =>
    ({ checklist_id: id(n), version, items: kinds.map((kind) => ({ applies_to: [kind] })) }) as never;

  it('of the plan come first, in its versions; the newest of the same is not offered beside it', () => {
    const fitting = [
      { list: list(1, 7, ['household']), n: 1 },
      { list: list(2, 1, ['household']), n: 1 },
    ];
    const named = [list(1, 3, ['household', 'household', 'village']), list(5, 1, ['village'])];
    const { ours, all } = listsOf(named, fitting, 'household');
    expect(ours.map((one) => [one.list.checklist_id, one.list.version, one.n])).toEqual([[id(1), 3, 2]]);
    expect(all.map((one) => [one.list.checklist_id, one.list.version])).toEqual([
      [id(1), 3],
      [id(2), 1],
    ]);
    expect(listsOf([], fitting, 'household')).toEqual({ ours: [], all: fitting });
  });

  it('that a plan names in several versions are offered once, in the newest', () => {
    const named = [2, 3, 1].map((version) => list(1, version, ['household']));
    const { ours, all } = listsOf(named, [], 'household');
    expect(ours.map((one) => one.list.version)).toEqual([3]);
    expect(all).toEqual(ours);
  });
});

describe('nearest first', () => {
  const site = fc.record({
    site_id: fc.uuid(),
    latitude: fc.option(fc.double({ min: 30, max: 31, noNaN: true }), { nil: undefined }),
  });

  it('leaves nobody out, never puts the farther before the nearer, and nothing moves without a position', () => {
    fc.assert(
      fc.property(fc.array(site), (rough) => {
        const sites = rough.map(({ site_id, latitude }) =>
          latitude === undefined ? { site_id } : { site_id, latitude, longitude: 110 },
        ) as Site[];
        const here = { latitude: 30.5, longitude: 110 };
        const placed = nearestFirst(sites, here);
        expect(placed.map((one) => one.site.site_id).sort()).toEqual(sites.map((one) => one.site_id).sort());
        const away = placed.map(({ site: one }) =>
          one.latitude === undefined ? Infinity : distanceM(here, { latitude: one.latitude, longitude: 110 }),
        );
        expect(away).toEqual([...away].sort((a, b) => a - b));
        expect(nearestFirst(sites, undefined)).toEqual(sites.map((one) => ({ site: one })));
      }),
    );
  });
});

describe('a fix', () => {
  const came = { wall: NOW, uptime: 5_000 };
  const later = (wall: number, uptime = wall) => isFresh(came, { wall: NOW + wall, uptime: 5_000 + uptime });
  it('says where somebody is for two minutes', () => {
    expect([0, FRESH_MS - 1, FRESH_MS, 3 * 3_600_000].map((ms) => later(ms))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
  it('a clock that was set back, or a phone that slept, makes nothing young again', () => {
    expect(later(-3_600_000, 7_200_000)).toBe(false);
    expect(later(1_000, 7_200_000)).toBe(false);
    expect(later(7_200_000, 1_000)).toBe(false);
  });
});

// Plans: the frame by the server's rules, the command that a draft becomes, who is left out, and draws that are not what
// they were said to be.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  conditionOf,
  type Draft,
  fault,
  frameOf,
  fresh,
  leftOut,
  progress,
  roundsOf,
} from '../../desk/seal';
import { compareDraw, type DrawFile, picks } from '../../shared/rules/draw';
import { type Candidate, type Condition, framed, holds, tierOf } from '../../shared/rules/frame';
import { digestOf } from '../../shared/wire/canonical';
import { COMMANDS_ELSE, type Plan } from '../../shared/wire/items';

const id = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const site = (kind: string, attributes: Record<string, unknown> = {}, n = 1): Candidate => ({
  site_id: id(n),
  area_id: id(900),
  kind,
  attributes,
});
const village = (state: string, incidence_percent: number) => site('village', { state, incidence_percent });

describe('tiers', () => {
  it('are the shipped rules, as the server reads them', () => {
    expect(tierOf(village('lifted', 2.1))?.tier).toBe(1);
    expect(tierOf(village('lifted', 2))).toBeUndefined();
    expect(tierOf(village('not_lifted', 9))).toBeUndefined();
    expect(
      tierOf(site('village', { state: 'not_lifted', incidence_percent: 9, lifted_year: 2026 }))?.tier,
    ).toBe(1);
    expect(tierOf(site('village', { state: 'lifted' }))).toBeUndefined();
    expect(tierOf(site('household', { state: 'marginal' }))?.weight).toBe(2);
  });

  it('what is absent or of another type compares to nothing, whichever way it is asked', () => {
    const ways = ['equal', 'not_equal', 'less', 'at_most', 'more', 'at_least'] as const;
    for (const is of ways) {
      const asks: Condition = { compare: { attribute: 'members', is, value: 3 } };
      expect(holds(asks, site('household'))).toBe(false);
      expect(holds(asks, site('household', { members: '3' }))).toBe(false);
    }
    expect(holds({ all: [] }, site('school'))).toBe(true);
    expect(holds({ any: [] }, site('school'))).toBe(false);
    expect(holds({ one_of: { attribute: 'x', values: [] } }, site('school'))).toBe(false);
    expect(holds({ has: 'toString' }, site('school'))).toBe(false);
  });

  it('a comparison and its opposite never both hold', () => {
    const number = fc.double({ noNaN: true });
    fc.assert(
      fc.property(number, number, (members, value) => {
        const h = (is: 'less' | 'at_least' | 'more' | 'at_most') =>
          holds({ compare: { attribute: 'members', is, value } }, site('household', { members }));
        return h('less') !== h('at_least') && h('more') !== h('at_most');
      }),
    );
  });
});

const draft = (more: Partial<Draft> = {}): Draft => ({
  ...fresh('2026-12-01T08:00', '2026-12-01T18:00'),
  team: [id(1)],
  areas: [id(900)],
  checklists: [id(50)],
  ...more,
});
const NOW = Date.parse('2026-11-22T00:00:00Z');
const plan = (n: number, more: Partial<Plan> = {}): Plan =>
  ({
    plan_id: id(n),
    sealed: { by: id(1), at: `2026-11-${String(n).padStart(2, '0')}T00:00:00Z` },
    sites: [id(100 + n)],
    round: `r${n}`,
    stage: { name: 'sealed' },
    ...more,
  }) as Plan;

describe('a draft', () => {
  it('becomes a command that the protocol reads', () => {
    const lists = [
      { checklist_id: id(50), version: 3 },
      { checklist_id: id(51), version: 1 },
    ];
    const seal = COMMANDS_ELSE['plan.seal'];
    const drawn = bodyOf(
      id(9),
      draft({ states: ['marginal'], round: ' 12 月 ', unseal: '2026-12-01T12:00' }),
      [id(7)],
      lists,
    );
    expect(JSON.parse(JSON.stringify(seal.read(drawn)))).toEqual(drawn);
    expect(drawn).toMatchObject({ round: '12 月', checklists: [{ checklist_id: id(50), version: 3 }] });
    expect(drawn.sites).toMatchObject({ drawn: { exclude: [id(7)], by_tier: true, count: 5 } });
    const named = bodyOf(id(9), draft({ how: 'named', named: [id(3)] }), [id(7)], lists);
    expect(seal.read(named).sites).toEqual({ named: [id(3)] });
    expect(named).not.toHaveProperty('round');
  });

  it('a condition on households leaves villages in', () => {
    const asks = conditionOf(draft({ kinds: ['household', 'village'], states: ['marginal'], above: 2 }));
    const of = (one: Candidate) => holds(asks as Condition, one);
    expect(of(site('household', { state: 'marginal' }))).toBe(true);
    expect(of(site('household', { state: 'lifted' }))).toBe(false);
    expect(of(village('lifted', 2.5))).toBe(true);
    expect(of(village('lifted', 1))).toBe(false);
    expect(conditionOf(draft({ kinds: ['village'], states: ['marginal'] }))).toBeUndefined();
  });

  it.each([
    [{ from: '2026-12-02T08:00' }, 'window'],
    [{ from: '2026-10-01T08:00', to: '2026-10-02T08:00' }, 'window'],
    [{ unseal: '2026-12-03T08:00' }, 'unseal'],
    [{ team: [] }, 'team'],
    [{ areas: [] }, 'frame'],
    [{ count: 0 }, 'count'],
    [{ count: 501 }, 'count'],
    [{ how: 'named' as const }, 'sites'],
    [{ checklists: [] }, 'checklists'],
  ])('%j is not sealed, and says where', (more, at) => {
    expect(fault(draft(more), [], 10, NOW)?.at).toBe(at);
    expect(fault(draft(), [], 10, NOW)).toBeUndefined();
  });

  it('an empty frame is not sealed', () => expect(fault(draft(), [], 0, NOW)?.at).toBe('frame'));
});

describe('who is left out', () => {
  const plans = [
    plan(1),
    plan(2),
    plan(3, { stage: { name: 'withdrawn' } as never }),
    plan(4, { sealed: { by: id(2), at: '2026-11-20T00:00:00Z' } }),
  ];

  it('rounds are one’s own, the latest first, without what was withdrawn', () => {
    expect(roundsOf(plans, id(1))).toEqual(['r2', 'r1']);
  });

  it('sites of rounds chosen, and of this very round; nothing of other people’s plans', () => {
    const out = leftOut(draft({ roundsOut: ['r1', 'r3', 'r4'], round: 'r2' }), plans, [], id(1), NOW);
    expect(out).toEqual({ exclude: [id(101)], drawn: [id(102)] });
  });

  it('what was inspected lately, each once', () => {
    const visits = [
      { site_id: id(5), received_at: '2026-11-20T00:00:00Z' },
      { site_id: id(5), received_at: '2026-11-21T00:00:00Z' },
      { site_id: id(6), received_at: '2026-10-01T00:00:00Z' },
    ];
    expect(leftOut(draft({ daysOut: 7 }), [], visits, id(1), NOW).exclude).toEqual([id(5)]);
    expect(leftOut(draft(), [], visits, id(1), NOW).exclude).toEqual([]);
  });

  it('stands in the frame, and weighs nothing in it', () => {
    const sites = [
      site('household', { state: 'marginal' }, 1),
      site('household', {}, 2),
      site('clinic', {}, 3),
    ];
    const frame = framed(frameOf(draft(), [id(2)]), sites, (area) => [area]);
    expect(frame.map((one) => [one.site.site_id, one.weight, one.out])).toEqual([
      [id(1), 2, false],
      [id(2), 1, true],
    ]);
    expect(framed(frameOf(draft({ byTier: false }), []), sites, (area) => [area])[0]?.weight).toBe(1);
    expect(framed(frameOf(draft(), []), sites, () => [])).toEqual([]);
  });
});

it('progress counts sites, not visits, and only visits under this plan', () => {
  const visits = [
    { site_id: id(101), plan_id: id(1), inspection_id: id(70) },
    { site_id: id(101), plan_id: id(1), inspection_id: id(71) },
    { site_id: id(101), inspection_id: id(72) },
    { site_id: id(101), plan_id: id(2), inspection_id: id(73) },
  ];
  const far = progress(plan(1), visits);
  expect([far.n, far.of, far.done.get(id(101))]).toEqual([1, 1, [id(70), id(71)]]);
});

describe('a draw repeated', () => {
  const frame = Array.from({ length: 20 }, (_, n) => ({ site_id: id(n), weight: 1 + (n % 3) }));
  const body = {
    algorithm: 'anfang-draw-1',
    count: 6,
    exclusions: [id(3), id(4)],
    frame,
    seed: 'ab'.repeat(32),
  };
  const told: DrawFile = { ...body, commitment: digestOf(body), sites: [] };
  told.sites = picks(told);

  it('comes out the same', () => {
    const { committed, picks } = compareDraw(told);
    expect(committed).toBe(true);
    expect(picks).toHaveLength(6);
    expect(picks.every((one) => one.told === one.ours)).toBe(true);
  });

  it.each<[string, DrawFile]>([
    ['another seed', { ...told, seed: 'ac'.repeat(32) }],
    ['a site left out afterwards', { ...told, exclusions: [id(3), id(4), id(5)] }],
    ['a site put in', { ...told, frame: [...frame, { site_id: id(40), weight: 9 }] }],
    ['another weight', { ...told, frame: frame.map((one, n) => (n ? one : { ...one, weight: 8 })) }],
  ])('%s is not what was committed to', (_, file) => expect(compareDraw(file).committed).toBe(false));

  it('a site exchanged, or one more, is seen at its place', () => {
    const free = frame.find((one) => !told.sites.includes(one.site_id))?.site_id as string;
    const exchanged = compareDraw({ ...told, sites: told.sites.with(2, free) });
    expect(exchanged.picks.map((one) => one.told === one.ours)).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
    ]);
    const more = compareDraw({ ...told, sites: [...told.sites, free] });
    expect(more.picks.at(-1)).toEqual({ told: free, ours: undefined });
  });
});

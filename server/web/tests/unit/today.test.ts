// A number on the morning's page leads to the list of exactly the items that it counts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportOf } from '../../desk/exports';
import { chosen, type Names } from '../../desk/rows';
import { type Counts, countsBy, decisions, dueByDay, listOf, sum } from '../../desk/today';
import { passesAt, plusDays } from '../../shared/rules/workdays';
import type { Rectification } from '../../shared/wire/items';

const TODAY = '2026-11-22';
const HOUR = 3_600_000;
const start = Date.parse(passesAt(plusDays(TODAY, -1)));
const by = (at: string) => ({ by: 'x', at });
const STAGES = [
  'listed',
  'handed_over',
  'acknowledged',
  'answered',
  'returned',
  'declined',
  'reopened',
  'suspended',
  'cancelled',
  'closed',
] as const;
const TOWNSHIPS = ['t1', 't2'];

const items = fc
  .array(
    fc.record({
      area: fc.constantFrom(...TOWNSHIPS, 'county'),
      stage: fc.constantFrom(...STAGES),
      // Around both midnights, to the hour.
      listed: fc.integer({ min: -100, max: 23 }),
      over: fc.integer({ min: -100, max: 23 }),
      due: fc.integer({ min: -9, max: 9 }),
      accepted: fc.boolean(),
      asked: fc.boolean(),
      drafted: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map((one, i) => {
      const at = (hours: number) => new Date(start + hours * HOUR).toISOString();
      const on = plusDays(TODAY, one.due);
      const due = { on, passes_at: passesAt(on) };
      const order = { due, unit_id: 'u', person: { name: '张' } };
      const task = { order, receipt: by(at(one.listed)) };
      const acceptance = one.accepted ? { accepted: by(at(one.over)), method: 'photo' } : undefined;
      const closing = { closed: by(at(one.over)), acceptance };
      const cancellation = { cancelled: by(at(one.over)), reason: '' };
      const from = { name: 'acknowledged', task };
      const stage = { name: one.stage, order, task, acceptance, closing, cancellation, from };
      const runs = ['handed_over', 'acknowledged', 'returned'].includes(one.stage);
      const track = [
        { clock: 'runs', at: at(-2000), due },
        ...(runs ? [] : [{ clock: 'stands', at: at(-300) }]),
      ];
      const decision = { is: one.asked ? 'pending' : 'lapsed' };
      return {
        rectification_id: `${i}${one.drafted ? ' drafted' : ''}`,
        area_id: one.area,
        text: '',
        findings: [],
        listed: by(at(one.listed)),
        stage,
        track,
        extensions: [{ decision }],
      } as unknown as Rectification;
    }),
  );
const now = fc.integer({ min: 0, max: 23 }).map((hour) => start + hour * HOUR);
const NAMES: Names = { township: (id) => id, site: (id) => id, unit: (id) => id };
const drafted = (item: Rectification) => item.rectification_id.endsWith('drafted');
const list = (all: Rectification[], query: URLSearchParams, at: number) =>
  chosen(all, query, (area) => [area, 'county'], NAMES, at, drafted).length;

describe('a number leads to what it counts', () => {
  it('of each township, and of all', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(items, now, (all, at) => {
        const counts = countsBy(all, (item) => item.area_id, at);
        for (const township of TOWNSHIPS)
          for (const key of Object.keys(counts.get(township) ?? {}) as (keyof Counts)[]) {
            const n = counts.get(township)?.[key] ?? 0;
            expect(list(all, listOf(key, at, township), at), `${township} ${key}`).toBe(n);
            if (n) seen.add(key);
          }
        const total = sum(counts.values());
        for (const key of Object.keys(total) as (keyof Counts)[])
          expect(list(all, listOf(key, at), at), key).toBe(total[key]);
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual(['closed', 'fresh', 'open', 'overdue', 'returned', 'soon', 'to_verify']);
  });

  it('on the calendar', () => {
    fc.assert(
      fc.property(items, now, (all, at) => {
        const days = dueByDay(all);
        for (const [due, n] of days) expect(list(all, new URLSearchParams({ due }), at), due).toBe(n);
        const counted = [...days.values()].reduce((sum, n) => sum + n, 0);
        expect(counted).toBe(list(all, new URLSearchParams({ stands: 'unanswered' }), at));
      }),
    );
  });

  it('in the boxes', () => {
    fc.assert(
      fc.property(items, now, (all, at) => {
        const boxes = decisions(all, at, drafted);
        const HOW = { drafts: 'draft', extensions: 'extension' } as Record<string, string>;
        for (const [box, n] of Object.entries(boxes))
          expect(list(all, new URLSearchParams({ stands: HOW[box] ?? box }), at), box).toBe(n);
      }),
    );
  });
});

it('a filter that the server’s file does not know is named there', () => {
  const { lacks } = exportOf(new URLSearchParams({ closed: TODAY, stands: 'draft' }), 'xlsx', () => false);
  expect(lacks).toEqual(['stands', 'closed']);
  expect(exportOf(new URLSearchParams({ due: TODAY }), 'xlsx', () => false).lacks).toEqual(['due']);
});

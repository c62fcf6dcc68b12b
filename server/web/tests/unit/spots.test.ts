// What the map says of a day is what it said on that day: nothing that came later changes it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countStates, endOf, foundIn, type Spot, STATES, spotsAt } from '../../desk/spots';
import { dayOf, passesAt, plusDays } from '../../shared/rules/workdays';
import type { Rectification } from '../../shared/wire/items';
import type { Inspection } from '../../shared/wire/messages';

const HOUR = 3_600_000;
const DAY0 = '2026-09-01';
const BEGAN = Date.parse(passesAt(plusDays(DAY0, -1)));

/** A finding's whole life in hours from the beginning: each step after the one before it. */
interface Life {
  came: number;
  listed: number;
  handed: number;
  due: number;
  answered: number;
  closed: number;
  reopened: number;
  again: number;
  ends: number;
  how: 'closed' | 'cancelled' | 'declined' | 'voided';
}
const life = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 9, maxLength: 9 }), fc.nat(10), fc.nat(3))
  .map(([gaps, dueDays, how]): Life => {
    let at = 0;
    const [came, listed, handed, answered, closed, reopened, again, ends] = gaps.map((gap) => {
      at += gap;
      return at;
    }) as [number, number, number, number, number, number, number, number];
    const endings = ['closed', 'cancelled', 'declined', 'voided'] as const;
    const due = dueDays;
    return {
      came,
      listed,
      handed,
      due,
      answered,
      closed,
      reopened,
      again,
      ends,
      how: endings[how] ?? 'closed',
    };
  });

const iso = (hours: number) => new Date(BEGAN + hours * HOUR).toISOString();
const by = (hours: number) => ({ by: 'x', at: iso(hours) });

/** The item as the feed had it after so many hours. */
function itemAt(one: Life, hours: number, i: number): Rectification | undefined {
  if (hours < one.listed || one.how === 'voided') return undefined;
  const had = (step: number) => hours >= step;
  const on = plusDays(dayOf(BEGAN + one.handed * HOUR), one.due);
  const due = { on, passes_at: passesAt(on) };
  const order = { due, unit_id: 'u', given: by(one.handed) };
  const task = { order, receipt: by(one.handed) };
  const closing = { closed: by(one.closed) };
  const relapse = { reopened: by(one.reopened), reason: '', unit_id: 'u', closing };
  const track = [
    [one.handed, 'runs'],
    [one.answered, 'stands'],
    [one.again, 'runs'],
    [one.ends, 'stands'],
  ]
    .filter(([step]) => had(step as number))
    .map(([step, clock]) => ({ clock, at: iso(step as number), due }));
  const ended = {
    closed: { name: 'closed', task, closing: { closed: by(one.ends) } },
    cancelled: { name: 'cancelled', cancellation: { cancelled: by(one.ends), reason: '' } },
    declined: { name: 'declined', order, refusal: { declined: by(one.ends), reason: '' } },
    voided: undefined,
  }[one.how];
  const stage = had(one.ends)
    ? ended
    : had(one.again)
      ? { name: 'handed_over', order }
      : had(one.reopened)
        ? { name: 'reopened', task, relapse }
        : had(one.closed)
          ? { name: 'closed', task, closing }
          : had(one.answered)
            ? { name: 'answered', task }
            : had(one.handed)
              ? { name: 'handed_over', order }
              : { name: 'listed' };
  return {
    rectification_id: `item ${i}`,
    text: '',
    severity: 'general',
    site_id: `s${i}`,
    findings: [{ finding_id: `finding ${i}` }],
    listed: by(one.listed),
    stage,
    track,
    relapses: had(one.reopened) ? [relapse] : [],
  } as unknown as Rectification;
}

function reportAt(one: Life, hours: number, i: number): Inspection | undefined {
  if (hours < one.came) return undefined;
  const voided = one.how === 'voided' && hours >= one.listed ? by(one.listed) : undefined;
  return {
    site_id: `s${i}`,
    received_at: iso(one.came),
    stage: voided ? 'voided' : 'submitted',
    findings: [{ finding_id: `finding ${i}`, text: '', severity: 'general' }],
    ...(voided ? { voided: { ...voided, reason: '' } } : {}),
  } as unknown as Inspection;
}

/** What a map that knew no more than that said. */
function told(lives: Life[], knows: number, end: number): Spot[] {
  const items = lives.flatMap((one, i) => itemAt(one, knows, i) ?? []);
  const reports = lives.flatMap((one, i) => reportAt(one, knows, i) ?? []);
  return spotsAt(items, foundIn(reports), end);
}
const sorted = (spots: Spot[]) => [...spots].sort((a, b) => (a.id < b.id ? -1 : 1));

describe('the map of a day', () => {
  it('is not changed by what came later', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 6 }), fc.nat(45), (lives, days) => {
        const end = endOf(plusDays(DAY0, days), Number.POSITIVE_INFINITY);
        const hours = (end - BEGAN) / HOUR;
        const then = told(lives, hours, end);
        expect(sorted(told(lives, 100_000, end))).toEqual(sorted(then));
        for (const { state, kind } of then) seen.add(`${kind} ${state}`);
      }),
      { numRuns: 1000 },
    );
    expect([...seen].sort()).toEqual([
      'finding waiting',
      'item late',
      'item open',
      'item over',
      'item waiting',
    ]);
  });

  it('has each thing once, and counts what it draws', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 6 }), fc.nat(45), (lives, days) => {
        const end = endOf(plusDays(DAY0, days), Number.POSITIVE_INFINITY);
        const spots = told(lives, 100_000, end);
        const there = spots.map(({ site_id }) => site_id);
        expect(new Set(there).size).toBe(there.length);
        const counts = countStates(spots);
        for (const state of STATES)
          expect(counts[state]).toBe(spots.filter((one) => one.state === state).length);
        const hours = (end - BEGAN) / HOUR;
        const has = lives.filter(
          ({ came, how, listed }) => came <= hours && !(how === 'voided' && listed <= hours),
        );
        expect(spots.length).toBe(has.length);
      }),
    );
  });

  const LIFE: Life = {
    came: 1,
    listed: 30,
    handed: 60,
    due: 2,
    answered: 200,
    closed: 250,
    reopened: 300,
    again: 350,
    ends: 400,
    how: 'closed',
  };
  it.each([
    [0, 'finding', 'waiting'],
    [1, 'item', 'waiting'],
    [3, 'item', 'open'],
    [6, 'item', 'late'],
    [9, 'item', 'open'],
    [11, 'item', 'over'],
    [13, 'item', 'waiting'],
    [15, 'item', 'late'],
    [17, 'item', 'over'],
  ])('after %i days: a %s, %s', (days, kind, state) => {
    const [spot] = told([LIFE], 100_000, endOf(plusDays(DAY0, days), Number.POSITIVE_INFINITY));
    expect([spot?.kind, spot?.state]).toEqual([kind, state]);
  });

  it('of today ends now', () => {
    const noon = BEGAN + 12 * HOUR;
    expect(endOf(DAY0, noon)).toBe(noon);
    expect(dayOf(endOf(DAY0, noon + 24 * HOUR))).toBe(DAY0);
  });
});

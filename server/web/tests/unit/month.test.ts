// A month to choose a deadline from: every day once, every key a day, and what a day is worth is what the server counts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monthOf, moved, plusMonths, weekdayOf, weeksOf, within, worthOf } from '../../shared/rules/month';
import { addWorkingDays, plusDays } from '../../shared/rules/workdays';

const day = fc.integer({ min: 0, max: 1500 }).map((n) => plusDays('2025-06-01', n));
const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown'];

it('a month has each of its days once, each below its weekday', () => {
  fc.assert(
    fc.property(day.map(monthOf), (month) => {
      const weeks = weeksOf(month);
      const days = weeks.flat().filter((one) => one !== undefined);
      expect(days[0]).toBe(`${month}-01`);
      for (const [i, one] of days.entries()) if (i) expect(one).toBe(plusDays(days[i - 1] ?? '', 1));
      expect(monthOf(plusDays(days.at(-1) ?? '', 1))).not.toBe(month);
      for (const week of weeks) {
        expect(week).toHaveLength(7);
        expect(week.some((one) => one)).toBe(true);
        for (const [i, one] of week.entries()) if (one) expect(weekdayOf(one)).toBe(i);
      }
    }),
  );
});

describe('keys', () => {
  it('lead to a day, never before the first', () => {
    fc.assert(
      fc.property(day, fc.nat(60), fc.constantFrom(...KEYS), (first, ahead, key) => {
        const to = moved(plusDays(first, ahead), key, first) ?? '';
        expect(to).toMatch(/^\d{4}-\d\d-\d\d$/);
        expect(to >= first).toBe(true);
      }),
    );
    expect(moved('2026-11-22', 'j', '2026-11-01')).toBeUndefined();
  });
  it('nor after the last', () => {
    expect(moved('2026-11-22', 'PageDown', '2026-11-01', '2026-11-25')).toBe('2026-11-25');
    expect(moved('2026-11-22', 'ArrowRight', '2026-11-01', '2026-11-22')).toBe('2026-11-22');
    expect(moved('2026-11-22', 'PageUp', '2026-11-20', '2026-11-25')).toBe('2026-11-20');
    expect(within('2026-12-01', '2026-11-20')).toBe('2026-12-01');
  });
  it.each([
    ['ArrowLeft', '2026-11-24'],
    ['ArrowRight', '2026-11-26'],
    ['ArrowUp', '2026-11-18'],
    ['ArrowDown', '2026-12-02'],
    ['Home', '2026-11-23'],
    ['End', '2026-11-29'],
    ['PageUp', '2026-10-25'],
    ['PageDown', '2026-12-25'],
  ])('%s', (key, to) => {
    expect(moved('2026-11-25', key, '2026-01-01')).toBe(to);
  });
  it('a month later is never two', () => {
    expect(plusMonths('2026-01-31', 1)).toBe('2026-02-28');
    expect(plusMonths('2026-12-15', 1)).toBe('2027-01-15');
    expect(plusMonths('2026-03-31', -1)).toBe('2026-02-28');
  });
});

describe('what a day is worth', () => {
  it('as many working days as lead to it', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 60 }), (today, n) => {
        const due = addWorkingDays(today, n);
        expect(worthOf(due, today)).toMatchObject({ working: n, off: false });
      }),
    );
  });
  it.each([
    ['2026-10-01', { off: true, holiday: { zh: '国庆节' }, madeUp: false, known: true }],
    ['2026-10-10', { off: false, madeUp: true, known: true }],
    ['2026-11-22', { off: true, madeUp: false, known: true }],
    ['2026-11-23', { off: false, madeUp: false, known: true }],
    ['2027-10-01', { off: true, known: false }],
    ['2029-03-01', { off: false, known: undefined }],
  ])('%s', (one, is) => {
    expect(worthOf(one, '2026-09-01')).toMatchObject(is);
    if (!('holiday' in is) && !is.known) return;
    expect(Boolean(worthOf(one, '2026-09-01').holiday)).toBe('holiday' in is);
  });
});

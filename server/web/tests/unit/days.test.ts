// Days, times and numbers the way of each language; every formatter that either app shows.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { dueText } from '../../field/due';
import { dayDue, dayLong, dayShort, dayTight, monthName } from '../../shared/lang/days';
import { deadlineCell, deadlineSaid } from '../../shared/lang/deadline';
import {
  bytes,
  clock,
  count,
  day,
  type Language,
  lang,
  listing,
  metres,
  moment,
  percent,
  say,
  sentences,
  stretch,
} from '../../shared/lang/lang.svelte';
import { isProvisional, passesAt, plusDays } from '../../shared/rules/workdays';
import { instantOf } from '../../shared/rules/zone.svelte';
import type { Rectification } from '../../shared/wire/items';

const here = (...at: [number, number, number, number, number]) =>
  instantOf(new Date(Date.UTC(...at)).toISOString().slice(0, 16));
const NOW = here(2026, 10, 22, 15, 4);
afterEach(() => {
  lang.current = 'zh';
});
const inBoth = (format: () => string) =>
  (['zh', 'en'] as Language[]).map((language) => {
    lang.current = language;
    return format();
  });

describe('said in both languages', () => {
  it('one of it, and more', () => {
    const said = (n: number) => say(['{n} 天', '{n} {n:day|days}'], { n });
    lang.current = 'en';
    expect([0, 1, 2, 1000].map(said)).toEqual(['0 days', '1 day', '2 days', '1,000 days']);
    lang.current = 'zh';
    expect(said(1)).toBe('1 天');
  });
  it('sentences, names, a stretch of time', () => {
    const day = here(2026, 10, 21, 8, 0);
    const [same, next] = [here(2026, 10, 21, 18, 30), here(2026, 10, 22, 8, 0)];
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(inBoth(() => sentences('a', false, 'b'))).toEqual(['ab', 'a b']);
    expect(inBoth(() => listing(['a', '', 'b']))).toEqual(['a、b', 'a, b']);
    expect(inBoth(() => stretch(iso(day), iso(same), NOW))).toEqual([
      '11月21日 08:00 – 18:30',
      '21 Nov 08:00 – 18:30',
    ]);
    expect(inBoth(() => stretch(iso(day), iso(next), NOW))).toEqual([
      '11月21日 08:00 – 11月22日 08:00',
      '21 Nov 08:00 – 22 Nov 08:00',
    ]);
  });
  it.each([
    ['a day', () => dayShort('2026-11-22', NOW), '11月22日', '22 Nov'],
    ['a day of one figure', () => dayShort('2026-03-05', NOW), '3月5日', '5 Mar'],
    ['a day of another year', () => dayShort('2027-01-04', NOW), '2027年1月4日', '4 Jan 2027'],
    ['a deadline', () => dayDue('2026-11-27', NOW), '11月27日星期五', 'Fri 27 Nov'],
    ['a deadline on a Sunday', () => dayDue('2026-11-22', NOW), '11月22日星期日', 'Sun 22 Nov'],
    ['a deadline of another year', () => dayDue('2027-01-04', NOW), '2027年1月4日星期一', 'Mon 4 Jan 2027'],
    ['a day in full', () => dayLong('2026-11-27'), '2026年11月27日星期五', 'Fri 27 November 2026'],
    ['a day where there is no room', () => dayTight('2026-11-22'), '11-22', '22 Nov'],
    ['a month', () => monthName('2026-11'), '2026年11月', 'November 2026'],
    ['the day of a moment', () => day(NOW), '2026年11月22日', '22 November 2026'],
    ['a time', () => clock(NOW), '15:04', '15:04'],
    ['midnight', () => clock(here(2026, 10, 22, 0, 5)), '00:05', '00:05'],
    ['a moment today', () => moment(here(2026, 10, 22, 9, 8), NOW), '09:08', '09:08'],
    ['a moment', () => moment(here(2026, 10, 21, 23, 59), NOW), '11月21日 23:59', '21 Nov 23:59'],
    [
      'a moment of another year',
      () => moment(here(2025, 11, 31, 0, 0), NOW),
      '2025年12月31日 00:00',
      '31 Dec 2025 00:00',
    ],
    ['a number', () => count(30_000), '30,000', '30,000'],
    ['a part', () => percent(0.424), '42%', '42%'],
    ['metres', () => metres(850), '850 米', '850 m'],
    ['kilometres', () => metres(1234), '1.2 公里', '1.2 km'],
    ['bytes', () => bytes(2_450_000), '2.5 MB', '2.5 MB'],
    ['what is no day', () => dayShort('soon', NOW), 'soon', 'soon'],
  ])('%s', (_, format, zh, en) => {
    expect(inBoth(format)).toEqual([zh, en]);
  });

  it('a deadline in the field', () => {
    const due = (on: string) =>
      ({
        stage: { name: 'handed_over', order: { due: { on, passes_at: passesAt(on) } } },
        track: [{ clock: 'runs', at: '2026-11-01T00:00:00Z', due: { on, passes_at: passesAt(on) } }],
      }) as unknown as Rectification;
    const noon = Date.parse('2026-11-23T04:00:00Z');
    expect(inBoth(() => dueText(due('2026-11-27'), noon))).toEqual([
      '期限 11月27日星期五，还剩 4 个工作日',
      'Due Fri 27 Nov, 4 working days left',
    ]);
    expect(inBoth(() => dueText(due('2026-11-23'), noon))).toEqual([
      '今日到期（11月23日星期一）',
      'Due today (Mon 23 Nov)',
    ]);
    expect(inBoth(() => dueText(due('2026-11-20'), noon))).toEqual([
      '期限 11月20日星期五，已超期 1 个工作日',
      'Due Fri 20 Nov, 1 working day late',
    ]);
  });
});

it('no day of the year is said with a slash, and none of them like another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 3000 }), (a, b) => {
      const [one, other] = [plusDays('2023-01-01', a), plusDays('2023-01-01', b)];
      for (const format of [dayShort, dayDue, dayLong]) {
        const texts = inBoth(() => format(one, NOW));
        expect(texts.join()).not.toMatch(/[/]|NaN|Invalid/);
        expect(texts[0]).toContain('月');
        if (one !== other) expect(inBoth(() => format(other, NOW))).not.toEqual(texts);
      }
    }),
  );
});

it('a deadline counted before the holidays were announced says so, where it is shown', () => {
  const due = { on: '2027-03-01', passes_at: passesAt('2027-03-01') };
  const item = { stage: { name: 'handed_over', order: { due: { ...due, provisional: true } } } };
  expect(inBoth(() => deadlineSaid(due, NOW)).join()).not.toMatch(/暂定|provisional/);
  expect(inBoth(() => deadlineSaid({ ...due, provisional: true }, NOW))).toEqual([
    '2027年3月1日星期一（暂定：放假安排公布前推算）',
    'Mon 1 Mar 2027 (provisional: counted before the holidays were announced)',
  ]);
  expect(inBoth(() => deadlineCell({ ...due, provisional: true }))).toEqual([
    '2027-03-01（暂定）',
    '2027-03-01 (provisional)',
  ]);
  for (const text of inBoth(() => dueText(item as unknown as Rectification, NOW)))
    expect(text).toMatch(/暂定|provisional/);
  expect(isProvisional('2026-12-28', '2027-01-05')).toBe(true);
  expect(isProvisional('2026-11-02', '2026-12-31')).toBe(false);
});

// Days, deadlines and times in the jurisdiction's zone: as the protocol crate computes them, whatever zone this process has.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { clock, day, lang, moment, zoneSaid } from '../../shared/lang/lang.svelte';
import {
  dayOf,
  instantOf,
  isElsewhere,
  passesAt,
  startOf,
  useZone,
  zoneName,
} from '../../shared/rules/zone.svelte';

interface Row {
  zone: string;
  day: string;
  starts_at: number;
  passes_at: number;
  days_of_moments: [number, string][];
}
const rows = JSON.parse(
  readFileSync(new URL('../../../../protocol/examples/zones.json', import.meta.url), 'utf8'),
) as Row[];

afterEach(() => {
  useZone('Asia/Shanghai');
  lang.current = 'zh';
});

describe('zones of all kinds', () => {
  it.each(rows)('$zone $day', (row) => {
    useZone(row.zone);
    expect(startOf(row.day)).toBe(row.starts_at * 1000);
    expect(passesAt(row.day)).toBe(new Date(row.passes_at * 1000).toISOString());
    for (const [at, on] of row.days_of_moments) expect(dayOf(at * 1000)).toBe(on);
  });
});

it('a time that is typed is the time there', () => {
  useZone('Asia/Kathmandu');
  expect(new Date(instantOf('2026-11-27T08:00')).toISOString()).toBe('2026-11-27T02:15:00.000Z');
  useZone('America/Sao_Paulo');
  // Clocks went from 23:59 to 01:00: what never was is taken as if they had not.
  expect(new Date(instantOf('2018-11-04T00:30')).toISOString()).toBe('2018-11-04T03:30:00.000Z');
  expect(instantOf('')).toBeNaN();
});

it('the same moment reads as the clock there shows it', () => {
  const at = '2026-11-21T18:19:00Z';
  useZone('Asia/Urumqi');
  expect([day(at), clock(at)]).toEqual(['2026年11月22日', '00:19']);
  expect(moment(at, Date.parse('2026-11-21T17:59:00Z'))).toBe('11月22日 00:19');
  useZone('America/Sao_Paulo');
  expect([day(at), clock(at)]).toEqual(['2026年11月21日', '15:19']);
  expect(moment(at, Date.parse('2026-11-21T03:01:00Z'))).toBe('15:19');
});

it('the zone is named in both languages, and an unknown one changes nothing', () => {
  const at = Date.parse('2026-11-22T00:00:00Z');
  useZone('Asia/Urumqi');
  expect(zoneSaid(at)).toMatch(/乌鲁木齐.*\(Asia\/Urumqi, GMT\+6\)/);
  lang.current = 'en';
  expect(zoneSaid(at)).toMatch(/\(Asia\/Urumqi, GMT\+6\)$/);
  useZone('Asia/Nowhere');
  expect(zoneName()).toBe('Asia/Urumqi');
  expect(isElsewhere(at)).toBe(new Date(at).getTimezoneOffset() !== -360);
});

// Working days, as protocol/src/lifecycle/calendar.rs counts them: by the calendars that ship with the program, until
// the server has told its own. A preview only: the server decides. Days are texts (2026-09-30), counted without any time zone.
import { CALENDARS } from '../calendars.generated';
import * as s from '../wire/shape';
import { useZone } from './zone.svelte';

export { dayOf, passesAt } from './zone.svelte';

const words = s.object({ zh: s.text, en: s.optional(s.text) });
const year = s.object({
  year: s.whole(),
  published: s.flag,
  off: s.list(s.object({ from: s.text, to: s.text, name: words })),
  working: s.list(s.text),
});
/** `GET /v1/terms`, as far as days go. */
export const terms = s.object({ time_zone: s.text, years: s.list(year) });
type Terms = s.Of<typeof terms>;
let YEARS = CALENDARS as unknown as Terms['years'];
/** From now on by these. */
export function countBy({ time_zone, years }: Terms): void {
  useZone(time_zone);
  YEARS = years;
}
const DAY_MS = 86_400_000;
/** No calendar is off for that long. */
const LONGEST = 4000;

const at = (day: string) => Date.parse(`${day}T00:00:00Z`);
const dayAt = (ms: number) => new Date(ms).toISOString().slice(0, 10);
export const plusDays = (day: string, n: number) => dayAt(at(day) + n * DAY_MS);

export function holidayOn(day: string): { zh: string; en?: string } | undefined {
  for (const year of YEARS) for (const one of year.off) if (one.from <= day && day <= one.to) return one.name;
  return undefined;
}

export function isMadeUp(day: string): boolean {
  return YEARS.some((year) => year.working.includes(day));
}

/** `undefined`: nothing is known of that year but its weeks. */
export function knows(year: number): boolean | undefined {
  return YEARS.find((one) => one.year === year)?.published;
}

export function isWorking(day: string): boolean {
  const weekday = new Date(at(day)).getUTCDay();
  return isMadeUp(day) || !(weekday === 0 || weekday === 6 || holidayOn(day));
}

/** The n-th working day after this one, which itself does not count; 0: the day itself, or the next working day. */
export function addWorkingDays(day: string, n: number): string {
  let left = n + (n > 0 && !isWorking(day) ? 0 : 1);
  for (let i = 0; i < LONGEST; i++) {
    const one = plusDays(day, i);
    if (isWorking(one)) left -= 1;
    if (left === 0) return one;
  }
  return day;
}

/** Whether a deadline so far from here is counted over days of a year whose arrangement of holidays is not known. */
export function isProvisional(from: string, to: string): boolean {
  for (let year = Number(from.slice(0, 4)); year <= Number(to.slice(0, 4)); year++)
    if (knows(year) !== true) return true;
  return false;
}

/** Working days after `from`, up to and with `to`. */
export function workingDaysBetween(from: string, to: string): number {
  let n = 0;
  for (let i = 1; i < LONGEST; i++) {
    const one = plusDays(from, i);
    if (one > to) break;
    if (isWorking(one)) n += 1;
  }
  return n;
}

// A month as a grid of days, moving in it by keys, and what a day is worth as a deadline. Pure.
import { holidayOn, isMadeUp, isWorking, knows, plusDays, workingDaysBetween } from './workdays';

const WEEK = 7;
/** Monday is 0. */
export const weekdayOf = (day: string) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % WEEK;
export const monthOf = (day: string) => day.slice(0, 7);

/** Weeks from Monday; what lies outside of the month is empty. */
export function weeksOf(month: string): (string | undefined)[][] {
  const first = `${month}-01`;
  const weeks: (string | undefined)[][] = [];
  for (
    let monday = plusDays(first, -weekdayOf(first));
    monthOf(monday) <= month;
    monday = plusDays(monday, WEEK)
  )
    weeks.push(
      Array.from({ length: WEEK }, (_, i) => plusDays(monday, i)).map((day) =>
        monthOf(day) === month ? day : undefined,
      ),
    );
  return weeks;
}

/** The same day of another month, or its last. */
export function plusMonths(day: string, n: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - 1 + n + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + n, Math.min(date, last))).toISOString().slice(0, 10);
}

/** The nearest day that can be chosen. */
export const within = (day: string, first: string, last?: string): string =>
  day < first ? first : last && day > last ? last : day;

/** Where a key leads from a day; never out of what can be chosen. */
export function moved(day: string, key: string, first: string, last?: string): string | undefined {
  const to: Record<string, () => string> = {
    ArrowLeft: () => plusDays(day, -1),
    ArrowRight: () => plusDays(day, 1),
    ArrowUp: () => plusDays(day, -WEEK),
    ArrowDown: () => plusDays(day, WEEK),
    Home: () => plusDays(day, -weekdayOf(day)),
    End: () => plusDays(day, WEEK - 1 - weekdayOf(day)),
    PageUp: () => plusMonths(day, -1),
    PageDown: () => plusMonths(day, 1),
  };
  const found = to[key]?.();
  return found && within(found, first, last);
}

export interface Worth {
  /** Working days from today on, with it. */
  working: number;
  off: boolean;
  holiday?: { zh: string; en?: string };
  madeUp: boolean;
  /** Whether the holidays of its year are known: `false` as far as the law has them, `undefined` not at all. */
  known: boolean | undefined;
}

export function worthOf(day: string, today: string): Worth {
  const holiday = holidayOn(day);
  return {
    working: workingDaysBetween(today, day),
    off: !isWorking(day),
    ...(holiday && !isMadeUp(day) ? { holiday } : {}),
    madeUp: isMadeUp(day),
    known: knows(Number(day.slice(0, 4))),
  };
}

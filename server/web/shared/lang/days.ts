// Days as texts of the protocol (2026-11-27), said the way of the language: 11月27日, with the weekday where it is a
// deadline, with the year where it is not this one. Counted without any time zone: a day is a day.
import { dayOf } from '../rules/zone.svelte';
import { lang } from './lang.svelte';

const at = (day: string) => new Date(`${day}T00:00:00Z`);
/** What is no day, from an address that somebody has typed, stays what it is. */
const said = (day: string, how: Intl.DateTimeFormatOptions) =>
  Number.isNaN(at(day).getTime())
    ? day
    : new Intl.DateTimeFormat(lang.tag, { ...how, timeZone: 'UTC' }).format(at(day));
const yearOf = (ms: number) => dayOf(ms).slice(0, 4);

/** 11月27日 · 27 Nov */
export function dayShort(day: string, now: number = Date.now()): string {
  const year = day.slice(0, 4) === yearOf(now) ? {} : { year: 'numeric' as const };
  return said(day, { ...year, month: lang.current === 'zh' ? 'long' : 'short', day: 'numeric' });
}

/** A deadline: 11月27日星期五 · Fri 27 Nov */
export function dayDue(day: string, now: number = Date.now()): string {
  const on = dayShort(day, now);
  return lang.current === 'zh'
    ? on + said(day, { weekday: 'long' })
    : `${said(day, { weekday: 'short' })} ${on}`;
}

/** 2026年11月27日星期五 · Fri 27 November 2026 */
export function dayLong(day: string): string {
  const on = said(day, { year: 'numeric', month: 'long', day: 'numeric' });
  return lang.current === 'zh'
    ? on + said(day, { weekday: 'long' })
    : `${said(day, { weekday: 'short' })} ${on}`;
}

/** Where there is no room, as below a drawing: 11-27 · 27 Nov */
export function dayTight(day: string): string {
  return lang.current === 'zh' ? day.slice(5) : said(day, { month: 'short', day: 'numeric' });
}

/** 2026年11月 · November 2026 */
export function monthName(month: string): string {
  return said(`${month}-15`, { year: 'numeric', month: 'long' });
}

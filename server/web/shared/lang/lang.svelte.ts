// The language of the screen: 简体中文 first, English second, switched live. A text is a pair; a missing language does
// not compile. Dates and numbers follow the language; the time zone is the jurisdiction's, on every computer.
import { dayOf, zoneName } from '../rules/zone.svelte';

export type Language = 'zh' | 'en';
export type Pair = readonly [zh: string, en: string];

class Lang {
  current = $state<Language>('zh');
  get tag(): string {
    return this.current === 'zh' ? 'zh-CN' : 'en-GB';
  }
}

export const lang = new Lang();

export function preferred(stored: string | undefined, browser: readonly string[]): Language {
  if (stored === 'zh' || stored === 'en') return stored;
  return browser[0]?.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

/** The text in today's language, with `{name}` filled in, and `{name:day|days}` for one and for more of it. */
export function say(pair: Pair, values: Record<string, string | number> = {}): string {
  const text = pair[lang.current === 'zh' ? 0 : 1];
  return text.replace(
    /\{(\w+)(?::([^|{}]*)\|([^|{}]*))?\}/g,
    (whole, name: string, one?: string, more?: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      if (one !== undefined && more !== undefined) return value === 1 ? one : more;
      return typeof value === 'number' ? count(value) : value;
    },
  );
}

/** Sentences one after the other: in Chinese nothing stands between them. */
export const sentences = (...all: (string | false | undefined)[]): string =>
  all.filter((one) => one).join(lang.current === 'zh' ? '' : ' ');

/** Names one after the other. */
export const listing = (all: string[]): string =>
  all.filter((one) => one).join(lang.current === 'zh' ? '、' : ', ');

/** The name of something that came from the server; Chinese where there is no English. */
export function name(words: { zh: string; en?: string } | undefined): string {
  if (!words) return '';
  return lang.current === 'en' ? (words.en ?? words.zh) : words.zh;
}

export function count(value: number): string {
  return new Intl.NumberFormat(lang.tag).format(value);
}

export function percent(part: number): string {
  return new Intl.NumberFormat(lang.tag, { style: 'percent', maximumFractionDigits: 0 }).format(part);
}

/** A format for moments, by the clock of the place that is inspected. */
export const there = (how: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(lang.tag, { ...how, timeZone: zoneName() });

export function day(at: number | string | Date): string {
  return there({ year: 'numeric', month: 'long', day: 'numeric' }).format(new Date(at));
}

/** Never 24:05. */
export function clock(at: number | string | Date): string {
  return there({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));
}

/** The day where it is not today, and the time: 11月22日 14:05 · 22 Nov 14:05 */
export function moment(at: number | string | Date, now: number = Date.now()): string {
  const when = new Date(at);
  return isOneDay(when, new Date(now)) ? clock(when) : dated(when, now);
}

const isOneDay = (a: Date, b: Date) => dayOf(a.getTime()) === dayOf(b.getTime());

function dated(when: Date, now: number): string {
  const sameYear = dayOf(when.getTime()).slice(0, 4) === dayOf(now).slice(0, 4);
  const date = there({
    ...(sameYear ? {} : { year: 'numeric' }),
    month: lang.current === 'zh' ? 'long' : 'short',
    day: 'numeric',
  });
  return `${date.format(when)} ${clock(when)}`;
}

/** From one moment to another; the day once where it is the same. */
export function stretch(from: string, to: string, now: number = Date.now()): string {
  const end = new Date(to);
  return `${moment(from, now)} – ${isOneDay(new Date(from), end) ? clock(end) : dated(end, now)}`;
}

/** The name of the zone in which times are shown: 乌鲁木齐时间（Asia/Urumqi，GMT+6） */
export function zoneSaid(now: number = Date.now()): string {
  const part = (timeZoneName: 'longGeneric' | 'shortOffset') =>
    there({ timeZoneName })
      .formatToParts(now)
      .find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${part('longGeneric')} (${zoneName()}, ${part('shortOffset')})`;
}

export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  const digits = size < 10 && unit > 1 ? 1 : 0;
  return `${new Intl.NumberFormat(lang.tag, { maximumFractionDigits: digits }).format(size)} ${units[unit]}`;
}

export function metres(value: number): string {
  const format = (n: number, digits: number) =>
    new Intl.NumberFormat(lang.tag, { maximumFractionDigits: digits }).format(n);
  if (value < 1000) return lang.current === 'zh' ? `${format(value, 0)} 米` : `${format(value, 0)} m`;
  const km = format(value / 1000, value < 10_000 ? 1 : 0);
  return lang.current === 'zh' ? `${km} 公里` : `${km} km`;
}

// Days as texts of the protocol (2026-09-30), said the way of the language.
import { lang } from '../shared/lang/lang.svelte';

const at = (day: string) => new Date(`${day}T12:00:00`);

export function dayShort(day: string): string {
  const sameYear = day.slice(0, 4) === String(new Date().getFullYear());
  return new Intl.DateTimeFormat(lang.tag, {
    ...(sameYear ? {} : { year: 'numeric' }),
    month: lang.current === 'zh' ? 'numeric' : 'short',
    day: 'numeric',
  }).format(at(day));
}

export function dayLong(day: string): string {
  return new Intl.DateTimeFormat(lang.tag, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'short',
  }).format(at(day));
}

export function monthName(month: string): string {
  return new Intl.DateTimeFormat(lang.tag, { year: 'numeric', month: 'long' }).format(at(`${month}-15`));
}

// A deadline for people in the field: the day, and how many working days are left.
import { deadlineSaid } from '../shared/lang/deadline';
import { say } from '../shared/lang/lang.svelte';
import { dueOf, isOverdue } from '../shared/rules/item';
import { dayOf, workingDaysBetween } from '../shared/rules/workdays';
import type { Rectification } from '../shared/wire/items';
import { T } from './text';

export function dueText(item: Rectification, now: number): string {
  const due = dueOf(item);
  if (!due) return '';
  const today = dayOf(now);
  const on = deadlineSaid(due, now);
  if (isOverdue(item, now)) return say(T.dueLate, { on, n: workingDaysBetween(due.on, today) });
  return due.on === today
    ? say(T.dueTodayOn, { on })
    : say(T.dueIn, { on, n: workingDaysBetween(today, due.on) });
}

// A deadline as people read it: its day, and that it is provisional where it was counted before the holidays of its year were
// announced.
import { D } from '../parts/text.days';
import type { Deadline } from '../wire/items';
import { dayDue } from './days';
import { say } from './lang.svelte';

export const deadlineSaid = (due: Deadline, now: number = Date.now()) =>
  dayDue(due.on, now) + (due.provisional ? say(['（{why}）', ' ({why})'], { why: say(D.provisional) }) : '');

/** In a cell of a table that programs read, too: 2027-03-01, or 2027-03-01（暂定）. */
export const deadlineCell = (due: Deadline) => due.on + (due.provisional ? say(D.provisionalShort) : '');

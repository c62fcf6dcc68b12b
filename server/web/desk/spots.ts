// What stood where on a day: findings that waited, items that were open, late or over, as it was then and not as it has
// become. Pure. Of a spell with nobody after a unit declined nothing is left once the item is handed over again: it is
// drawn open.
import { isOverdue } from '../shared/rules/item';
import { passesAt } from '../shared/rules/workdays';
import type { Rectification } from '../shared/wire/items';
import type { Inspection } from '../shared/wire/messages';

export const STATES = ['waiting', 'open', 'late', 'over'] as const;
export type State = (typeof STATES)[number];

export interface Spot {
  id: string;
  kind: 'finding' | 'item';
  state: State;
  text: string;
  severity: string;
  site_id?: string;
}

/** A finding of a report: when it came in, and until when the report counted. */
export interface Found {
  finding_id: string;
  site_id: string;
  text: string;
  severity: string;
  came: number;
  voided?: number;
}

export function foundIn(inspections: Inspection[]): Found[] {
  const all: Found[] = [];
  for (const { findings, site_id, received_at, voided, stage } of inspections) {
    if (stage === 'voided' && !voided) continue;
    const times = { came: Date.parse(received_at), ...(voided ? { voided: Date.parse(voided.at) } : {}) };
    for (const { finding_id, text, severity } of findings ?? [])
      all.push({ finding_id, site_id, text, severity, ...times });
  }
  return all;
}

/** The last moment of a day, but never one that is still to come. */
export const endOf = (day: string, now: number) => Math.min(Date.parse(passesAt(day)) - 1, now);

type Turn = readonly [at: string, to: 'waiting' | 'open' | 'over'];

/** Every time at which an item came to somebody, lost them, or ended. */
function turnsOf({ listed, stage, track, relapses }: Rectification): Turn[] {
  const turns: Turn[] = [[listed.at, 'waiting']];
  for (const mark of track ?? []) if (mark.clock === 'runs') turns.push([mark.at, 'open']);
  const again = stage.name === 'reopened' ? [stage.relapse] : [];
  for (const { closing, reopened } of [...(relapses ?? []), ...again])
    turns.push([closing.closed.at, 'over'], [reopened.at, 'waiting']);
  if (stage.name === 'declined') turns.push([stage.refusal.declined.at, 'waiting']);
  if (stage.name === 'closed') turns.push([stage.closing.closed.at, 'over']);
  if (stage.name === 'cancelled') turns.push([stage.cancellation.cancelled.at, 'over']);
  return turns;
}

function stateOf(item: Rectification, end: number): State | undefined {
  let last: { at: number; to: Turn[1] } | undefined;
  for (const [time, to] of turnsOf(item)) {
    const at = Date.parse(time);
    if (at <= end && (!last || at >= last.at)) last = { at, to };
  }
  if (last?.to === 'open' && isOverdue(item, end)) return 'late';
  return last?.to;
}

/** What there was at that moment. */
export function spotsAt(items: Rectification[], findings: Found[], end: number): Spot[] {
  const spots: Spot[] = [];
  const listed = new Set<string>();
  for (const item of items) {
    const state = stateOf(item, end);
    if (!state) continue;
    for (const { finding_id } of item.findings) listed.add(finding_id);
    const { rectification_id: id, text, severity, site_id } = item;
    spots.push({ id, kind: 'item', state, text, severity, ...(site_id ? { site_id } : {}) });
  }
  for (const { finding_id: id, text, severity, site_id, came, voided } of findings)
    if (came <= end && !(voided !== undefined && voided <= end) && !listed.has(id))
      spots.push({ id, kind: 'finding', state: 'waiting', text, severity, site_id });
  return spots;
}

export function countStates(spots: Spot[]): Record<State, number> {
  const counts = { waiting: 0, open: 0, late: 0, over: 0 };
  for (const { state } of spots) counts[state] += 1;
  return counts;
}

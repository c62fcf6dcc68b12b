// What is decided when a plan is sealed, as data: the draft of the form, the command that it becomes, what is wrong with
// it, who is left out. Pure. A draft lives on the open page only: it is written nowhere before it is given.
import type { Pair } from '../shared/lang/lang.svelte';
import type { Condition, Frame } from '../shared/rules/frame';
import { instantOf } from '../shared/rules/zone.svelte';
import type { Plan } from '../shared/wire/items';
import { W } from './text.work';

export const SITES_MAX = 500;
const TEAM_MAX = 50;
const EXCLUSIONS_MAX = 5000;

export interface Draft {
  team: string[];
  /** As the browser's fields give it: local, to the minute. */
  from: string;
  to: string;
  unseal: string;
  how: 'drawn' | 'named';
  named: string[];
  areas: string[];
  kinds: string[];
  /** Households of these states only; none: of any. */
  states: string[];
  /** Villages with an incidence above this only. */
  above: number | undefined;
  byTier: boolean;
  count: number;
  /** Of these earlier rounds of one's own no site comes again. */
  roundsOut: string[];
  /** Nor one that was inspected within so many days. */
  daysOut: number;
  checklists: string[];
  round: string;
  orders: string;
}

export const fresh = (from: string, to: string): Draft => ({
  team: [],
  from,
  to,
  unseal: '',
  how: 'drawn',
  named: [],
  areas: [],
  kinds: ['household'],
  states: [],
  above: undefined,
  byTier: true,
  count: 5,
  roundsOut: [],
  daysOut: 0,
  checklists: [],
  round: '',
  orders: '',
});

/** A condition that binds one kind of site leaves the other kinds alone. */
function ofKind(kind: string, condition: Condition): Condition {
  return { any: [{ not: { kind: [kind] } }, condition] };
}

export function conditionOf(draft: Draft): Condition | undefined {
  const found: Condition[] = [];
  if (draft.kinds.includes('household') && draft.states.length)
    found.push(ofKind('household', { one_of: { attribute: 'state', values: draft.states } }));
  if (draft.kinds.includes('village') && draft.above !== undefined)
    found.push(
      ofKind('village', {
        compare: { attribute: 'incidence_percent', is: 'more', value: draft.above },
      }),
    );
  return found.length > 1 ? { all: found } : found[0];
}

export function frameOf(draft: Draft, exclude: string[]): Frame {
  const only = conditionOf(draft);
  return {
    areas: draft.areas,
    kinds: draft.kinds,
    ...(only ? { only } : {}),
    ...(draft.byTier ? { by_tier: true } : {}),
    ...(exclude.length ? { exclude } : {}),
    count: draft.count,
  };
}

const isWithdrawn = ({ stage }: Plan) => stage.name === 'withdrawn';
/** One's own rounds that have sites, the latest first. */
export function roundsOf(plans: Plan[], me: string): string[] {
  const own = plans.filter((one) => one.sealed.by === me && one.round && !isWithdrawn(one));
  const latest = own.sort((a, b) => (a.sealed.at < b.sealed.at ? 1 : -1));
  return [...new Set(latest.flatMap(({ round }) => round ?? []))];
}

export interface LeftOut {
  /** By the one who seals. */
  exclude: string[];
  /** By the server, because this round has had them. */
  drawn: string[];
}

/** Only what this person may know goes in: plans of one's own, inspections that one sees. */
export function leftOut(
  draft: Draft,
  plans: Plan[],
  visits: { site_id: string; received_at: string }[],
  me: string,
  now: number,
): LeftOut {
  const own = plans.filter((one) => one.sealed.by === me && one.round && !isWithdrawn(one));
  const sitesOf = (rounds: string[]) =>
    own.flatMap(({ round, sites }) => (rounds.includes(round ?? '') ? sites : []));
  const since = now - draft.daysOut * 86_400_000;
  const lately = draft.daysOut ? visits.filter((one) => Date.parse(one.received_at) >= since) : [];
  const round = draft.round.trim();
  return {
    exclude: [...new Set([...sitesOf(draft.roundsOut), ...lately.map((one) => one.site_id)])].sort(),
    drawn: round ? [...new Set(sitesOf([round]))] : [],
  };
}

/** The first thing that the server would refuse, and where. */
export function fault(
  draft: Draft,
  exclude: string[],
  candidates: number,
  now: number,
): { at: string; why: Pair } | undefined {
  const [from, to] = [instantOf(draft.from), instantOf(draft.to)];
  const unseal = draft.unseal ? instantOf(draft.unseal) : to;
  if (!(from < to) || to <= now) return { at: 'window', why: W.wrongWindow };
  if (unseal <= now || unseal > to) return { at: 'unseal', why: W.wrongUnseal };
  if (!draft.team.length) return { at: 'team', why: W.noTeam };
  if (draft.team.length > TEAM_MAX) return { at: 'team', why: W.teamTooLarge };
  if (draft.how === 'named') {
    if (!draft.named.length) return { at: 'sites', why: W.noneNamed };
    if (draft.named.length > SITES_MAX) return { at: 'sites', why: W.tooManySites };
  } else {
    if (!draft.areas.length || !draft.kinds.length) return { at: 'frame', why: W.noFrame };
    if (!(draft.count >= 1) || !Number.isInteger(draft.count)) return { at: 'count', why: W.noCount };
    if (draft.count > SITES_MAX) return { at: 'count', why: W.tooManySites };
    if (exclude.length > EXCLUSIONS_MAX) return { at: 'frame', why: W.tooManyOut };
    if (candidates < 1) return { at: 'frame', why: W.nobodyLeft };
  }
  if (!draft.checklists.length) return { at: 'checklists', why: W.noChecklist };
  return undefined;
}

/** The body of `plan.seal`. `versions`: the newest of each checklist. */
export function bodyOf(
  plan_id: string,
  draft: Draft,
  exclude: string[],
  versions: { checklist_id: string; version: number }[],
) {
  const round = draft.round.trim();
  const orders = draft.orders.trim();
  const iso = (local: string) => new Date(instantOf(local)).toISOString();
  return {
    plan_id,
    team: draft.team,
    window: { from: iso(draft.from), to: iso(draft.to) },
    sites: draft.how === 'named' ? { named: draft.named } : { drawn: frameOf(draft, exclude) },
    checklists: versions
      .filter((one) => draft.checklists.includes(one.checklist_id))
      .map(({ checklist_id, version }) => ({ checklist_id, version })),
    ...(round ? { round } : {}),
    ...(draft.unseal ? { unseal_at: iso(draft.unseal) } : {}),
    ...(orders ? { orders } : {}),
  };
}

/** How far a plan has come. Before it is unsealed there is nothing to tell: the first report unseals it. */
export function progress(plan: Plan, visits: { site_id: string; plan_id?: string; inspection_id: string }[]) {
  const done = new Map<string, string[]>();
  for (const one of visits) {
    if (one.plan_id !== plan.plan_id) continue;
    done.set(one.site_id, [...(done.get(one.site_id) ?? []), one.inspection_id]);
  }
  return { done, n: plan.sites.filter((id) => done.has(id)).length, of: plan.sites.length };
}

// Of which sites a draw is made, and how they weigh: the server's rules (protocol/src/tier.rs), for whoever seals a plan
// to see the frame before. Pure; the server draws from its own sites.
import { TIERS } from '../tiers.generated';
import type { Words } from '../wire/messages';

type Attribute = string | number | boolean;
export type Comparison = 'equal' | 'not_equal' | 'less' | 'at_most' | 'more' | 'at_least';
/** One key each. A condition of a later server holds for no site here: it is shown as such, never guessed. */
export type Condition =
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | { kind: readonly string[] }
  | { has: string }
  | { compare: { attribute: string; is: Comparison; value: Attribute } }
  | { one_of: { attribute: string; values: readonly Attribute[] } };

/** As much of a site as the rules look at. */
export interface Candidate {
  site_id: string;
  area_id: string;
  kind: string;
  attributes?: Record<string, unknown>;
}
export interface Tier {
  tier: number;
  name: Words;
  when: Condition;
  weight: number;
}
const RULES = TIERS as unknown as { version: number; otherwise: number; tiers: Tier[] };

export function holds(condition: Condition, site: Candidate): boolean {
  if ('all' in condition) return condition.all.every((one) => holds(one, site));
  if ('any' in condition) return condition.any.some((one) => holds(one, site));
  if ('not' in condition) return !holds(condition.not, site);
  if ('kind' in condition) return condition.kind.includes(site.kind);
  const found = (name: string) =>
    Object.hasOwn(site.attributes ?? {}, name) ? site.attributes?.[name] : undefined;
  if ('has' in condition) return found(condition.has) !== undefined;
  if ('one_of' in condition) {
    const value = found(condition.one_of.attribute);
    return condition.one_of.values.some((one) => one === value);
  }
  if (!('compare' in condition)) return false;
  const { attribute, is, value } = condition.compare;
  return compares(found(attribute), is, value);
}

/** What is absent, or of another type, compares to nothing. */
function compares(found: unknown, is: Comparison, value: Attribute): boolean {
  if (typeof found !== typeof value) return false;
  const order = (found as Attribute) < value ? -1 : found === value ? 0 : 1;
  const meets: Record<Comparison, boolean> = {
    equal: order === 0,
    not_equal: order !== 0,
    less: order < 0,
    at_most: order <= 0,
    more: order > 0,
    at_least: order >= 0,
  };
  return meets[is] ?? false;
}

/** The version of the rules that this goes by. */
export const RULES_VERSION = RULES.version;

export function tierOf(site: Candidate): Tier | undefined {
  return RULES.tiers.filter((one) => holds(one.when, site)).sort((a, b) => a.tier - b.tier)[0];
}

/** The body of `drawn` in `plan.seal`. */
export interface Frame {
  areas: string[];
  kinds: string[];
  only?: Condition;
  by_tier?: boolean;
  exclude?: string[];
  count: number;
}
export interface Weighed<S> {
  site: S;
  weight: number;
  tier?: Tier;
  /** It is in the frame, and cannot be drawn. */
  out: boolean;
}

/** All sites of the frame. `chain`: an area with all that it lies in. */
export function framed<S extends Candidate>(
  frame: Frame,
  sites: readonly S[],
  chain: (area: string) => string[],
): Weighed<S>[] {
  const areas = new Set(frame.areas);
  const exclude = new Set(frame.exclude);
  const within = new Map<string, boolean>();
  const lies = (area: string) => {
    const known = within.get(area);
    if (known !== undefined) return known;
    const is = chain(area).some((one) => areas.has(one));
    within.set(area, is);
    return is;
  };
  return sites
    .filter((site) => frame.kinds.includes(site.kind) && lies(site.area_id))
    .filter((site) => !frame.only || holds(frame.only, site))
    .map((site) => {
      const tier = tierOf(site);
      const weight = frame.by_tier ? (tier?.weight ?? RULES.otherwise) : 1;
      return { site, weight, tier, out: exclude.has(site.site_id) };
    });
}

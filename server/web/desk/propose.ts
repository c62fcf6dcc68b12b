// What is proposed at a hand-over, so that it takes seconds: the unit by the place and by the department of the
// checklist's item, the person by who had it last, the requirement and the time by the checklist. Pure.
import type { Area, ChecklistItem, Site, Unit } from '../shared/wire/messages';

export type Why = 'village' | 'township' | 'department';
export interface Proposal {
  unit: Unit;
  why: Why;
}

/** The nearest first: the village, its township, the department in charge. */
export function unitsFor(
  areas: (Area | undefined)[],
  department: string | undefined,
  units: Unit[],
): Proposal[] {
  const found: Proposal[] = [];
  const add = (unit: Unit | undefined, why: Why) => {
    if (unit && !found.some((one) => one.unit.unit_id === unit.unit_id)) found.push({ unit, why });
  };
  for (const area of areas) {
    if (area?.level !== 'village' && area?.level !== 'township') continue;
    const why = area.level;
    add(
      units.find((one) => one.area_id === area.area_id && one.kind === why),
      why,
    );
  }
  add(
    units.find((one) => one.kind === 'department' && one.code === department),
    'department',
  );
  return found;
}

/** Who had the unit's last item; else the helper of the household; else whoever serves the unit. */
export function personFor(
  known: { name: string; had?: boolean }[],
  site: Site | undefined,
  why: Why | undefined,
): string {
  const helper = why === 'village' ? site?.attributes?.helper : undefined;
  const had = known.find((one) => one.had)?.name;
  return had ?? (typeof helper === 'string' ? helper : (known[0]?.name ?? ''));
}

/** The reason of a severity that was set with the hand-over, in the language of the ledger: whoever reads it later reads
 *  it there, whatever language the screen had. */
export const AT_HAND_OVER = '交办时核定';

/** In the language of the ledger. */
export function requirementFor(text: string, item: ChecklistItem | undefined): string {
  if (!item) return `按要求整改：${text}`;
  return text.startsWith(item.title.zh) ? `整改到位：${text}` : `整改到位：${item.title.zh}（${text}）`;
}

const DAYS: Record<string, number> = { grave: 5, serious: 10, general: 20 };
export function daysFor(severity: string, item: ChecklistItem | undefined): number {
  const days = item?.rectify_within_days ?? 0;
  return days > 0 ? days : (DAYS[severity] ?? 10);
}

// What a grant is over, by name.
import { name, say } from '../shared/lang/lang.svelte';
import { desk } from './desk.svelte';
import { A } from './text.admin';

export function overOf({ area_id, unit_id }: { area_id?: string; unit_id?: string }): string {
  if (unit_id) return name(desk.unit(unit_id)?.name) || unit_id;
  const area = desk.area(area_id ?? '');
  if (!area) return area_id ?? '';
  return area.parent_id ? name(area.name) : `${name(area.name)} · ${say(A.wholeCounty)}`;
}

// One site, unit or area as a form has it: its cells, the table of one row that says what changed, and what came of it.
// There is one way in, the import: a row is tried first and then written. Pure, but for the sending.
import type { Host } from '../shared/host.svelte';
import type { Fault, ImportReport } from '../shared/wire/admin';
import type { Area, Site, Unit } from '../shared/wire/messages';
import type { Done } from './admin';
import { type Bounds, isNear } from './bounds';
import { type Column, importFile, KINDS } from './imports';
import { A } from './text.admin';

export type Table = 'areas' | 'units' | 'sites';
/** By column, as they are typed. */
export type Cells = Record<string, string>;

export type AttributeType = 'count' | 'percent' | 'year' | 'poverty_state' | 'housing_grade' | 'text';
type Attributes = readonly (readonly [name: string, type: AttributeType])[];

const OF_KINDS: Record<string, Attributes> = {
  village: [
    ['population', 'count'],
    ['households', 'count'],
    ['registered_poor', 'count'],
    ['not_lifted_poor', 'count'],
    ['incidence_percent', 'percent'],
    ['state', 'poverty_state'],
    ['lifted_year', 'year'],
  ],
  household: [
    ['head', 'text'],
    ['members', 'count'],
    ['state', 'poverty_state'],
    ['lifted_year', 'year'],
    ['helper', 'text'],
    ['housing_grade', 'housing_grade'],
  ],
  house: [
    ['department', 'text'],
    ['housing_grade', 'housing_grade'],
  ],
  project: [
    ['funds_yuan', 'count'],
    ['department', 'text'],
  ],
};
const OF_OTHERS: Attributes = [['department', 'text']];

/** What sites of a kind have, by the server's table. */
export const attributesOf = (kind: string): Attributes => OF_KINDS[kind] ?? (kind ? OF_OTHERS : []);

const NAMED = ['code', 'name_zh', 'name_en'];
const PLACED = ['kind', 'area_code', 'latitude', 'longitude', 'radius_m'];

/** The columns that a form of such a one shows. */
export function fieldsOf(table: Table, cells: Cells, before?: Cells): string[] {
  if (table === 'units') return [...NAMED, 'kind', 'area_code'];
  if (table === 'sites')
    return [...NAMED, ...PLACED, ...attributesOf(cells.kind ?? '').map(([name]) => name)];
  // Sectors are made of townships.
  const sector = cells.level === 'township' || before?.sector_zh ? ['sector_zh', 'sector_en'] : [];
  return [...NAMED, 'level', 'parent_code', ...sector];
}

// From what the feed has to what the form shows

const textOf = (value: unknown) => (value === undefined || value === null ? '' : String(value));

export function siteCells(site: Site, area: Area | undefined): Cells {
  const attributes = Object.entries(site.attributes ?? {}).map(([key, value]) => [key, textOf(value)]);
  return {
    ...Object.fromEntries(attributes),
    code: site.code,
    name_zh: site.name.zh,
    name_en: textOf(site.name.en),
    kind: site.kind,
    area_code: textOf(area?.code),
    latitude: textOf(site.latitude),
    longitude: textOf(site.longitude),
    radius_m: textOf(site.radius_m),
  };
}

export function unitCells(unit: Unit, area: Area | undefined): Cells {
  const { code, name, kind } = unit;
  return { code, name_zh: name.zh, name_en: textOf(name.en), kind, area_code: textOf(area?.code) };
}

export function areaCells(area: Area, parent: Area | undefined): Cells {
  const { code, name, level, sector } = area;
  return {
    code,
    name_zh: name.zh,
    name_en: textOf(name.en),
    level,
    parent_code: textOf(parent?.code),
    sector_zh: textOf(sector?.zh),
    sector_en: textOf(sector?.en),
  };
}

/** Two numbers in one text, as maps give them, in either order. The county decides which is which, where only one order
 *  lies in it: longitudes of the west look like latitudes. Else what cannot be a latitude is the longitude; else the
 *  latitude comes first, as it is written. */
export function placeOf(text: string, county?: Bounds): { latitude: string; longitude: string } | undefined {
  const found = /^\s*([-+]?\d+(?:\.\d+)?)\s*[,，;；\s]\s*([-+]?\d+(?:\.\d+)?)\s*$/.exec(text);
  const [, first, second] = found ?? [];
  if (!first || !second) return undefined;
  const [one, other] = [Number(first), Number(second)];
  const asWritten = { latitude: first, longitude: second };
  const swapped = { latitude: second, longitude: first };
  if (county) {
    const [written, turned] = [isNear(county, other, one), isNear(county, one, other)];
    if (written !== turned) return written ? asWritten : swapped;
  }
  return Math.abs(one) > 90 ? swapped : asWritten;
}

// From the form to the file

/** Every cell in quotes: whatever stands in it, it is one cell. The mark says that it is UTF-8. */
export function csvOf(cells: Cells): string {
  const line = (row: string[]) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
  return `\ufeff${line(Object.keys(cells))}\r\n${line(Object.values(cells))}\r\n`;
}

/** What the row says: the code, and what is not as it was. What it does not say stays as it is on the server, so that two
 *  people who mend different fields undo nothing of each other. Of a new one: all that is filled in. */
export function rowOf(fields: readonly string[], before: Cells | undefined, after: Cells): Cells {
  const now = (name: string) => (after[name] ?? '').trim();
  const row: Cells = { code: now('code') };
  for (const name of fields)
    if (name !== 'code' && now(name) !== (before?.[name] ?? '')) row[name] = now(name);
  // Half a position says nothing.
  const place = ['latitude', 'longitude'];
  if (place.some((name) => name in row)) for (const name of place) row[name] = now(name);
  return row;
}

const faultAt = (column: string, code: string, [reason_zh, reason]: readonly [string, string]): Fault => ({
  line: 2,
  column,
  code,
  reason,
  reason_zh,
});

/** What every one must have and this one lacks: told at once, all of it, also without asking. */
export function missing(table: Table, row: Cells, isNew: boolean): Fault[] {
  const columns: readonly Column[] = KINDS[table].columns;
  const lacks = columns.filter(({ name, needed }) => needed && !(row[name] ?? (isNew ? '' : 'as it was')));
  return lacks.map(({ name }) => faultAt(name, 'cell_missing', A.cellMissing));
}

export interface Sorted {
  /** By field, where the form has one for the column. */
  at: Record<string, Fault[]>;
  rest: Fault[];
}

export function sortFaults(faults: readonly Fault[], fields: readonly string[]): Sorted {
  const sorted: Sorted = { at: {}, rest: [] };
  for (const fault of faults) {
    const { column = '' } = fault;
    if (fields.includes(column)) sorted.at[column] = [...(sorted.at[column] ?? []), fault];
    else sorted.rest.push(fault);
  }
  return sorted;
}

export type How = 'added' | 'changed' | 'unchanged';
export type Saved =
  | { is: 'saved'; how: How }
  | { is: 'faulty'; faults: Fault[] }
  | Exclude<Done<never>, { is: 'done' }>;

const howOf = ({ added, changed }: ImportReport): How =>
  added ? 'added' : changed ? 'changed' : 'unchanged';

/** Tries the row and, where the server has no objection, writes it. `before`: what is there already; none: a new one. */
export async function saveRow(
  host: Pick<Host, 'send'>,
  table: Table,
  before: Cells | undefined,
  after: Cells,
): Promise<Saved> {
  const row = rowOf(fieldsOf(table, after, before), before, after);
  const lacks = missing(table, row, !before);
  if (lacks.length) return { is: 'faulty', faults: lacks };
  if (before && Object.keys(row).length === 1) return { is: 'saved', how: 'unchanged' };
  const file = { name: `${row.code}.csv`, bytes: new Blob([csvOf(row)], { type: 'text/csv' }) };
  const tried = await importFile(host, table, file, true);
  if (tried.is !== 'done') return tried;
  if (tried.value.faults.length) return { is: 'faulty', faults: tried.value.faults };
  const would = howOf(tried.value);
  // To the import a code that is known is a change: here it would be somebody else's site that is changed.
  if (!before && would === 'changed')
    return { is: 'faulty', faults: [faultAt('code', 'taken', A.codeTaken)] };
  if (would === 'unchanged') return { is: 'saved', how: would };
  const written = await importFile(host, table, file, false);
  if (written.is !== 'done') return written;
  const { faults } = written.value;
  return faults.length ? { is: 'faulty', faults } : { is: 'saved', how: howOf(written.value) };
}

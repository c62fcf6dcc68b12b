// What an import would do row by row, found out here: what a file has is set beside what is there. The server's dry run tells
// only how many are new and changed, so this is shown only while its counts are the same ones (`agrees`); where there are
// faults it counts nothing, and tells the lines of the faults. Pure.
import { ATTRIBUTES } from '../shared/lang/words';
import type { Fault, ImportReport } from '../shared/wire/admin';
import { type Checklist, checklist as checklistShape } from '../shared/wire/messages';
import { changesSince } from './editor/draft';
import { attributesOf, type Cells } from './places';
import { HEADINGS, type Part, type Row, type Tabular, WORDS } from './reading';

export interface Change {
  column: string;
  /** Absent: there was none to speak of. */
  from?: string;
  to: string;
}
export interface Compared {
  /** Of the file; 1 is the first. */
  line: number;
  code: string;
  name: string;
  is: 'new' | 'changed' | 'same';
  /** Of a new one: all that it has. */
  changes: Change[];
}

const TYPED = ['village', 'household', 'project'].flatMap(attributesOf);
const NUMBERS = new Set([
  ...['latitude', 'longitude', 'radius_m'],
  ...TYPED.filter(([, type]) => ['count', 'percent', 'year'].includes(type)).map(([name]) => name),
]);

/** As the desk has it: words of the protocol, numbers as they are written shortest. */
function asKept(what: Tabular, column: string, text: string): string {
  if (!text) return '';
  if (NUMBERS.has(column)) {
    const number = Number(column === 'incidence_percent' ? text.replace(/\s*[%％]+$/, '') : text);
    return Number.isFinite(number) ? String(number) : text;
  }
  const of = column === 'kind' ? (what === 'units' ? 'unit_kind' : 'site_kind') : column;
  const known = Object.entries(WORDS[of] ?? {}).find(([, all]) => all.includes(text));
  return known?.[0] ?? text;
}

/** Each row beside the one that is there. A column that the file lacks stays as it is. */
export function compareRows(what: Tabular, rows: Row[], known: ReadonlyMap<string, Cells>): Compared[] {
  const named = what === 'findings' ? 'text' : 'name_zh';
  const columns = [...Object.keys(HEADINGS[what]), 'boundary'].filter((one) => one !== 'code');
  return rows.map(({ line, cells }) => {
    const row = Object.fromEntries(
      Object.entries(cells).map(([one, text]) => [one, asKept(what, one, text)]),
    );
    const code = row.code ?? '';
    const before = known.get(code);
    const after: Cells = { ...before, ...row };
    if (what === 'sites' && before && after.kind !== before.kind) dropForeign(after);
    const changes = columns
      .map((column) => ({ column, ...(before && { from: before[column] ?? '' }), to: after[column] ?? '' }))
      .filter(({ from = '', to }) => from !== to);
    const is = before ? (changes.length ? 'changed' : 'same') : 'new';
    return { line, code, name: after[named] ?? '', is, changes };
  });
}

/** One of another kind has the attributes of that kind only. */
function dropForeign(cells: Cells): void {
  const own = new Set(attributesOf(cells.kind ?? '').map(([name]) => name));
  for (const name of Object.keys(ATTRIBUTES)) if (!own.has(name)) delete cells[name];
}

/** Problems from elsewhere are listed once: what stands on the ledger stays as it is. */
export function compareFindings(rows: Row[], isListed: (code: string) => boolean): Compared[] {
  return compareRows('findings', rows, new Map()).map((one) =>
    isListed(one.code) ? { ...one, is: 'same' as const, changes: [] } : one,
  );
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const NOBODY = '00000000-0000-0000-0000-000000000000';

function draftOf({ value }: Part): Checklist | undefined {
  const { version = 1 } = value as { version?: number | null };
  try {
    return checklistShape.read({ ...(value as object), version: version ?? 1, checklist_id: NOBODY });
  } catch {
    return undefined;
  }
}

/** Each checklist beside the versions that are published, and those before it in the file: what is not the same as one of
 *  them is the next. */
export function compareChecklists(parts: Part[], published: readonly Checklist[]): Compared[] {
  const all = [...published];
  return parts.map((part) => {
    const { code, title, version } = part.value as {
      code?: unknown;
      title?: { zh?: unknown };
      version?: number;
    };
    const told = { line: part.line, code: text(code), name: text(title?.zh) };
    const draft = draftOf(part);
    if (!draft) return { ...told, is: 'new', changes: [] };
    const known = all.filter((one) => one.code === draft.code).sort((a, b) => b.version - a.version);
    const newest = known[0];
    const beside = version ? known.find((one) => one.version === version) : newest;
    if (beside && !changesSince(beside, draft)) return { ...told, is: 'same', changes: [] };
    const next = { ...draft, version: version || (newest?.version ?? 0) + 1 };
    all.push(next);
    return { ...told, is: newest ? 'changed' : 'new', changes: ofChecklist(newest, next) };
  });
}

function ofChecklist(before: Checklist | undefined, now: Checklist): Change[] {
  const numbered = {
    column: 'version',
    ...(before && { from: String(before.version) }),
    to: String(now.version),
  };
  if (!before) return [numbered, { column: 'items', to: String(now.items.length) }];
  const changes = changesSince(before, now);
  const lists = (['added', 'changed', 'removed'] as const).map((one) => ({
    column: one,
    to: changes?.[one].join(' ') ?? '',
  }));
  const flags = (['moved', 'head'] as const)
    .filter((one) => changes?.[one])
    .map((one) => ({ column: one, to: '' }));
  return [numbered, ...lists.filter(({ to }) => to), ...flags];
}

type Terms = Record<string, unknown>;

/** Calendars and rules, each beside the one in force. Which are new the server knows alone: told where all are alike. */
export function compareTerms(
  parts: Part[],
  { added = 0, changed = 0, unchanged = 0 }: ImportReport,
  inForce: (part: Terms) => Terms | undefined,
): Compared[] {
  const is = added === parts.length ? 'new' : unchanged === parts.length ? 'same' : 'changed';
  const alike = [added, changed, unchanged].filter((n) => n > 0).length < 2;
  return (alike ? parts : []).map(({ line, value }) => {
    const term = (value ?? {}) as Terms;
    const { calendar, year, version, source } = term as { source?: { zh?: string } } & Terms;
    const code = [calendar, year ?? (version === undefined ? '' : `v${version}`)].filter(Boolean).join(' ');
    const before = is === 'changed' ? inForce(term) : undefined;
    const changes = is === 'same' ? [] : Object.keys(term).flatMap((column) => ofTerm(column, before, term));
    return { line, code, name: source?.zh ?? '', is, changes };
  });
}

/** To be read: words in Chinese as everything that a file has, a thing by its fields. */
function told(value: unknown): string {
  if (Array.isArray(value)) return value.map(told).join('; ');
  if (!value || typeof value !== 'object') return String(value ?? '');
  if ('zh' in value) return told(value.zh);
  const fields = Object.entries(value).map(([field, one]) => `${field} ${told(one)}`);
  return fields.join(' ');
}

function ofTerm(column: string, before: Terms | undefined, now: Terms): Change[] {
  const [was, is] = [before?.[column], now[column]];
  if (JSON.stringify(was) === JSON.stringify(is)) return [];
  if (!Array.isArray(is)) return [{ column, ...(before && { from: told(was) }), to: told(is) }];
  // Of lists what goes and what comes.
  const lacks = (list: unknown) => {
    const all = new Set(Array.isArray(list) ? list.map((one) => JSON.stringify(one)) : []);
    return (one: unknown) => !all.has(JSON.stringify(one));
  };
  const gone = Array.isArray(was) ? was.filter(lacks(is)) : [];
  return [{ column, ...(gone.length > 0 && { from: told(gone) }), to: told(is.filter(lacks(was))) }];
}

/** Whether what was found out here is what the server counts; else it is not shown. With faults it counts nothing. */
export function agrees(rows: readonly Compared[], report: ImportReport): boolean {
  if (report.faults.length) return true;
  const n = (is: Compared['is']) => rows.filter((one) => one.is === is).length;
  const { added, listed, changed = 0, unchanged } = report;
  return n('new') === (added ?? listed) && n('changed') === changed && n('same') === unchanged;
}

export interface Judged extends Compared {
  faults: Fault[];
}

/** Each row with its own faults; the rest belongs to none of them. Rows are in the order of the file. */
export function judge(
  rows: readonly Compared[],
  faults: readonly Fault[],
): { rows: Judged[]; rest: Fault[] } {
  const judged = rows.map((one): Judged => ({ ...one, faults: [] }));
  const rest: Fault[] = [];
  const sorted = [...faults].sort((a, b) => a.line - b.line);
  let at = -1;
  for (const fault of sorted) {
    while ((judged[at + 1]?.line ?? Number.POSITIVE_INFINITY) <= fault.line) at += 1;
    // Several on one line: it may be any of them.
    const isOne = judged[at - 1]?.line !== judged[at]?.line;
    (isOne ? (judged[at]?.faults ?? rest) : rest).push(fault);
  }
  return { rows: judged, rest };
}

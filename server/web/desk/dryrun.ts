// The rows of a dry run, for the page of imports: what the file has beside what this desk and the server have. Rows that
// cannot be made out, or are not what the server counts, are not told.
import type { ImportReport } from '../shared/wire/admin';
import {
  agrees,
  type Compared,
  compareChecklists,
  compareFindings,
  compareRows,
  compareTerms,
} from './compare';
import { v5 } from './derive';
import { desk } from './desk.svelte';
import type { Chosen, What } from './imports';
import { areaCells, type Cells, siteCells, type Table, unitCells } from './places';
import { outlineOf, type Row, readParts, readRows } from './reading';

export async function rowsOf(
  what: What,
  file: Chosen,
  report: ImportReport,
): Promise<Compared[] | undefined> {
  try {
    const decoder = new TextDecoder(report.encoding ?? (await encodingOf(file.bytes)));
    const rows = await comparedTo(what, decoder.decode(await file.bytes.arrayBuffer()), report);
    return rows?.length && agrees(rows, report) ? rows : undefined;
  } catch {
    // Not what it is called, or of a later server: the server's own counts and faults stand without the rows.
    return undefined;
  }
}

/** Where the server does not say: its own rule, that a mark decides, then UTF-8 if it is that. */
async function encodingOf(bytes: Blob): Promise<string> {
  const start = new Uint8Array(await bytes.slice(0, 2).arrayBuffer());
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(await bytes.arrayBuffer());
    return 'utf-8';
  } catch {
    return 'gb18030';
  }
}

async function comparedTo(what: What, text: string, report: ImportReport): Promise<Compared[] | undefined> {
  if (what === 'checklists') return compareChecklists(readParts(text), desk.allChecklists());
  if (what === 'calendar' || what === 'deadlines' || what === 'tiers') {
    const terms = (await desk.get('/v1/terms'))?.body as Terms | undefined;
    return compareTerms(readParts(text), report, ({ year }) => inForce(what, terms, year));
  }
  const rows = readRows(what, text);
  if (!rows) return undefined;
  if (what === 'findings')
    return compareFindings(rows, (code) => desk.item(derived('rectification', code)) !== undefined);
  return compareRows(what, rows, await known(what, rows));
}

const derived = (kind: string, code: string) => v5(`${kind}:${code}`, desk.me?.jurisdiction_id ?? '');

interface Terms {
  years: { year: number }[];
  rules: object;
  tiers: { year: number };
}
function inForce(what: 'calendar' | 'deadlines' | 'tiers', terms: Terms | undefined, year: unknown) {
  const found =
    what === 'deadlines'
      ? terms?.rules
      : what === 'tiers'
        ? [terms?.tiers].find((one) => one?.year === year)
        : terms?.years.find((one) => one.year === year);
  return found as Record<string, unknown> | undefined;
}

/** What there is, as the rows of a file have it, by code. */
async function known(table: Table, rows: Row[]): Promise<Map<string, Cells>> {
  if (table === 'units')
    return new Map(desk.units().map((one) => [one.code, unitCells(one, desk.area(one.area_id ?? ''))]));
  if (table === 'sites')
    return new Map(desk.sites().map((one) => [one.code, siteCells(one, desk.area(one.area_id))]));
  const areas = new Map(
    desk.areas().map((one) => [one.code, areaCells(one, desk.area(one.parent_id ?? ''))]),
  );
  const drawn = rows.filter(({ cells }) => cells.boundary).map(({ cells }) => areas.get(cells.code ?? ''));
  // A few at a time: a county has two hundred.
  const worker = async () => {
    for (let area = drawn.pop(); drawn.length || area; area = drawn.pop()) {
      if (!area) continue;
      const reply = await desk.get(`/v1/areas/${derived('area', area.code ?? '')}/boundary`);
      if (reply?.status === 200) area.boundary = outlineOf(reply.body as Parameters<typeof outlineOf>[0]);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return areas;
}

// What can be imported from a file, its columns, and what is made of the server's answer. Pure, but for the sending.
import type { Host } from '../shared/host.svelte';
import type { Pair } from '../shared/lang/lang.svelte';
import { type Fault, type ImportReport, importReport } from '../shared/wire/admin';
import { type Done, doneOf } from './admin';
import { A } from './text.admin';

export interface Column {
  /** As it stands in a file; the Chinese heading does as well. */
  name: string;
  zh: string;
  needed?: boolean;
}

export interface Kind {
  title: Pair;
  lead: Pair;
  accept: string;
  bytes: number;
  columns: readonly Column[];
}

const MIB = 1024 * 1024;
const TABLE = '.csv,.txt,text/csv';
const MAP = `${TABLE},.json,.geojson,application/geo+json`;
const JSON_FILE = '.json,application/json';
const need = (name: string, zh: string): Column => ({ name, zh, needed: true });
const may = (name: string, zh: string): Column => ({ name, zh });

export const KINDS = {
  areas: {
    title: A.imAreas,
    lead: A.imAreasLead,
    accept: MAP,
    bytes: 16 * MIB,
    columns: [
      need('code', '代码'),
      need('name_zh', '名称'),
      may('name_en', '英文名'),
      need('level', '级别'),
      may('parent_code', '上级代码'),
      may('sector_zh', '战区'),
      may('sector_en', '战区英文名'),
    ],
  },
  units: {
    title: A.imUnits,
    lead: A.imUnitsLead,
    accept: TABLE,
    bytes: 16 * MIB,
    columns: [
      need('code', '单位代码'),
      need('name_zh', '单位名称'),
      may('name_en', '英文名'),
      need('kind', '类别'),
      may('area_code', '区划代码'),
    ],
  },
  sites: {
    title: A.imSites,
    lead: A.imSitesLead,
    accept: MAP,
    bytes: 16 * MIB,
    columns: [
      need('code', '点位编码'),
      need('name_zh', '点位名称'),
      may('name_en', '英文名'),
      need('kind', '类别'),
      need('area_code', '区划代码'),
      may('latitude', '纬度'),
      may('longitude', '经度'),
      may('radius_m', '半径'),
      may('population', '人口'),
      may('households', '户数'),
      may('registered_poor', '贫困人口'),
      may('not_lifted_poor', '未脱贫人口'),
      may('incidence_percent', '贫困发生率'),
      may('state', '状态'),
      may('lifted_year', '脱贫年度'),
      may('head', '户主'),
      may('members', '家庭人口'),
      may('helper', '帮扶人'),
      may('housing_grade', '住房等级'),
      may('funds_yuan', '资金'),
      may('department', '主管部门'),
    ],
  },
  checklists: {
    title: A.imChecklists,
    lead: A.imChecklistsLead,
    accept: JSON_FILE,
    bytes: 16 * MIB,
    columns: [],
  },
  calendar: { title: A.imCalendar, lead: A.imCalendarLead, accept: JSON_FILE, bytes: 16 * MIB, columns: [] },
  deadlines: { title: A.imRules, lead: A.imRulesLead, accept: JSON_FILE, bytes: 16 * MIB, columns: [] },
  tiers: { title: A.imTiers, lead: A.imTiersLead, accept: JSON_FILE, bytes: 16 * MIB, columns: [] },
  findings: {
    title: A.imFindings,
    lead: A.imFindingsLead,
    accept: TABLE,
    bytes: 4 * MIB,
    columns: [
      need('code', '编号'),
      need('area_code', '区划代码'),
      need('source', '来源'),
      need('severity', '严重程度'),
      need('text', '问题'),
      may('site_code', '点位编码'),
    ],
  },
} as const satisfies Record<string, Kind>;
export type What = keyof typeof KINDS;

/** A table with headings only, for a spreadsheet: it is told to be UTF-8 by its mark. */
export function template(what: What, chinese: boolean): string {
  const heads = KINDS[what].columns.map(({ name, zh }) => (chinese ? zh : name));
  return `\ufeff${heads.join(',')}\r\n`;
}

/** Faults: mend the file. Nothing: it is here already. Ready: may be written. */
export type Verdict = 'faults' | 'nothing' | 'ready' | 'written';

export const newIn = ({ added, listed }: ImportReport) => added ?? listed ?? 0;

export function verdictOf(report: ImportReport): Verdict {
  if (report.faults.length) return 'faults';
  if (!report.dry_run) return 'written';
  return newIn(report) + (report.changed ?? 0) > 0 ? 'ready' : 'nothing';
}

/** The faults that stand at none of the rows that are told. */
export function faultsElsewhere({ faults, trial }: ImportReport): Fault[] {
  const told = new Map<string, number>();
  const key = (fault: Fault) => JSON.stringify(fault);
  for (const fault of trial?.rows.flatMap((row) => row.faults) ?? [])
    told.set(key(fault), (told.get(key(fault)) ?? 0) + 1);
  return faults.filter((fault) => {
    const left = told.get(key(fault)) ?? 0;
    told.set(key(fault), left - 1);
    return left <= 0;
  });
}

/** As people say it: whole megabytes. */
export const megabytes = (bytes: number) => `${Math.floor(bytes / MIB)} MB`;

/** A later file of the same name is another one: what was checked is what is written. */
export interface Chosen {
  name: string;
  bytes: Blob;
}

/** Its own words for what cannot be sent at all. */
export function unfit(what: What, file: { size: number }): Pair | undefined {
  if (file.size === 0) return A.fileEmpty;
  return file.size > KINDS[what].bytes ? A.fileTooLarge : undefined;
}

export async function importFile(
  host: Pick<Host, 'send'>,
  what: What,
  file: Chosen,
  dryRun: boolean,
): Promise<Done<ImportReport>> {
  const query = new URLSearchParams({ dry_run: String(dryRun) });
  const path = what === 'findings' ? '/v1/rectifications/import' : `/v1/imports/${what}`;
  if (what !== 'findings') query.set('file', file.name);
  return doneOf(await host.send('POST', `${path}?${query}`, file.bytes), importReport);
}

/** In memory, with a type of ours: a spreadsheet may go on writing into its file. */
export async function choose(file: File): Promise<Chosen> {
  const type = /json$/i.test(file.name) ? 'application/json' : 'text/csv';
  return { name: file.name, bytes: new Blob([await file.arrayBuffer()], { type }) };
}

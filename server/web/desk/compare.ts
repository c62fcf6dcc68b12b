// What an import would do row by row, found out here: the table is read as the server reads it and each row is set beside
// what the desk has. The server's dry run tells only how many are new and changed, so this is shown only while its counts
// are the same ones (`agrees`). Pure.
import type { ImportReport } from '../shared/wire/admin';
import { attributesOf, type Cells, type Table } from './places';

export interface Change {
  column: string;
  from: string;
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

/** Headings that people write, beside the name of the column itself: the server's own list. */
export const HEADINGS: Record<Table, Record<string, readonly string[]>> = {
  areas: {
    code: ['代码', '区划代码', '行政区划代码', '统计用区划代码'],
    name_zh: ['name', '名称', '区划名称'],
    name_en: ['英文名', '英文名称'],
    level: ['级别', '层级'],
    parent_code: ['上级代码', '上级区划代码'],
    sector_zh: ['sector', '战区'],
    sector_en: ['战区英文名'],
  },
  units: {
    code: ['代码', '编码', '单位编码', '单位代码'],
    name_zh: ['name', '名称', '单位名称'],
    name_en: ['英文名', '英文名称'],
    kind: ['类别', '单位类别'],
    area_code: ['区划代码', '所在区划代码', '行政区划代码'],
  },
  sites: {
    code: ['代码', '编码', '点位编码'],
    name_zh: ['name', '名称', '点位名称'],
    name_en: ['英文名', '英文名称'],
    kind: ['类别', '点位类别'],
    area_code: ['区划代码', '所在区划代码', '行政区划代码'],
    latitude: ['lat', '纬度'],
    longitude: ['lon', 'lng', '经度'],
    radius_m: ['半径', '半径(米)', '半径（米）'],
    population: ['人口', '总人口'],
    households: ['户数', '总户数'],
    registered_poor: ['建档立卡贫困人口', '贫困人口'],
    not_lifted_poor: ['未脱贫人口'],
    incidence_percent: ['贫困发生率', '贫困发生率(%)', '贫困发生率（%）'],
    state: ['状态', '脱贫状态'],
    lifted_year: ['脱贫年份', '脱贫年度'],
    head: ['户主', '户主姓名'],
    members: ['家庭人口', '家庭人口数'],
    helper: ['帮扶责任人', '帮扶人'],
    housing_grade: ['住房等级', '住房安全等级', '房屋等级'],
    funds_yuan: ['资金', '资金(元)', '资金（元）'],
    department: ['主管部门', '行业部门'],
  },
};

/** Words that people write for those of the protocol: the server's own list. */
export const WORDS: Record<string, Record<string, readonly string[]>> = {
  level: {
    city: ['市', '地级市'],
    county: ['县', '区', '县级'],
    township: ['乡镇', '乡', '镇', '街道'],
    village: ['村', '行政村', '社区'],
    group: ['组', '村民小组'],
  },
  unit_kind: {
    township: ['乡镇'],
    department: ['部门', '行业部门'],
    village: ['村', '行政村'],
    team: ['工作组', '暗访组', '验收组', '督查组'],
  },
  site_kind: {
    village: ['村', '行政村'],
    household: ['户', '农户'],
    clinic: ['卫生室', '卫生院'],
    water_works: ['水厂', '供水工程'],
    house: ['住房', '房屋'],
    school: ['学校'],
    workshop: ['车间', '扶贫车间'],
    solar_station: ['光伏电站'],
    project: ['项目'],
    office: ['办公场所', '村委会'],
    quarters: ['驻村工作队住所', '住所'],
  },
  state: {
    not_lifted: ['未脱贫'],
    lifted: ['已脱贫'],
    marginal: ['边缘户'],
    elderly_alone: ['独居老人'],
    not_registered: ['非建档立卡户', '一般户'],
  },
  housing_grade: {
    a: ['A', 'A级'],
    b: ['B', 'B级'],
    c: ['C', 'C级', 'C级危房'],
    d: ['D', 'D级', 'D级危房'],
  },
};
const NUMBERS = new Set(['latitude', 'longitude', 'radius_m', 'population', 'households', 'registered_poor']);
for (const one of ['not_lifted_poor', 'incidence_percent', 'lifted_year', 'members', 'funds_yuan'])
  NUMBERS.add(one);

/** Comma, tab or semicolon between cells, quotes around those that hold one: each row with the line it begins on. */
export function readTable(text: string): { line: number; cells: string[] }[] {
  const first = text.trimStart().split(/\r?\n|\r/, 1)[0] ?? '';
  const count = (mark: string) => first.split(mark).length - 1;
  // Of equals a comma.
  const mark = [',', '\t', ';'].reduce((most, one) => (count(one) > count(most) ? one : most));
  const rows: { line: number; cells: string[] }[] = [];
  let [line, begun, cell, quoted] = [1, 1, '', false];
  let cells: string[] = [];
  const end = () => {
    cells.push(cell);
    if (cells.some((one) => one.trim())) rows.push({ line: begun, cells });
    cells = [];
    cell = '';
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    const breaks = sign === '\n' || (sign === '\r' && text[at + 1] !== '\n');
    if (breaks) line += 1;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === mark) {
      cells.push(cell);
      cell = '';
    } else if (breaks) {
      end();
      begun = line;
    } else if (sign !== '\r') cell += sign;
  }
  if (cell || cells.length) end();
  return rows;
}

function columnOf(table: Table, heading: string): string | undefined {
  const wanted = heading.trim().toLowerCase();
  return Object.entries(HEADINGS[table]).find(([name, all]) => name === wanted || all.includes(wanted))?.[0];
}

/** As the desk has it: words of the protocol, numbers as they are written shortest. */
function asKept(table: Table, column: string, cell: string): string {
  const text = cell.trim();
  if (!text) return '';
  if (NUMBERS.has(column)) {
    const number = Number(column === 'incidence_percent' ? text.replace(/\s*[%％]+$/, '') : text);
    return Number.isFinite(number) ? String(number) : text;
  }
  const of = column === 'kind' ? (table === 'units' ? 'unit_kind' : 'site_kind') : column;
  const known = Object.entries(WORDS[of] ?? {}).find(([, all]) => all.includes(text));
  return known?.[0] ?? text;
}

/** Each row beside the one that is there. A column that the file lacks stays as it is. `undefined`: no table. */
export function compare(
  table: Table,
  text: string,
  known: ReadonlyMap<string, Cells>,
): Compared[] | undefined {
  const [head, ...rows] = readTable(text);
  const columns = head?.cells.map((one) => columnOf(table, one)) ?? [];
  if (!columns.includes('code') || columns.includes(undefined)) return undefined;
  return rows.map(({ line, cells }) => {
    const row: Cells = {};
    for (const [i, column] of columns.entries())
      if (column) row[column] = asKept(table, column, cells[i] ?? '');
    const code = row.code ?? '';
    const before = known.get(code);
    const after: Cells = { ...before, ...row };
    if (table === 'sites' && before && after.kind !== before.kind) dropForeign(after);
    const all = Object.keys(HEADINGS[table]).filter((one) => one !== 'code');
    const changes = all
      .map((column) => ({ column, from: before?.[column] ?? '', to: after[column] ?? '' }))
      .filter(({ from, to }) => from !== to);
    const is = before ? (changes.length ? 'changed' : 'same') : 'new';
    return { line, code, name: after.name_zh ?? '', is, changes };
  });
}

/** One of another kind has the attributes of that kind only. */
function dropForeign(cells: Cells): void {
  const own = new Set(attributesOf(cells.kind ?? '').map(([name]) => name));
  for (const kind of ['village', 'household', 'project'])
    for (const [name] of attributesOf(kind)) if (!own.has(name)) delete cells[name];
}

/** Whether what was found out here is what the server counts; else it is not shown. */
export function agrees(rows: readonly Compared[], { added, changed, unchanged }: ImportReport): boolean {
  const n = (is: Compared['is']) => rows.filter((one) => one.is === is).length;
  return n('new') === added && n('changed') === changed && n('same') === unchanged;
}

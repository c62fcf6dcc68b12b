// What a file to import has, read as the server reads it: its headings and words, the rows of a table, the features of a
// map, the parts of a JSON file, each with its line. Pure. Throws on JSON that is none.
import type { Cells, Table } from './places';

/** What comes as rows with columns. */
export type Tabular = Table | 'findings';
export interface Row {
  /** Of the file; 1 is the first. */
  line: number;
  cells: Cells;
}
export interface Part {
  line: number;
  value: unknown;
}

/** Headings that people write, beside the name of the column itself: the server's own list. */
export const HEADINGS: Record<Tabular, Record<string, readonly string[]>> = {
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
  findings: {
    code: ['编号', '编码', '问题编号'],
    area_code: ['区划代码', '行政区划代码'],
    source: ['来源', '问题来源'],
    severity: ['严重程度', '等级'],
    text: ['问题', '问题描述', '内容'],
    site_code: ['点位编码', '点位'],
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
  source: {
    central: ['中央', '中央反馈'],
    provincial: ['省级', '省级反馈'],
    audit: ['审计'],
    media: ['媒体', '媒体曝光'],
    citizens: ['群众', '群众举报'],
  },
  severity: { general: ['一般'], serious: ['较重'], grave: ['严重'] },
};
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

function columnOf(what: Tabular, heading: string): string | undefined {
  const wanted = heading.trim().toLowerCase();
  return Object.entries(HEADINGS[what]).find(([name, all]) => name === wanted || all.includes(wanted))?.[0];
}

/** Rows of a table or features of a GeoJSON collection, alike. What is called like no column is left out. `undefined`: it
 *  has no codes, or is neither. */
export function readRows(what: Tabular, text: string): Row[] | undefined {
  if (/^\s*\{/.test(text)) return readFeatures(what, text);
  const [head, ...rows] = readTable(text);
  const columns = head?.cells.map((one) => columnOf(what, one)) ?? [];
  if (!columns.includes('code')) return undefined;
  return rows.map(({ line, cells }) => {
    const row: Cells = {};
    for (const [i, column] of columns.entries()) if (column) row[column] = (cells[i] ?? '').trim();
    return { line, cells: row };
  });
}

interface Feature {
  properties?: Record<string, unknown> | null;
  geometry?: { type: string; coordinates: unknown } | null;
}

function readFeatures(what: Tabular, text: string): Row[] {
  return readParts(text, 'features').map(({ line, value }) => {
    const { properties, geometry } = value as Feature;
    const cells: Cells = {};
    for (const [key, one] of Object.entries(properties ?? {})) {
      const column = columnOf(what, key);
      if (column) cells[column] = one === null ? '' : String(one).trim();
    }
    return { line, cells: { ...cells, ...placeOf(what, geometry ?? undefined) } };
  });
}

function placeOf(what: Tabular, geometry: Feature['geometry']): Cells {
  const at = geometry?.coordinates;
  if (what === 'areas') return geometry ? { boundary: outlineOf(geometry) } : {};
  if (geometry?.type !== 'Point' || !Array.isArray(at)) return {};
  return { longitude: String(at[0]), latitude: String(at[1]) };
}

/** One text for one shape: heights are dropped, a single polygon is no many. */
export function outlineOf({ type, coordinates }: { type: string; coordinates: unknown }): string {
  const polygons = (type === 'Polygon' ? [coordinates] : coordinates) as number[][][][];
  return JSON.stringify(polygons.map((rings) => rings.map((ring) => ring.map(([x, y]) => [x, y]))));
}

/** How many corners it has. */
export const cornersOf = (outline: string) => outline.split('],[').length;

/** The things of a JSON text, each with the line that it begins on: of a list, or the one that it is; or of `features`. */
export function readParts(text: string, of?: 'features'): Part[] {
  const whole = JSON.parse(text);
  const values: unknown[] = of ? whole[of] : Array.isArray(whole) ? whole : [whole];
  const lines = linesOf(text, of);
  return values.map((value, i) => ({ line: lines[i] ?? 1, value }));
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|\r\n?|\n|[[\]{},:]|[^\s"[\]{},:]+/g;

/** Where each of them begins, in a text that is JSON. */
function linesOf(text: string, of?: 'features'): number[] {
  const lines: number[] = [];
  let [line, depth] = [1, 0];
  /** How deep the list lies that is meant; 0: not in it. */
  let list = 0;
  let [due, named] = [!of && text.trimStart()[0] !== '[', false];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '\n' || token[0] === '\r') {
      line += 1;
      continue;
    }
    if (due && token !== ']') lines.push(line);
    due = token === ',' && depth === list;
    if (token === '[' || token === '{') {
      depth += 1;
      due = token === '[' && list === 0 && (of ? named && depth === 2 : depth === 1);
      if (due) list = depth;
    } else if (token === ']' || token === '}') {
      if (depth === list) list = 0;
      depth -= 1;
    }
    named = depth === 1 && (token === `"${of}"` || (named && token === ':'));
  }
  return lines;
}

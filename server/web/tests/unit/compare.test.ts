// What an import changes, row by row: tables are read as the server reads them, by its own headings and words; what is
// told is exactly what differs; and it is told only while the server counts the same.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agrees,
  type Compared,
  compareChecklists,
  compareFindings,
  compareRows,
  compareTerms,
  judge,
} from '../../desk/compare';
import { type Cells, csvOf } from '../../desk/places';
import { HEADINGS, outlineOf, readParts, readRows, readTable, type Tabular, WORDS } from '../../desk/reading';
import { importReport } from '../../shared/wire/admin';

const ROOT = join(process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..'), 'server/src/import');
const texts = (list: string) => [...list.matchAll(/"([^"]*)"/g)].map(([, one]) => one);

describe('the server’s own words', () => {
  it.each(Object.keys(HEADINGS) as Tabular[])('headings of %s', (table) => {
    const source = readFileSync(join(ROOT, `${table}.rs`), 'utf8');
    const rows = source.matchAll(/Column \{\s*name: (?:"(\w+)"|CODE),\s*headings: &\[([^\]]*)\]/g);
    const theirs = [...rows].map(([, name, list]) => [name ?? 'code', texts(list ?? '')]);
    expect(HEADINGS[table]).toEqual(Object.fromEntries(theirs));
  });

  it.each([
    ['level', 'area_level'],
    ['unit_kind', 'unit_kind'],
    ['site_kind', 'site_kind'],
    ['state', 'poverty_state'],
    ['housing_grade', 'housing_grade'],
    ['source', 'origin', 'findings.rs'],
    ['severity', 'severity', 'findings.rs'],
  ])('words of %s', (of, reader, file = 'cells.rs') => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    const body = source.slice(source.indexOf(`fn ${reader}(cell`)).split('\n}')[0] ?? '';
    const snake = (name = '') => name.replace(/\B[A-Z]/g, (one) => `_${one}`).toLowerCase();
    const arms = [...body.matchAll(/^ +("[^=]+) => \w+::(\w+),/gm)];
    expect(arms.length).toBeGreaterThan(2);
    expect(WORDS[of]).toEqual(
      Object.fromEntries(arms.map(([, list, name]) => [snake(name), texts(list ?? '')])),
    );
  });
});

const cell = fc.string({ unit: fc.constantFrom('a', '村', '"', ',', ';', '\t', '\n', '\r', ' ', '1', '.') });

describe('a table', () => {
  it('is read back as it was written, whatever stands in its cells', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 4 }), (values) => {
        const cells = Object.fromEntries(values.map((value, i) => [`c${i}`, value]));
        const [head, row] = readTable(csvOf(cells).slice(1));
        expect(head?.cells).toEqual(Object.keys(cells));
        if (values.some((one) => one.trim())) expect(row).toEqual({ line: 2, cells: values });
        else expect(row).toBeUndefined();
      }),
    );
  });

  it('tells the line on which a row begins, past breaks in cells and empty rows', () => {
    const text = 'code,name\r\n1,"a\nb"\r\n\r\n2,c\n3,d';
    expect(readTable(text).map(({ line }) => line)).toEqual([1, 2, 5, 6]);
    expect(readTable('code\tname\n1\ta,b').map(({ cells }) => cells)).toEqual([
      ['code', 'name'],
      ['1', 'a,b'],
    ]);
  });
});

const there: Cells = {
  code: 'v1',
  name_zh: '青龙村',
  name_en: 'Qinglong',
  kind: 'village',
  area_code: '9',
  population: '1200',
};
const known = new Map([['v1', there]]);
const of = (text: string) => {
  const rows = readRows('sites', text);
  return rows && compareRows('sites', rows, known);
};

describe('rows', () => {
  it('a column that the file lacks stays; an empty cell clears; numbers and words are compared by what they mean', () => {
    expect(of('编码,总人口,类别\nv1,1200.0,行政村')).toMatchObject([{ is: 'same', changes: [] }]);
    expect(of('编码,英文名,总人口\nv1,,1300')).toEqual([
      {
        line: 2,
        code: 'v1',
        name: '青龙村',
        is: 'changed',
        changes: [
          { column: 'name_en', from: 'Qinglong', to: '' },
          { column: 'population', from: '1200', to: '1300' },
        ],
      },
    ]);
  });

  it('a new one is told with all that it has', () => {
    const [row] = of('code,name,kind,area_code,head\nv2,某户,农户,9,王某') ?? [];
    expect(row).toMatchObject({ is: 'new', name: '某户' });
    expect(row?.changes.map(({ column, to }) => [column, to])).toEqual([
      ['name_zh', '某户'],
      ['kind', 'household'],
      ['area_code', '9'],
      ['head', '王某'],
    ]);
  });

  it('one of another kind loses what only the old kind has', () => {
    const [row] = of('编码,类别\nv1,学校') ?? [];
    expect(row?.changes).toContainEqual({ column: 'population', from: '1200', to: '' });
  });

  it('without codes there are no rows; what is called like no column is left out', () => {
    expect(of('名称\n某')).toBeUndefined();
    expect(of('')).toBeUndefined();
    expect(of('编码,某某\nv1,1')).toMatchObject([{ is: 'same', changes: [] }]);
  });

  it('is shown only while the server counts the same', () => {
    const rows = (['new', 'changed', 'same', 'same'] as const).map((is) => ({ is }) as Compared);
    const told = (more: object) => importReport.read({ rows: 4, dry_run: true, ...more });
    expect(agrees(rows, told({ added: 1, changed: 1, unchanged: 2 }))).toBe(true);
    for (const other of [
      { added: 2, changed: 0, unchanged: 2 },
      { added: 1, changed: 2, unchanged: 2 },
      { added: 1, changed: 1, unchanged: 1 },
      {},
    ])
      expect(agrees(rows, told(other))).toBe(false);
    expect(agrees(rows.slice(2), told({ listed: 0, unchanged: 2 }))).toBe(true);
    expect(agrees(rows.slice(2), told({ listed: 1, unchanged: 2 }))).toBe(false);
    // With faults it counts nothing.
    const fault = { line: 2, code: 'x', reason: 'x', reason_zh: 'x' };
    expect(agrees(rows, told({ faults: [fault] }))).toBe(true);
  });
});

const spaces = fc.string({ unit: fc.constantFrom(' ', '\n', '\r\n', '\r', '\t'), maxLength: 4 });

/** The same thing with other breaks and spaces between its signs; each list that is `kept` tells where its parts begin. */
function spread(value: unknown, gap: () => string): string {
  const list = (all: string[]) => all.join(`${gap()},${gap()}`);
  if (Array.isArray(value)) return `[${gap()}${list(value.map((one) => spread(one, gap)))}${gap()}]`;
  if (value && typeof value === 'object') {
    const pairs = Object.entries(value).map(
      ([key, one]) => `${JSON.stringify(key)}${gap()}:${gap()}${spread(one, gap)}`,
    );
    return `{${gap()}${list(pairs)}${gap()}}`;
  }
  return JSON.stringify(value);
}
/** The line of a place in a text, counted by hand. */
const lineAt = (text: string, at: number) => text.slice(0, at).split(/\r\n|\r|\n/).length;

describe('parts of a JSON file', () => {
  const part = fc.record({ tag: fc.string(), more: fc.jsonValue({ maxDepth: 2 }) });
  const gaps = fc.array(spaces, { minLength: 1, maxLength: 30 });

  it('have the lines on which they begin, however the file is laid out', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), gaps, fc.boolean(), (parts, gaps, isMap) => {
        // Each is known by a number that stands nowhere else, in its first field.
        const marked = parts.map((one, i) => ({ mark: `§${i}§`, ...one }));
        let n = 0;
        const gap = () => gaps[n++ % gaps.length] ?? '';
        const aside = { features_: [1], about: { features: [[2]] }, said: 'features' };
        const text = spread(
          isMap ? { ...aside, features: marked, after: [[3], { features: [4] }] } : marked,
          gap,
        );
        const read = readParts(text, isMap ? 'features' : undefined);
        expect(read.map(({ value }) => value)).toEqual(JSON.parse(JSON.stringify(marked)));
        for (const [i, { mark }] of marked.entries()) {
          const at = text.lastIndexOf('{', text.indexOf(JSON.stringify(mark)));
          expect(read[i]?.line).toBe(lineAt(text, at));
        }
      }),
    );
  });

  it('may be one only', () => {
    expect(readParts('\n\n {"a": [1, {"b": [2]}]}')).toEqual([{ line: 3, value: { a: [1, { b: [2] }] } }]);
    expect(() => readParts('{"a":')).toThrow();
  });
});

describe('a map', () => {
  const at = (coordinates: unknown, type = 'Point') => ({ type, coordinates });
  const map = (...features: object[]) => JSON.stringify({ type: 'FeatureCollection', features }, null, 1);
  const feature = (properties: object, geometry: object | null = null) => ({
    type: 'Feature',
    properties,
    geometry,
  });

  it('has its sites where they stand, and what is called like no column is left out', () => {
    const moved = feature({ 编码: 'v1', 人口: 1200, remark: 'x', name_en: null }, at([106.5, 33.25, 900]));
    expect(of(map(moved))).toMatchObject([
      {
        line: 4,
        is: 'changed',
        changes: [
          { column: 'name_en', from: 'Qinglong', to: '' },
          { column: 'latitude', from: '', to: '33.25' },
          { column: 'longitude', from: '', to: '106.5' },
        ],
      },
    ]);
    expect(of(map(feature({ code: 'v1' })))).toMatchObject([{ is: 'same' }]);
  });

  it('has areas with boundaries: the same shape is the same, however it is written', () => {
    const ring = [
      [106, 33, 5],
      [107, 33, 5],
      [107, 34, 5],
      [106, 33, 5],
    ];
    const flat = ring.map(([x, y]) => [x, y]);
    const there = new Map([
      ['9', { code: '9', name_zh: '某乡', boundary: outlineOf(at([flat], 'Polygon')) }],
    ]);
    const compared = (geometry: object) =>
      compareRows('areas', readRows('areas', map(feature({ code: '9' }, geometry))) ?? [], there);
    expect(compared(at([[ring]], 'MultiPolygon'))).toMatchObject([{ is: 'same' }]);
    expect(compared(at([[...flat].reverse()], 'Polygon'))).toMatchObject([
      { is: 'changed', changes: [{ column: 'boundary' }] },
    ]);
  });
});

it('a problem from elsewhere is new or stands on the ledger, and is never changed', () => {
  const rows = readRows('findings', '编号,来源,严重程度,问题\nZ1,中央反馈,较重,漏水\nZ2,审计,一般,不亮');
  expect(compareFindings(rows ?? [], (code) => code === 'Z2')).toEqual([
    {
      line: 2,
      code: 'Z1',
      name: '漏水',
      is: 'new',
      changes: [
        { column: 'source', to: 'central' },
        { column: 'severity', to: 'serious' },
        { column: 'text', to: '漏水' },
      ],
    },
    { line: 3, code: 'Z2', name: '不亮', is: 'same', changes: [] },
  ]);
});

describe('checklists', () => {
  const item = (code: string, en = 'Water') => ({
    code,
    title: { zh: '水', en },
    answer: { type: 'pass_fail' },
    required: true,
    veto: false,
    default_severity: 'general',
    rectify_within_days: 10,
    min_photos: 1,
  });
  const list = (code: string, items: object[], version?: number) => ({
    code,
    ...(version ? { version } : {}),
    title: { zh: '表', en: 'List' },
    items,
  });
  const told = (published: object[], ...files: object[]) =>
    compareChecklists(
      readParts(JSON.stringify(files)),
      published.map((one) => ({ checklist_id: '0', ...one }) as never),
    ).map(({ is, changes }) => [is, Object.fromEntries(changes.map(({ column, to }) => [column, to]))]);

  it('are the next version unless they say what one says that is published', () => {
    const published = [list('w', [item('a')], 1), list('w', [item('a'), item('b')], 2)];
    expect(told(published, list('w', [item('b'), item('a')]))).toEqual([
      ['changed', { version: '3', moved: '' }],
    ]);
    expect(told(published, list('w', [item('a'), item('b')]))).toEqual([['same', {}]]);
    expect(told(published, list('w', [item('a')], 1))).toEqual([['same', {}]]);
    expect(told(published, list('w', [item('a', 'Tap'), item('c')]))).toEqual([
      ['changed', { version: '3', added: 'c', changed: 'a', removed: 'b' }],
    ]);
    // One after the other, as they stand in the file.
    expect(told([], list('n', [item('a')]), list('n', [item('a')]), list('n', [item('b')]))).toEqual([
      ['new', { version: '1', items: '1' }],
      ['same', {}],
      ['changed', { version: '2', added: 'b', removed: 'a' }],
    ]);
    // Unfit: it stands there all the same, for its faults.
    expect(compareChecklists([{ line: 1, value: { code: 'x', title: {} } }], [])).toMatchObject([
      { code: 'x', is: 'new', changes: [] },
    ]);
  });
});

it('rules are set beside those in force: what goes and what comes', () => {
  const now = { version: 2, receipt_hours: 24, reminders: [{ colour: 'blue' }, { colour: 'red' }] };
  const before = { version: 1, receipt_hours: 24, reminders: [{ colour: 'blue' }, { colour: 'pink' }] };
  const parts = [{ line: 1, value: now }];
  const report = (more: object) => importReport.read({ rows: 1, dry_run: true, ...more });
  expect(compareTerms(parts, report({ changed: 1 }), () => before)).toMatchObject([
    {
      is: 'changed',
      changes: [
        { column: 'version', from: '1', to: '2' },
        { column: 'reminders', from: 'colour pink', to: 'colour red' },
      ],
    },
  ]);
  expect(compareTerms(parts, report({ added: 1 }), () => before)).toMatchObject([{ is: 'new' }]);
  expect(compareTerms(parts, report({ unchanged: 1 }), () => before)).toMatchObject([
    { is: 'same', changes: [] },
  ]);
  expect(compareTerms([...parts, ...parts], report({ added: 1, changed: 1 }), () => before)).toEqual([]);
});

it('every fault stands once: at its row, or with none where it may be any', () => {
  const lines = fc.array(fc.integer({ min: 2, max: 40 }), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (rowLines, faultLines) => {
      const rows = rowLines.sort((a, b) => a - b).map((line) => ({ line, is: 'new' }) as Compared);
      const faults = faultLines.map((line) => ({ line }) as never);
      const { rows: judged, rest } = judge(rows, faults);
      expect([...judged.flatMap((one) => one.faults), ...rest].map(({ line }) => line).sort()).toEqual(
        [...faultLines].sort(),
      );
      for (const [i, { line, faults }] of judged.entries()) {
        const next = judged[i + 1]?.line ?? Number.POSITIVE_INFINITY;
        for (const fault of faults) expect(fault.line >= line && fault.line < next).toBe(true);
        if (judged[i - 1]?.line === line) expect(faults).toEqual([]);
      }
      const first = judged[0]?.line ?? Number.POSITIVE_INFINITY;
      for (const { line } of rest)
        expect(
          line < first ||
            rowLines.filter((one) => one <= line && one === Math.max(...rowLines.filter((r) => r <= line)))
              .length > 1,
        ).toBe(true);
    }),
  );
});

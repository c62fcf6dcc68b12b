// What an import changes, row by row: tables are read as the server reads them, by its own headings and words; what is
// told is exactly what differs; and it is told only while the server counts the same.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrees, type Compared, compare, HEADINGS, readTable, WORDS } from '../../desk/compare';
import { type Cells, csvOf, type Table } from '../../desk/places';
import { importReport } from '../../shared/wire/admin';

const ROOT = join(process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..'), 'server/src/import');
const texts = (list: string) => [...list.matchAll(/"([^"]*)"/g)].map(([, one]) => one);

describe('the server’s own words', () => {
  it.each(Object.keys(HEADINGS) as Table[])('headings of %s', (table) => {
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
  ])('words of %s', (of, reader) => {
    const source = readFileSync(join(ROOT, 'cells.rs'), 'utf8');
    const body = source.slice(source.indexOf(`pub fn ${reader}(`)).split('\n}')[0] ?? '';
    const snake = (name = '') => name.replace(/\B[A-Z]/g, (one) => `_${one}`).toLowerCase();
    const arms = [...body.matchAll(/^ +("[^=]+) => \w+::(\w+),/gm)];
    expect(arms.length).toBeGreaterThan(3);
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
const of = (text: string) => compare('sites', text, known);

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

  it('what is not read whole is not compared', () => {
    expect(of('编码,某某\nv1,1')).toBeUndefined();
    expect(of('名称\n某')).toBeUndefined();
    expect(of('')).toBeUndefined();
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
  });
});

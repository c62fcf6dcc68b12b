// A form is a row of an import: whatever is typed arrives as it is, nothing else is said, and no fault is lost.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf } from '../../desk/bounds';
import { KINDS } from '../../desk/imports';
import {
  areaCells,
  attributesOf,
  type Cells,
  csvOf,
  fieldsOf,
  missing,
  placeOf,
  rowOf,
  saveRow,
  siteCells,
  sortFaults,
  type Table,
  unitCells,
} from '../../desk/places';
import { A } from '../../desk/text.admin';
import { SITE_KINDS } from '../../shared/lang/words';
import type { Reply } from '../../shared/net/http';
import type { Fault } from '../../shared/wire/admin';
import type { Area, Site } from '../../shared/wire/messages';
import { problemOf } from '../../shared/wire/problem';

const ROOT = process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..');
const source = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** A reader of tables that knows nothing of how ours are written (RFC 4180). */
function readTable(text: string): string[][] {
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === ',') [row, cell] = [[...row, cell], ''];
    else if (sign === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
    } else if (sign !== '\r') cell += sign;
  }
  return rows;
}

// What breaks tables stands in it more often than by chance.
const typed = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', '\r', '\n', ' ', '县', '\ufeff', '=', '{', "'") }),
);
const fields = ['code', ...KINDS.sites.columns.map(({ name }) => name).filter((name) => name !== 'code')];
const cellsOf = (text: fc.Arbitrary<string>) =>
  fc.record(Object.fromEntries(fields.map((name) => [name, text]))) as fc.Arbitrary<Cells>;

describe('the table of one row', () => {
  it('holds any text as it is', () => {
    fc.assert(
      fc.property(cellsOf(typed), (cells) => {
        const text = csvOf(cells);
        expect(text.startsWith('\ufeff')).toBe(true);
        // As bytes and back, as it travels.
        const arrived = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(readTable(arrived.slice(1))).toEqual([Object.keys(cells), Object.values(cells)]);
      }),
    );
  });

  it('says what was changed and nothing else, and so does what the form shows', () => {
    fc.assert(
      fc.property(cellsOf(typed), cellsOf(typed), fc.subarray(fields), (was, now, touched) => {
        const before = Object.fromEntries(Object.entries(was).map(([name, text]) => [name, text.trim()]));
        const after = { ...before, ...Object.fromEntries(touched.map((name) => [name, now[name] ?? ''])) };
        after.code = before.code ?? '';
        const row = rowOf(fields, before, after);
        // The import keeps what is not said, and takes what is.
        const there = { ...before, ...row };
        for (const name of fields) expect(there[name]).toBe(after[name]?.trim());
        const place = ['latitude', 'longitude'];
        const moved = place.some((name) => before[name] !== after[name]?.trim());
        for (const name of Object.keys(row))
          if (name !== 'code' && !(moved && place.includes(name))) expect(row[name]).not.toBe(before[name]);
        expect(place.filter((name) => name in row)).toHaveLength(moved ? 2 : 0);
      }),
    );
  });

  it('says of a new one what is filled in', () => {
    expect(rowOf(fields, undefined, { code: ' A1 ', name_zh: '甲', name_en: ' ', latitude: '3' })).toEqual({
      code: 'A1',
      name_zh: '甲',
      latitude: '3',
      longitude: '',
    });
  });
});

describe('the fields', () => {
  it('are the attributes of the server, of each kind', () => {
    const table = source('protocol/src/site.rs');
    const body = /fn attributes[\s\S]*?match self \{([\s\S]*?)\n {8}\}\n/.exec(table)?.[1] ?? '';
    const arms = [...body.matchAll(/(?:SiteKind::(\w+)|_) => &\[([\s\S]*?)\],(?:\n|$)/g)];
    const snake = (word: string) => word.replace(/(?<=.)[A-Z]/g, '_$&').toLowerCase();
    const told = new Map(
      arms.map(([, kind, list = '']) => [
        kind ? snake(kind) : '',
        [...list.matchAll(/\("(\w+)", (\w+)\)/g)].map(([, name, type = '']) => [name, snake(type)]),
      ]),
    );
    expect(told.size).toBe(5);
    for (const kind of Object.keys(SITE_KINDS))
      expect(attributesOf(kind), kind).toEqual(told.get(kind) ?? told.get(''));
    expect(attributesOf('')).toEqual([]);
  });

  it.each(['sites', 'units', 'areas'] as const)('of %s are the columns of the import', (table) => {
    const kinds = Object.keys(SITE_KINDS).map((kind) => ({ kind, level: 'township' }));
    const all = new Set(kinds.flatMap((cells) => fieldsOf(table, cells)));
    expect([...all].sort()).toEqual(KINDS[table].columns.map(({ name }) => name).sort());
  });

  it('show what the feed has', () => {
    const area = {
      area_id: 'a',
      code: '990126100000',
      name: { zh: '城关镇' },
      level: 'township',
      has_boundary: true,
    };
    const site = {
      site_id: 's',
      area_id: 'a',
      kind: 'household',
      code: 'H-1',
      name: { zh: '张家' },
      latitude: 34.5,
      longitude: 105,
      attributes: { head: '张三', members: 0 },
    };
    expect(siteCells(site as Site, area as Area)).toEqual({
      code: 'H-1',
      name_zh: '张家',
      name_en: '',
      kind: 'household',
      area_code: '990126100000',
      latitude: '34.5',
      longitude: '105',
      radius_m: '',
      head: '张三',
      members: '0',
    });
    expect(areaCells({ ...area, sector: { zh: '一战区' } } as Area, undefined).sector_zh).toBe('一战区');
    expect(
      unitCells({ unit_id: 'u', code: 'x', name: { zh: '局', en: 'Bureau' }, kind: 'department' }, undefined),
    ).toEqual({ code: 'x', name_zh: '局', name_en: 'Bureau', kind: 'department', area_code: '' });
  });

  it.each([
    ['34.5, 105.25', '34.5', '105.25'],
    ['105.25,34.5', '34.5', '105.25'],
    [' -33.9；18.4 ', '-33.9', '18.4'],
    ['34.5\t105.25\n', '34.5', '105.25'],
  ])('%j is a place', (text, latitude, longitude) => {
    expect(placeOf(text)).toEqual({ latitude, longitude });
  });

  // West of 90° E both numbers could be either: the county knows.
  const KASHGAR = boundsOf([{ longitude: 75.2, latitude: 38.9 }, {}, { longitude: 76.4, latitude: 39.6 }]);
  it.each([
    ['76.0, 39.4', '39.4', '76.0'],
    ['39.4, 76.0', '39.4', '76.0'],
    // A little outside of all that is known.
    ['76.8 38.6', '38.6', '76.8'],
    // Nowhere near, in either order: as it is written, where that can be.
    ['12.5, 13.5', '12.5', '13.5'],
    ['105.25, 34.5', '34.5', '105.25'],
  ])('%j is a place of that county', (text, latitude, longitude) => {
    expect(placeOf(text, KASHGAR)).toEqual({ latitude, longitude });
  });
  it('a county that holds both orders decides nothing', () => {
    const wide = boundsOf([
      { longitude: 30, latitude: 30 },
      { longitude: 60, latitude: 60 },
    ]);
    expect(placeOf('40, 50', wide)).toEqual({ latitude: '40', longitude: '50' });
    expect(boundsOf([{}])).toBeUndefined();
  });
  it('every place of a county is read the same in both orders, unless both lie in it', () => {
    const degrees = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
    fc.assert(
      fc.property(degrees(73, 135), degrees(18, 53), (east, north) => {
        const [longitude, latitude] = [east.toFixed(5), north.toFixed(5)];
        const county = boundsOf([{ longitude: east, latitude: north }]);
        for (const text of [`${latitude},${longitude}`, `${longitude},${latitude}`])
          expect(placeOf(text, county)).toEqual({ latitude, longitude });
      }),
    );
  });
  it.each(['34.5', '34.5 N, 105 E', '1,2,3', ''])('%j is none', (text) => {
    expect(placeOf(text)).toBeUndefined();
  });
});

const fault = (column: string | undefined, code = 'word_unknown'): Fault => ({
  line: 2,
  column,
  code,
  reason: 'No',
  reason_zh: '不',
});

describe('faults', () => {
  it('are each at the field that they name, or with the rest, and none is lost', () => {
    const some = fc.array(
      fc.option(fc.constantFrom(...fields, 'geometry', 'parent_code'), { nil: undefined }),
    );
    fc.assert(
      fc.property(some, fc.subarray(fields), (columns, shown) => {
        const faults = columns.map((column) => fault(column));
        const { at, rest } = sortFaults(faults, shown);
        expect(new Set([...Object.values(at).flat(), ...rest])).toEqual(new Set(faults));
        expect(Object.values(at).flat().length + rest.length).toBe(faults.length);
        for (const [name, those] of Object.entries(at)) {
          expect(shown).toContain(name);
          for (const one of those) expect(one.column).toBe(name);
        }
      }),
    );
  });

  it('tell all that is missing at once, in the words of the server', () => {
    const lacks = missing('sites', { code: '', name_zh: '甲' }, true).map(({ column }) => column);
    expect(lacks).toEqual(['code', 'kind', 'area_code']);
    expect(missing('sites', { code: 'A' }, false)).toEqual([]);
    expect(missing('sites', { code: 'A', name_zh: '' }, false).map(({ column }) => column)).toEqual([
      'name_zh',
    ]);
    const [zh, en] = A.cellMissing;
    expect(source('server/src/import/fault.rs')).toContain(`"cell_missing", "${en}", "${zh}"`);
  });
});

describe('saving', () => {
  type Answer = object | undefined;
  /** A server that answers in this order, and keeps what it was asked. */
  async function save(table: Table, before: Cells | undefined, after: Cells, ...answers: Answer[]) {
    const asked: [path: string, text: string][] = [];
    const host = {
      async send(_: string, path: string, content?: unknown): Promise<Reply | undefined> {
        asked.push([path, await (content as Blob).text()]);
        const body = answers[asked.length - 1];
        if (!body) return undefined;
        if ('type' in body) return { status: 404, body };
        const report = { rows: 1, dry_run: path.includes('dry_run=true'), faults: [], ...body };
        return { status: 200, body: report };
      },
    };
    return { result: await saveRow(host, table, before, after), asked };
  }
  const there: Cells = { code: 'ju', name_zh: '局', kind: 'department' };
  const renamed = { ...there, name_zh: '新局' };

  it('tries first, then writes the same', async () => {
    const { result, asked } = await save('units', there, renamed, { changed: 1 }, { changed: 1 });
    expect(result).toEqual({ is: 'saved', how: 'changed' });
    expect(asked.map(([path]) => path)).toEqual([
      '/v1/imports/units?dry_run=true&file=ju.csv',
      '/v1/imports/units?dry_run=false&file=ju.csv',
    ]);
    expect(asked[0]?.[1]).toBe(asked[1]?.[1]);
  });

  it('writes nothing with a fault', async () => {
    const { result, asked } = await save('units', there, renamed, { faults: [fault('name_zh')] });
    expect(result).toEqual({ is: 'faulty', faults: [fault('name_zh')] });
    expect(asked).toHaveLength(1);
  });

  it('makes no other out of what is there', async () => {
    const { result, asked } = await save('units', undefined, renamed, { added: 0, changed: 1 });
    expect(result).toMatchObject({ is: 'faulty', faults: [{ column: 'code', code: 'taken' }] });
    expect(asked).toHaveLength(1);
  });

  it('says so where nothing changes, and asks only where it cannot know', async () => {
    const own = await save('units', there, { ...there, name_zh: ' 局 ' });
    expect([own.result, own.asked]).toEqual([{ is: 'saved', how: 'unchanged' }, []]);
    // Somebody else was first.
    const other = await save('units', there, renamed, { unchanged: 1 });
    expect([other.result, other.asked.length]).toEqual([{ is: 'saved', how: 'unchanged' }, 1]);
  });

  it('knows no answer from a refusal, at either step', async () => {
    const problem = problemOf('not_found');
    expect((await save('units', there, renamed)).result.is).toBe('offline');
    expect((await save('units', there, renamed, { changed: 1 })).result.is).toBe('offline');
    expect((await save('units', there, renamed, problem)).result.is).toBe('refused');
    expect((await save('units', there, renamed, { changed: 1 }, problem)).result.is).toBe('refused');
    const late = await save('units', there, renamed, { changed: 1 }, { faults: [fault('kind')] });
    expect(late.result).toEqual({ is: 'faulty', faults: [fault('kind')] });
  });
});

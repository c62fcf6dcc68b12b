// Imports: the columns are the server's, and what a report means.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { accountOf, doneOf, makeAccount, Once } from '../../desk/admin';
import { called, listed } from '../../desk/columns';
import {
  faultsElsewhere,
  importFile,
  KINDS,
  megabytes,
  newIn,
  template,
  unfit,
  verdictOf,
  type What,
} from '../../desk/imports';
import { pathOf } from '../../desk/qr';
import { lang } from '../../shared/lang/lang.svelte';
import type { Reply } from '../../shared/net/http';
import { mayAdminister } from '../../shared/rules/administer';
import { importReport } from '../../shared/wire/admin';
import type { Area, Me } from '../../shared/wire/messages';
import { problemOf } from '../../shared/wire/problem';

const ROOT = join(process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..'), 'server/src/import');

describe.each(Object.entries(KINDS).filter(([, kind]) => kind.columns.length))('%s', (what, kind) => {
  const source = readFileSync(join(ROOT, `${what}.rs`), 'utf8');
  const rows = [...source.matchAll(/Column \{\s*name: (?:"(\w+)"|CODE),\s*headings: &\[([^\]]*)\]/g)];

  it('has the columns of the server, with headings that it knows', () => {
    expect(kind.columns.map(({ name }) => name)).toEqual(rows.map(([, name]) => name ?? 'code'));
    for (const [i, { zh }] of kind.columns.entries()) expect(rows[i]?.[2]).toContain(`"${zh}"`);
  });

  it('has an empty table, marked as UTF-8', () => {
    const [head, ...others] = template(what as What, true).split('\r\n');
    expect(head?.split(',').length).toBe(rows.length);
    expect(head?.startsWith('\ufeff')).toBe(true);
    expect(others).toEqual(['']);
  });
});

it('has the limits of the server', () => {
  const posted = readFileSync(join(ROOT, 'routes.rs'), 'utf8');
  expect(/POSTED_BYTES_MAX: usize = (\d+) \* 1024 \* 1024/.exec(posted)?.[1]).toBe('16');
  for (const what of Object.keys(KINDS) as What[])
    expect(megabytes(KINDS[what].bytes)).toBe(what === 'findings' ? '4 MB' : '16 MB');
  expect(unfit('units', { size: KINDS.units.bytes })).toBeUndefined();
  expect(unfit('units', { size: KINDS.units.bytes + 1 })).toBeDefined();
  expect(unfit('findings', { size: 0 })).toBeDefined();
});

describe('a report', () => {
  const fault = { line: 3, code: 'code_twice', reason: 'Twice', reason_zh: '重复' };
  const of = (more: object) => importReport.read({ rows: 3, dry_run: true, ...more });

  it.each([
    ['faults', { faults: [fault] }],
    ['faults', { dry_run: false, faults: [fault], added: 1 }],
    ['ready', { added: 1, changed: 0, unchanged: 2 }],
    ['ready', { added: 0, changed: 1, unchanged: 2 }],
    ['ready', { listed: 3, unchanged: 0 }],
    ['nothing', { added: 0, changed: 0, unchanged: 3 }],
    ['nothing', { listed: 0, unchanged: 3 }],
    ['written', { dry_run: false, written: true, added: 3 }],
  ])('is %s', (verdict, more) => {
    expect(verdictOf(of(more))).toBe(verdict);
  });

  it('counts what is new, of both kinds', () => {
    expect([of({ added: 2 }), of({ listed: 3 }), of({})].map(newIn)).toEqual([2, 3, 0]);
  });

  it('has each fault once: at its row, or elsewhere', () => {
    const lines = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 8 });
    fc.assert(
      fc.property(lines, lines, (atRows, others) => {
        const faults = [...atRows, ...others].sort().map((line) => ({ ...fault, line }));
        const row = (line: number) => ({ line, code: 'x', is: 'faulty', faults: [{ ...fault, line }] });
        const elsewhere = faultsElsewhere(of({ faults, trial: { rows: atRows.map(row) } }));
        expect(elsewhere.map(({ line }) => line).sort()).toEqual([...others].sort());
      }),
    );
    expect(faultsElsewhere(of({ faults: [fault] }))).toEqual([fault]);
  });

  it('calls every field by its name in both languages, part by part', () => {
    const rules = JSON.parse(readFileSync(join(ROOT, '../../../protocol/rules/deadlines.json'), 'utf8'));
    const year = JSON.parse(readFileSync(join(ROOT, '../../../protocol/calendars/cn-2027.json'), 'utf8'));
    const tiers = JSON.parse(readFileSync(join(ROOT, '../../../protocol/rules/tiers.json'), 'utf8'));
    const paths = (of: object): string[] =>
      Object.entries(of).flatMap(([field, value]) =>
        value && typeof value === 'object' && !Array.isArray(value) && !('zh' in value)
          ? paths(value).map((path) => `${field}.${path}`)
          : [field],
      );
    for (const path of [rules, year, tiers].flatMap(paths)) {
      lang.current = 'zh';
      expect(called('deadlines', path)).toMatch(/^[^a-z]+$/);
      lang.current = 'en';
      expect(called('deadlines', path)).not.toMatch(/_|[\u3400-\u9fff]/);
    }
    const reminder = listed('colour blue, working_days_before 3; colour red, working_days_before 0');
    expect(reminder).toMatch(/^reminder Before the deadline, working days before 3; reminder Past it, /);
    expect(called('sites', 'name_zh')).toBe('name zh');
    lang.current = 'zh';
    expect(listed('rung summon, after_working_days 5')).toMatch(/^[^a-z]+$/);
    expect([called('sites', 'name_zh'), called('areas', 'township_code')]).toEqual(['点位名称', '所属乡镇']);
  });

  it('says the condition of a tier in the language of the screen', () => {
    const tiers = JSON.parse(readFileSync(join(ROOT, '../../../protocol/rules/tiers.json'), 'utf8')).tiers;
    // As `text` of the server's import/terms.rs writes it.
    const told = (value: unknown): string => {
      if (Array.isArray(value)) return value.map(told).join('; ');
      if (!value || typeof value !== 'object') return String(value);
      const fields = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
      if ('zh' in value) return fields.length ? '甲 / A' : '';
      return fields.map(([field, of]) => `${field} ${told(of)}`).join(', ');
    };
    const whole = told([
      ...tiers,
      { tier: 3, name: { zh: '甲' }, when: { not: { kind: ['school', 'clinic'] } } },
    ]);
    lang.current = 'en';
    const english = listed(whole);
    expect(english).not.toMatch(/_|compare|attribute|values?\b/);
    expect(english).toContain('Housing grade is C (dilapidated) or D (dilapidated)');
    expect(english).toContain('not: kind: School or Clinic');
    lang.current = 'zh';
    const chinese = listed(whole).replaceAll('甲 / A', '');
    expect(chinese.replaceAll(/[ABCD]级/g, '')).toMatch(/^[^a-z]+$/i);
    expect(chinese).toContain(
      '同时满足：类型：行政村; 满足其一：状态 等于 已脱贫; 已填：脱贫年度; 贫困发生率（%） 大于 2',
    );
    // In another order of fields, as a file may have it.
    expect(listed('tier 1, when kind village, weight 4')).toBe('级 1, 条件 类型：行政村, 权重 4');
  });

  it('is asked for at the right door', async () => {
    const asked: string[] = [];
    const host = {
      async send(_: string, path: string): Promise<Reply> {
        asked.push(path);
        return { status: 200, body: { rows: 1, dry_run: true, added: 1, faults: [] } };
      },
    };
    const file = { name: 'a&b 表.csv', bytes: new Blob(['x']) };
    await importFile(host, 'units', file, true);
    await importFile(host, 'findings', file, false);
    const [units, findings] = asked.map((path) => new URL(path, 'http://x'));
    expect(units?.pathname).toBe('/v1/imports/units');
    expect(Object.fromEntries(units?.searchParams ?? [])).toEqual({ dry_run: 'true', file: file.name });
    expect(findings?.pathname).toBe('/v1/rectifications/import');
    expect(findings?.searchParams.get('dry_run')).toBe('false');
  });
});

describe('asking', () => {
  it('takes no answer, half a body and a portal’s page for the same', () => {
    const portal = { status: 403, body: '<html>' };
    const half = { status: 200, body: undefined };
    for (const reply of [undefined, portal, half])
      expect(doneOf(reply, importReport)).toEqual({ is: 'offline' });
    const problem = problemOf('item_exists');
    expect(doneOf({ status: 409, body: problem })).toMatchObject({ is: 'refused', problem });
    expect(doneOf({ status: 204, body: undefined })).toMatchObject({ is: 'done' });
  });

  it('keeps the id of what is asked for again, and takes another for something else', () => {
    const once = new Once();
    const first = once.idFor({ login: 'a' });
    expect(once.idFor({ login: 'a' })).toBe(first);
    const other = once.idFor({ login: 'b' });
    expect(other).not.toBe(first);
    once.done();
    expect(once.idFor({ login: 'b' })).not.toBe(other);
  });

  it('finds an account on any page, and stops', async () => {
    const all = Array.from({ length: 5 }, (_, i) => ({
      account_id: `00000000-0000-7000-8000-00000000000${i}`,
      login: `l${i}`,
      name: '某',
      standing: 'active',
    }));
    let pages = 0;
    const host = {
      send: async () => undefined,
      async get(path: string): Promise<Reply> {
        pages += 1;
        const after = new URL(path, 'http://x').searchParams.get('after');
        const from = after ? all.findIndex(({ login }) => login === after) + 1 : 0;
        const accounts = all.slice(from, from + 2);
        const next = from + 2 < all.length ? accounts.at(-1)?.login : undefined;
        return { status: 200, body: { accounts, ...(next ? { next } : {}) } };
      },
    };
    const last = await accountOf(host, all[4]?.account_id ?? '');
    expect(last).toMatchObject({ is: 'done', value: { login: 'l4' } });
    expect(pages).toBe(3);
    expect(await accountOf(host, 'nobody')).toEqual({ is: 'done', value: undefined });
    expect(await makeAccount(host, { account_id: 'x', login: 'a', name: 'b' })).toEqual({ is: 'offline' });
  });
});

it('administers over the whole county only', () => {
  const areas = [{ area_id: 'county' }, { area_id: 'town', parent_id: 'county' }] as Area[];
  const me = (role: string, scope: object, more: object = {}) =>
    ({ grants: [{ role, scope, ...more }] }) as unknown as Me;
  expect(mayAdminister(me('administrator', { area: 'county' }), areas)).toBe(true);
  for (const other of [
    me('administrator', { area: 'town' }),
    me('administrator', { unit: 'county' }),
    me('supervisor', { area: 'county' }),
    me('administrator', { area: 'county' }, { revoked_at: '2026-01-01T00:00:00Z' }),
    undefined,
  ])
    expect(mayAdminister(other, areas)).toBe(false);
});

it('draws each dark square of a QR code once, and no other', () => {
  const { data } = encode('http://anfang.example/field/#/join?l=zhou&c=ABCD-EFGH-1234', { border: 4 });
  const drawn = data.map((row) => row.map(() => 0));
  for (const [, x, y, w] of pathOf(data).matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let i = 0; i < Number(w); i++)
      (drawn[Number(y)] as number[])[Number(x) + i] = 1 + (drawn[Number(y)]?.[Number(x) + i] ?? 0);
  expect(drawn).toEqual(data.map((row) => row.map(Number)));
});

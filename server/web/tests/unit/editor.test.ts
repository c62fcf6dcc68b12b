// The checklist editor against the server's own rules and its shipped checklists.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addItem,
  addOption,
  changesSince,
  copyItem,
  draftOf,
  emptyList,
  fileOf,
  type ItemDraft,
  type ListDraft,
  move,
  setType,
} from '../../desk/editor/draft';
import { type FlawCode, flawsOf, LIMITS } from '../../desk/editor/flaws';
import { A } from '../../desk/text.admin';
import { type Checklist, checklist as shape } from '../../shared/wire/messages';

const ROOT = join(process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..'), 'server/src');
const FOLDER = join(ROOT, 'checklists/templates');
const ID = '00000000-0000-5000-8000-000000000000';
const SHIPPED = readdirSync(FOLDER).map((name) =>
  shape.read({ ...JSON.parse(readFileSync(join(FOLDER, name), 'utf8')), checklist_id: ID }),
);

const first = (list: ListDraft): ItemDraft => list.items[0] as ItemDraft;
const codesOf = (list: ListDraft, ...more: [Checklist[]?, string[]?]) => [
  ...new Set(flawsOf(list, ...more).map(({ code }) => code)),
];

function good(): ListDraft {
  const list = emptyList();
  Object.assign(list, { code: 'water', title: { zh: '供水', en: 'Water' } });
  Object.assign(first(list), { code: 'tap', title: { zh: '有水', en: 'Runs' } });
  return list;
}

describe.each(SHIPPED.map((list) => [list.code, list] as const))('%s', (_, list) => {
  it('comes out of the editor as it went in', () => {
    const { checklist_id: _, ...file } = list;
    expect(shape.read({ ...fileOf(draftOf(list), list.version), checklist_id: ID })).toEqual(list);
    expect(changesSince(list, file)).toBeUndefined();
  });

  it('has no flaws, also not as its own next version', () => {
    expect(flawsOf(draftOf(list), [list])).toEqual([]);
  });
});

it('knows every reason of the server, in the same words', () => {
  const sources = ['checklists/check.rs', 'import/fault.rs'].map((name) =>
    readFileSync(join(ROOT, name), 'utf8'),
  );
  const rows = sources.flatMap((text) => [...text.matchAll(/= "(\w+)", "([^"]+)", "([^"]+)";/g)]);
  const said = new Map(rows.reverse().map(([, code, en, zh]) => [code, [zh, en]]));
  const texts: Record<string, readonly [string, string]> = A;
  // These two are ours: the server cannot be asked for them.
  const own = ['code_taken'];
  const codes = Object.keys(texts).filter((key) => key.startsWith('flaw_'));
  expect(codes.length).toBeGreaterThan(10);
  for (const key of codes.filter((one) => !own.includes(one.slice(5))))
    expect([key, texts[key]]).toEqual([key, said.get(key.slice(5))]);
  const check = [...(sources[0] ?? '').matchAll(/= "(\w+)", "/g)].map(([, code]) => code);
  expect(check.filter((code) => code !== 'version_invalid' && !codes.includes(`flaw_${code}`))).toEqual([]);
});

it('has the limits of the server', () => {
  const text = readFileSync(join(ROOT, 'checklists/check.rs'), 'utf8');
  const limits = readFileSync(join(ROOT, '../../protocol/src/limits.rs'), 'utf8');
  const of = (source: string, name: string) =>
    Number(new RegExp(`const ${name}: \\w+ = (\\d+)`).exec(source)?.[1]);
  expect(LIMITS).toEqual({
    items: of(limits, 'ANSWERS_PER_INSPECTION'),
    options: of(text, 'OPTIONS_MAX'),
    days: of(text, 'DAYS_MAX'),
    photos: of(text, 'PHOTOS_MAX'),
    short: of(limits, 'SHORT_TEXT_CHARS'),
    long: of(limits, 'LONG_TEXT_CHARS'),
  });
});

type Spoil = (item: ItemDraft, list: ListDraft) => void;
const SPOILS: [FlawCode, Spoil][] = [
  ['code_invalid', (item) => (item.code = 'Tap')],
  ['code_invalid', (item) => (item.code = '')],
  ['code_invalid', (item) => (item.code = 'a'.repeat(65))],
  ['code_invalid', (item) => (item.department = 'Water Bureau')],
  ['code_invalid', (_, list) => (list.code = '供水')],
  [
    'code_twice',
    (_, list) => void Object.assign(list.items[addItem(list, 1)] as ItemDraft, { ...first(list), key: 9 }),
  ],
  ['title_missing', (item) => (item.title.en = ' ')],
  ['title_missing', (item) => (item.guidance.zh = '只有中文')],
  ['title_missing', (_, list) => (list.title.zh = '')],
  ['text_invalid', (item) => (item.title.zh = '水'.repeat(501))],
  ['text_invalid', (item) => (item.title.en = 'two\nlines')],
  ['items_count', (_, list) => (list.items = [])],
  ['word_unknown', (item) => (item.applies_to = ['castle'])],
  ['word_unknown', (item) => (item.default_severity = 'awful')],
  ['days_invalid', (item) => (item.rectify_within_days = 0)],
  ['days_invalid', (item) => (item.rectify_within_days = 366)],
  ['days_invalid', (item) => (item.rectify_within_days = 1.5)],
  ['days_invalid', (item) => (item.rectify_within_days = null)],
  ['photos_invalid', (item) => (item.min_photos = 21)],
  ['photos_invalid', (item) => (item.min_photos = null)],
  ['number_limits', (item) => Object.assign(item, { type: 'number', min: 5, max: 5 })],
  ['number_limits', (item) => Object.assign(item, { type: 'number', min: null })],
  ['number_limits', (item) => Object.assign(item, { type: 'number', pass_min: -1 })],
  ['number_limits', (item) => Object.assign(item, { type: 'number', pass_min: 9, pass_max: 8 })],
  ['options_count', (item) => (item.type = 'choice')],
  ['never_fails', (item) => Object.assign(item, { type: 'text', veto: true })],
  ['never_fails', (item) => Object.assign(item, { type: 'number', veto: true })],
];

it.each(SPOILS)('%s is found, and nothing else', (code, spoil) => {
  const list = good();
  expect(flawsOf(list)).toEqual([]);
  spoil(first(list), list);
  expect(codesOf(list)).toEqual([code]);
});

it('finds options that are alike, and vetoes that no option fails', () => {
  const list = good();
  const item = first(list);
  setType(list, item, 'choice');
  for (const [i, option] of item.options.entries())
    Object.assign(option, { code: `o${i}`, title: { zh: '选项', en: 'Option' } });
  expect(codesOf(list)).toEqual([]);
  item.veto = true;
  expect(codesOf(list)).toEqual(['never_fails']);
  (item.options[1] as { fails: boolean }).fails = true;
  expect(codesOf(list)).toEqual([]);
  (item.options[1] as { code: string }).code = 'o0';
  expect(codesOf(list)).toEqual(['code_twice']);
});

it('keeps codes for one question, and does not take another list’s', () => {
  const [before] = SHIPPED as [Checklist];
  const next = draftOf(before);
  const item = next.items.find(({ type }) => type === 'pass_fail') as ItemDraft;
  item.type = 'text';
  item.veto = false;
  expect(codesOf(next, [before])).toEqual(['item_code_reused']);
  expect(codesOf(draftOf(before), [], [before.code])).toEqual(['code_taken']);
});

it('tells what is new', () => {
  const [before] = SHIPPED as [Checklist];
  const next = draftOf(before);
  const [a, b, c] = before.items.map(({ code }) => code);
  (next.items[0] as ItemDraft).min_photos = 7;
  expect(changesSince(before, fileOf(next, 2))).toMatchObject({ changed: [a], added: [], removed: [] });
  move(next.items, 1, 1);
  expect(changesSince(before, fileOf(next, 2))).toMatchObject({ changed: [a], moved: true });
  next.items = next.items.filter(({ code }) => code !== b);
  expect(changesSince(before, fileOf(next, 2))).toMatchObject({ removed: [b], moved: false });
  const at = copyItem(
    next,
    next.items.findIndex(({ code }) => code === c),
  );
  (next.items[at] as ItemDraft).code = 'fresh';
  expect(changesSince(before, fileOf(next, 2))).toMatchObject({ added: ['fresh'], head: false });
  next.title.en = 'Other';
  expect(changesSince(before, fileOf(next, 2))?.head).toBe(true);
});

it('keeps every item and gives each key once, whatever is moved, copied and added', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'copy', 'up', 'down', 'option', 'drop'),
    at: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const list = good();
      let n = 1;
      for (const { what, at: wish } of steps) {
        const at = wish % list.items.length;
        const before = list.items[at] as ItemDraft;
        if (what === 'add') n += addItem(list, at) >= 0 ? 1 : 0;
        else if (what === 'copy') n += copyItem(list, at) >= 0 ? 1 : 0;
        else if (what === 'option') addOption(list, before);
        else if (what === 'drop') n -= list.items.length > 1 ? list.items.splice(at, 1).length : 0;
        else expect(list.items[move(list.items, at, what === 'up' ? -1 : 1)]).toBe(before);
        expect(list.items.length).toBe(n);
        const keys = list.items.flatMap((item) => [item.key, ...item.options.map(({ key }) => key)]);
        expect(new Set(keys).size).toBe(keys.length);
      }
    }),
  );
});

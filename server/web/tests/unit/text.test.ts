// Both languages are complete, and nothing that a person reads stands outside of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { T as DESK } from '../../desk/text';
import { A as ADMIN } from '../../desk/text.admin';
import { W as WORK } from '../../desk/text.work';
import { T as FIELD } from '../../field/text';
import { J as JOIN } from '../../field/text.join';
import { M as MAP } from '../../field/text.map';
import type { Pair } from '../../shared/lang/lang.svelte';
import * as words from '../../shared/lang/words';
import { D as DAYS } from '../../shared/parts/text.days';
import { F as FIELDS } from '../../shared/parts/text.fields';

const ROOT = join(import.meta.dirname, '../..');
const CJK = /[\u3400-\u9fff]/;
const vocabularies = Object.entries(words).filter(([, value]) => typeof value === 'object');
/** By app, and by the name under which its pages know them. */
const APPS: [app: string, name: string, texts: Record<string, Pair>][] = [
  ['field', 'T', FIELD],
  ['field', 'J', JOIN],
  ['field', 'M', MAP],
  ['desk', 'T', DESK],
  ['desk', 'A', ADMIN],
  ['desk', 'W', WORK],
  ['shared', 'D', DAYS],
  ['shared', 'F', FIELDS],
];
const pairs: [string, Pair][] = [
  ...APPS.flatMap(([, , texts]): [string, Pair][] => Object.entries(texts)),
  ...vocabularies.flatMap(([name, list]) =>
    Object.entries(list).map(([word, pair]): [string, Pair] => [`${name}.${word}`, pair]),
  ),
];
/** Names and signs, the same in every language. */
const WORDLESS = ['openMap'];
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([one]) => one).sort();

it.each(pairs)('%s is said in both languages', (key, [zh, en]) => {
  expect(zh.trim()).not.toBe('');
  expect(en.trim()).not.toBe('');
  expect(placeholders(zh)).toEqual(placeholders(en));
  expect(CJK.test(en)).toBe(false);
  if (!WORDLESS.includes(key)) expect(CJK.test(zh) || /^[\d{}\W]+$/.test(zh)).toBe(true);
});

const filesOf = (pattern: RegExp, ...folders: string[]) =>
  folders.flatMap((app) =>
    readdirSync(join(ROOT, app), { recursive: true, encoding: 'utf8' })
      .filter((name) => pattern.test(name))
      .map((name) => join(ROOT, app, name)),
  );

it('no page says anything by itself', () => {
  const said = filesOf(/\.svelte$/, 'field', 'desk', 'shared/parts').filter((file) => {
    const text = readFileSync(file, 'utf8')
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/>中文</g, '><');
    return CJK.test(text);
  });
  expect(said).toEqual([]);
});

it.each(APPS)('every text of %s (%s) is used', (app, name, texts) => {
  const files = filesOf(/(?<!text|text\.\w+)\.(svelte|ts)$/, app, 'shared/parts');
  const all = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(Object.keys(texts).filter((key) => !new RegExp(`\\b${name}\\.${key}\\b`).test(all))).toEqual([]);
});

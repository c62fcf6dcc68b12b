// Shortcuts of one key can be switched off, all of them; every page has a title that tells nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isSign } from '../../desk/shortcuts';
import { TITLES, titleOf } from '../../desk/titles';
import { lang } from '../../shared/lang/lang.svelte';

const DESK = join(import.meta.dirname, '../../desk');
const source = (file: string) => readFileSync(join(DESK, file), 'utf8');
const pages = readdirSync(DESK, { recursive: true, encoding: 'utf8' }).filter((one) =>
  one.endsWith('.svelte'),
);
afterEach(() => {
  lang.current = 'zh';
});

const key = (key: string, held = '') => ({
  key,
  ctrlKey: held === 'ctrl',
  metaKey: held === 'meta',
  altKey: held === 'alt',
});
it.each(['j', 'K', '/', '?', '1', '。', ' '])('%j is a sign', (one) => {
  expect(isSign(key(one))).toBe(true);
  for (const held of ['ctrl', 'meta', 'alt']) expect(isSign(key(one, held))).toBe(false);
});
it.each(['Enter', 'ArrowDown', 'Escape', 'F1', 'Tab'])('%s is none', (one) => {
  expect(isSign(key(one))).toBe(false);
});

it('whoever listens to the whole page for a sign asks first whether shortcuts are on', () => {
  const listening = pages.filter((file) => /<svelte:window[^>]*onkeydown/.test(source(file)));
  const taking = listening.filter((file) => /event\.key (===|!==) '[^']'/.test(source(file)));
  expect(taking.map((file) => file.split('/').at(-1)).sort()).toEqual([
    'Editor.svelte',
    'Inbox.svelte',
    'Inspection.svelte',
    'List.svelte',
  ]);
  for (const file of taking) expect(source(file), file).toContain('!desk.hears(event)');
});

describe('titles', () => {
  const known = [
    ...[
      ...(/const LATER = \{([\s\S]*?)\}/.exec(source('Ready.svelte'))?.[1] ?? '').matchAll(/(\w+): \(\)/g),
    ].map(([, page]) => page as string),
    'today',
    'inbox',
    'list',
    'item',
  ];
  it('are there for every page, and for no other', () => {
    expect(known.length).toBeGreaterThan(20);
    expect(Object.keys(TITLES).sort()).toEqual(known.sort());
  });
  it.each(['zh', 'en'] as const)('tell the pages apart, %s', (language) => {
    lang.current = language;
    const titles = known.map((page) => titleOf(page, ''));
    const same = titles.filter((one, i) => titles.indexOf(one) !== i);
    expect(same).toEqual([]);
  });
  it('have the number of what there are many of, and nothing else of it', () => {
    const id = '019fa001-0000-7111-8222-333344445577';
    expect(titleOf('item', id)).toBe('整改事项 44445577 · 暗访督查');
    expect(titleOf('site', id)).not.toContain('5577');
    // Nor are names that every object of the language has.
    for (const page of ['nowhere', 'constructor', '__proto__'])
      expect(titleOf(page, '')).toBe('没有这个页面 · 暗访督查');
  });
});

// Small rules of the phone: what to do about a refusal, refused files, room, titles, films.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviceOf } from '../../field/advice';
import { lengthText } from '../../field/media';
import { isLow, LOW_BYTES, leftOf } from '../../field/room';
import { TITLES, titleOf } from '../../field/titles';
import { CODES } from '../../shared/codes.generated';
import { Engine } from '../../shared/engine/engine';
import { fileAgain, give, letGo } from '../../shared/engine/give';
import { type Code, problemOf } from '../../shared/wire/problem';

const codes = Object.keys(CODES) as Code[];

describe('a refusal', () => {
  it.each(codes)(
    '%s says what happened and what to do, in both languages, and nothing is lost of it',
    (code) => {
      const problem = problemOf(code);
      for (const [language, title] of [
        ['zh', problem.title_zh],
        ['en', problem.title],
      ] as const) {
        const { what, todo } = adviceOf(problem, language);
        expect(what).not.toBe('');
        expect(todo).not.toBe('');
        expect(title.startsWith(what)).toBe(true);
        expect(what === title || title.endsWith(todo)).toBe(true);
      }
    },
  );

  it('the advice is the protocol’s own where it has one', () => {
    const told = adviceOf(problemOf('extension_too_late'), 'zh');
    expect(told).toEqual({ what: '期限已过，不能再申请延期', todo: '请尽快报验或请督查办挂账' });
    expect(adviceOf(problemOf('id_reused'), 'en').todo).toBe('send a new command');
    expect(adviceOf(problemOf('site_unknown'), 'zh').todo).toMatch(/督查办/);
  });
});

describe('a refused file', () => {
  const sha = 'a'.repeat(64);
  const now = { wall: 1_786_000_000_000, uptime_ms: 10, boot: 'b' };
  function phone(refused: boolean): Engine {
    const engine = new Engine();
    engine.apply({ owner: '00000000-0000-7000-8000-000000000001' });
    const file = { sha256: sha, size: 10, media_type: 'image/jpeg' };
    const id = '00000000-0000-7000-8000-000000000002';
    const command = { id, type: 'inspection.submit', item: id, body: {}, files: [sha] };
    for (const record of give(engine, command, [file], now)) engine.apply(record);
    const problem = problemOf('media_not_allowed');
    if (refused) engine.apply({ file: { sha256: sha, state: { is: 'refused', problem } } });
    return engine;
  }
  const due = (engine: Engine) => engine.files.due(engine.wantedFiles(), true).map((one) => one.sha256);

  it('goes again when a person says so, and can be let go for good', () => {
    const again = phone(true);
    expect(due(again)).toEqual([]);
    for (const record of fileAgain(again, sha) ?? []) again.apply(record);
    expect(due(again)).toEqual([sha]);

    const gone = phone(true);
    for (const record of letGo(gone, sha) ?? []) gone.apply(record);
    expect(due(gone)).toEqual([]);
    expect(gone.files.get(sha)?.state.is).toBe('given_up');
    gone.files.declareAgain();
    expect(due(gone)).toEqual([]);
    // Its report has not arrived yet: until then nothing is deleted.
    expect(gone.deletable()).toEqual([]);
  });

  it('nobody lets go of a file that was not refused', () => {
    expect(fileAgain(phone(false), sha)).toBeUndefined();
    expect(letGo(phone(false), sha)).toBeUndefined();
    expect(letGo(phone(true), 'b'.repeat(64))).toBeUndefined();
  });
});

describe('room on the phone', () => {
  const space = (used: number, quota: number) => ({ used, quota, persisted: true });
  it('is short below two hundred megabytes, and never where the phone does not tell', () => {
    expect(isLow(space(0, LOW_BYTES))).toBe(false);
    expect(isLow(space(1, LOW_BYTES))).toBe(true);
    expect(isLow(space(9e9, 8e9))).toBe(true);
    expect(isLow(space(0, 0))).toBe(false);
    expect(isLow(undefined)).toBe(false);
  });
  it('never gets longer by using it', () => {
    const bytes = fc.nat(2 ** 31 - 1);
    fc.assert(
      fc.property(bytes, bytes, bytes, (used, more, quota) => {
        const [a, b] = [space(used, quota), space(used + more, quota)];
        expect(leftOf(b)).toBeLessThanOrEqual(leftOf(a));
        expect(leftOf(b)).toBeGreaterThanOrEqual(0);
        if (isLow(a)) expect(isLow(b)).toBe(true);
      }),
    );
  });
});

describe('titles', () => {
  it('every page has its own, in both languages', () => {
    const ready = readFileSync(join(import.meta.dirname, '../../field/Ready.svelte'), 'utf8');
    const pages = [...ready.matchAll(/if page === '(\w+)'/g)].map(([, page]) => page as string);
    expect(pages.length).toBeGreaterThan(8);
    for (const page of pages) expect(Object.keys(TITLES)).toContain(page);
    for (const language of [0, 1]) {
      const said = Object.values(TITLES).map((pair) => pair[language]);
      expect(new Set(said).size).toBe(said.length);
    }
    for (const page of ['no such page', 'constructor']) expect(titleOf(page)[0]).toBe('没有这个页面');
  });
});

it('a film’s length is told as cameras do', () => {
  expect([0, 0.4, 9.6, 59.5, 61, 3599, 3661].map(lengthText)).toEqual([
    '0:00',
    '0:00',
    '0:10',
    '1:00',
    '1:01',
    '59:59',
    '1:01:01',
  ]);
});

// Each trap of the protocol, fallen into on purpose: the random days of engine.test.ts must notice every one.
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { Engine } from '../../shared/engine/engine';
import { Feed } from '../../shared/engine/feed';
import { Files } from '../../shared/engine/files';
import { Outbox } from '../../shared/engine/outbox';
import type { Record as Kept } from '../../shared/engine/record';
import { day } from '../model/actions';
import { run } from '../model/world';

// biome-ignore lint/suspicious/noExplicitAny: a mutant reaches into what is private.
type Open = any;
const feed = Feed.prototype as Open;
const outbox = Outbox.prototype as Open;
const files = Files.prototype as Open;
const engine = Engine.prototype as Open;

function replace(target: Open, name: string, make: (original: (...args: Open[]) => Open) => unknown): void {
  const original = target[name];
  const made = make(original) as (...args: Open[]) => Open;
  vi.spyOn(target, name).mockImplementation(function (this: Open, ...args: Open[]) {
    return made.apply(this, args);
  });
}

/** Hides one kind of record from the journal: as if it had never been written. */
function forgetting(which: string): void {
  replace(
    engine,
    'apply',
    (original) =>
      function (this: Open, record: Kept) {
        if (!(which in record)) original.call(this, record);
      },
  );
}

const MUTANTS: Record<string, () => void> = {
  'an item is deleted at its first gone': () =>
    replace(
      feed,
      'leave',
      (original) =>
        function (this: Open, channel: string, id: string) {
          original.call(this, channel, id);
          const item = this.published.get(id);
          if (item && !(channel in item.channels)) this.published.delete(id);
        },
    ),
  'a drop is passed over': () =>
    replace(
      feed,
      'stage',
      (original) =>
        function (this: Open, changes: Open[]) {
          original.call(
            this,
            changes.filter((change) => !change.drop),
          );
        },
    ),
  'half a pull is published': () =>
    replace(
      feed,
      'take',
      (original) =>
        function (this: Open, asked: Open, page: Open) {
          return original.call(this, asked, { ...page, more: false });
        },
    ),
  'what was staged is kept over a change of life': () =>
    replace(
      feed,
      'beginAnew',
      (original) =>
        function (this: Open, digests: Open) {
          const staged = this.state.staged;
          original.call(this, digests);
          this.state.staged = [...staged, ...this.state.staged];
        },
    ),
  'an answer to an older pull is taken in': () =>
    replace(
      feed,
      'take',
      (original) =>
        function (this: Open, asked: Open, page: Open) {
          return original.call(
            this,
            { ...asked, cursor: this.state.cursor },
            { ...page, changes: (page.changes ?? []).slice(1) },
          );
        },
    ),
  'a put without a body empties the item': () =>
    replace(
      feed,
      'put',
      (original) =>
        function (this: Open, step: Open) {
          original.call(this, step);
          if (step.body === undefined) this.published.get(step.put[1]).body = { tokens: [] };
        },
    ),
  'digests are not compared after a change of life': () => replace(feed, 'differing', () => () => []),
  'the highest revision wins instead of the last': () =>
    replace(
      feed,
      'put',
      (original) =>
        function (this: Open, step: Open) {
          if ((this.published.get(step.put[1])?.rev ?? 0) <= step.rev) original.call(this, step);
        },
    ),
  'acknowledged commands are not sent again after a restore': () =>
    replace(outbox, 'sendAgain', () => () => undefined),
  'files are not declared again after a restore': () => replace(files, 'declareAgain', () => () => undefined),
  'a command does not say which one it follows': () => replace(outbox, 'lastOn', () => () => undefined),
  'a refused command holds up the queue': () =>
    replace(
      outbox,
      'sendable',
      (original) =>
        function (this: Open, retry: boolean) {
          return this.refused().length ? [] : original.call(this, retry);
        },
    ),
  'a put-off command is taken for done': () =>
    replace(
      outbox,
      'take',
      (original) =>
        function (this: Open, asked: Open, page: Open) {
          const done = (one: Open) => (one.status === 'retry' ? { ...one, status: 'applied' } : one);
          original.call(this, asked, { ...page, outcomes: page.outcomes?.map(done) });
        },
    ),
  'a command is written anew before each sending': () =>
    replace(
      engine,
      'next',
      (original) =>
        function (this: Open, ...args: Open[]) {
          const step = original.apply(this, args);
          if (step.do === 'sync')
            step.body = step.body.replace(/"commands":\[\{/, `"commands":[{"at2":${Math.random()},`);
          return step;
        },
    ),
  'the overlay is never taken away': () => replace(outbox, 'effectsArrived', () => () => undefined),
  'the last byte counts as the receipt': () =>
    replace(
      files,
      'mayGo',
      () => (file: Open) =>
        file.state.is === 'sent' || file.state.is === 'declared' || file.state.is === 'received',
    ),
  'an upload begins where the phone thinks it is': () =>
    replace(
      files,
      'holds',
      (original) =>
        function (this: Open, sha: string, upload: string, holds: number, from?: number) {
          return original.call(this, sha, upload, from === undefined ? 0 : holds, from);
        },
    ),
  'films go over a link that is paid for': () =>
    replace(
      files,
      'due',
      (original) =>
        function (this: Open, wanted: Open) {
          return original.call(this, wanted, true);
        },
    ),
  'a stopped phone goes on sending': () =>
    replace(
      engine,
      'next',
      (original) =>
        function (this: Open, ...args: Open[]) {
          this.settings = { ...this.settings, paused: false };
          return original.apply(this, args);
        },
    ),
  'no film ever goes': () =>
    replace(
      files,
      'due',
      (original) =>
        function (this: Open, wanted: Open) {
          return original.call(this, wanted, false);
        },
    ),
  'it is not remembered that a command went out': () => forgetting('sending'),
  'receipts are not kept': () => forgetting('file'),
};

afterEach(() => vi.restoreAllMocks());

it.each(Object.keys(MUTANTS))('%s: is noticed', (name) => {
  MUTANTS[name]?.();
  const result = fc.check(fc.property(day, run), { numRuns: 1500, seed: 7, endOnFailure: true });
  expect(result.failed, 'no day noticed it').toBe(true);
});

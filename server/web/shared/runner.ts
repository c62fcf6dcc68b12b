// Carries out what the engine says, over the real network, with its memory in the person's store.
//
// Promises: records are on disk before they count; one thing at a time; killed at any point and opened again, it
// goes on. Never decides anything that the engine can decide.
import type { Session } from './auth/session';
import type { Moment } from './engine/clock';
import { Engine } from './engine/engine';
import type { Item } from './engine/feed';
import type { NewFile } from './engine/files';
import { discard, fileAgain, give, giveAgain, letGo, type NewCommand } from './engine/give';
import { SETTINGS, type Settings } from './engine/pace';
import { isKept, type Record as Kept } from './engine/record';
import type { Answer, Network, Step } from './engine/step';
import { v7 } from './ids';
import { answerOf, ask, patch, type Reply, refusalOf } from './net/http';
import { bucketsOf, Fenced, type Home, NoSpace } from './store/home';
import { declarations, type Limits, page as pageShape } from './wire/messages';
import { problemOf } from './wire/problem';

/** Entries of the journal after which it is written together. */
const JOURNAL_MAX = 100;

export interface Trouble {
  is: 'no_space' | 'fenced' | 'broken';
  error: unknown;
}

export class Runner {
  private readonly boot = v7();
  private turn: Promise<unknown> = Promise.resolve();
  private wakeUp: (() => void) | undefined;
  private stopped = false;
  private journalled = 0;
  /** Bytes of the part that is going out, by file. */
  readonly sending = new Map<string, number>();
  step: Step = { do: 'wait', why: 'idle' };
  trouble: Trouble | undefined;

  private constructor(
    readonly engine: Engine,
    readonly home: Home,
    readonly session: Session,
    private readonly changed: () => void,
  ) {}

  /** Reads the store, and goes on where it was. */
  static async open(home: Home, session: Session, account: string, changed: () => void): Promise<Runner> {
    const settings: Settings = { ...SETTINGS, ...(await home.sealed<Partial<Settings>>('settings')) };
    const [snapshot, items] = await Promise.all([home.snapshot(), home.items()]);
    const engine = snapshot ? Engine.restore(settings, snapshot, items) : new Engine(settings);
    const runner = new Runner(engine, home, session, changed);
    for await (const records of home.journal()) {
      for (const record of records) engine.apply(record);
      runner.journalled += 1;
    }
    if (!engine.owner) await runner.keep([{ owner: account }]);
    runner.toBeRefreshed();
    return runner;
  }

  moment(): Moment {
    return { wall: Date.now(), uptime_ms: performance.now(), boot: this.boot };
  }

  /** Nothing else decides meanwhile. */
  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = this.turn.then(work, work);
    this.turn = next.catch(() => undefined);
    return next;
  }

  private async keep(records: Kept[]): Promise<void> {
    const kept = records.filter(isKept);
    await this.home.append(kept);
    for (const record of records) this.engine.apply(record);
    if (kept.length) this.journalled += 1;
    if (
      this.journalled > JOURNAL_MAX ||
      (kept.some((one) => 'synced' in one) && !this.engine.feed.isUnfinished)
    ) {
      await this.checkpoint();
    }
    this.changed();
  }

  private async checkpoint(): Promise<void> {
    const { feed } = this.engine;
    const touched = feed.takeTouched();
    const items: Iterable<[string, Item]> = feed.items();
    await this.home.checkpoint(
      this.engine.snapshot(),
      bucketsOf(touched, items),
      await this.home.journalEnd(),
    );
    this.journalled = 0;
  }

  // What a person does

  /** On disk when it returns. */
  async give(command: NewCommand, files: NewFile[]): Promise<void> {
    await this.exclusive(() => this.keep(give(this.engine, command, files, this.moment())));
    this.nudge();
  }

  async discard(id: string): Promise<void> {
    await this.exclusive(async () => this.keep(discard(this.engine, id, true) ?? []));
  }

  async giveAgain(id: string): Promise<void> {
    await this.exclusive(async () => this.keep(giveAgain(this.engine, id, this.moment(), v7) ?? []));
    this.nudge();
  }

  /** A refused file is sent once more. */
  async fileAgain(sha256: string): Promise<void> {
    await this.exclusive(async () => this.keep(fileAgain(this.engine, sha256) ?? []));
    this.nudge();
  }

  /** A refused file is given up, and its bytes go, unless a draft or a report that has not arrived still has it. */
  async letGo(sha256: string, drafted: Set<string>): Promise<void> {
    await this.exclusive(async () => {
      await this.keep(letGo(this.engine, sha256) ?? []);
      if (drafted.has(sha256) || !this.engine.deletable().includes(sha256)) return;
      await this.home.dropFiles([sha256]);
      await this.keep([{ removed: [sha256] }]);
    });
  }

  async change(settings: Partial<Settings>): Promise<void> {
    this.engine.settings = { ...this.engine.settings, ...settings };
    await this.home.keepSealed('settings', this.engine.settings);
    this.nudge();
  }

  /** Looks for news, and tries at once what was put off. */
  nudge(): void {
    this.trouble = undefined;
    this.engine.apply(this.engine.nudge());
    this.wake();
  }

  async learn(limits: Limits): Promise<void> {
    await this.exclusive(() => this.keep([{ limits }]));
  }

  /** A person has signed in again. */
  welcome(): void {
    this.engine.apply({ pace: { ...this.engine.pace, access: { is: 'good' }, wait_until_ms: 0 } });
    this.wake();
  }

  /** A token that can be used now. `spent`: it was just refused. Waits for the loop to renew it, for a while. */
  async freshToken(spent?: string): Promise<string | undefined> {
    if (spent !== undefined && this.session.token === spent) {
      this.engine.apply({ pace: { ...this.engine.pace, access: { is: 'stale' } } });
      this.wake();
    }
    for (let i = 0; i < 100 && !this.stopped; i++) {
      const { token } = this.session;
      if (token !== undefined && token !== spent) return token;
      if (this.step.do === 'sign_in') break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return this.session.token;
  }

  private toBeRefreshed(): void {
    const access = this.session.token
      ? ({ is: 'good' } as const)
      : this.session.canRefresh
        ? ({ is: 'stale' } as const)
        : ({ is: 'signed_out' } as const);
    this.engine.apply({ pace: { ...this.engine.pace, access } });
  }

  // The loop

  wake(): void {
    this.wakeUp?.();
    this.changed();
  }

  stop(): Promise<unknown> {
    this.stopped = true;
    this.wake();
    return this.turn;
  }

  async run(network: () => Network): Promise<void> {
    while (!this.stopped) {
      this.step = this.engine.next(this.moment(), network());
      if (this.trouble || this.step.do === 'wait' || this.step.do === 'sign_in') {
        this.changed();
        await this.rest(this.step.do === 'wait' && !this.trouble ? this.step.until_ms : undefined);
        continue;
      }
      try {
        await this.take(this.step);
      } catch (error) {
        this.trouble = {
          is: error instanceof NoSpace ? 'no_space' : error instanceof Fenced ? 'fenced' : 'broken',
          error,
        };
        this.changed();
      }
    }
  }

  private rest(until_ms?: number): Promise<void> {
    return new Promise((resolve) => {
      // A timer of more than a minute may be put to sleep with the page: wake now and then and look.
      const ms =
        until_ms === undefined ? 60_000 : Math.min(Math.max(until_ms - performance.now(), 50), 60_000);
      const timer = setTimeout(done, ms);
      const wakeUp = done;
      this.wakeUp = wakeUp;
      function done() {
        clearTimeout(timer);
        resolve();
      }
    });
  }

  private async take(step: Step): Promise<void> {
    await this.exclusive(() => this.keep(this.engine.begin(step)));
    this.changed();
    const began = performance.now();
    const answer = await this.carry(step);
    const took = performance.now() - began;
    await this.exclusive(() =>
      this.keep(this.engine.received(step, answer, took, this.moment(), Math.random())),
    );
  }

  private async carry(step: Step): Promise<Answer> {
    const token = this.session.token;
    switch (step.do) {
      case 'refresh':
        return this.session.refresh();
      case 'sync': {
        const reply = await ask('POST', '/v1/sync', { token, body: step.body });
        return answerOf(reply, pageShape, (page) => ({ is: 'synced', page }));
      }
      case 'declare': {
        const reply = await ask('POST', '/v1/blobs', { token, body: JSON.stringify({ blobs: step.blobs }) });
        return answerOf(reply, declarations, ({ blobs }) => ({ is: 'declared', standings: blobs }));
      }
      case 'ask': {
        const reply = await ask('HEAD', step.upload, { token, headers: { 'tus-resumable': '1.0.0' } });
        return holding(reply);
      }
      case 'upload':
        return this.upload(step, token ?? '');
      default:
        return { is: 'lost' };
    }
  }

  private async upload(step: Extract<Step, { do: 'upload' }>, token: string): Promise<Answer> {
    const bytes = await this.home.fileBytes(step.sha256, step.offset, step.length);
    if (!bytes)
      return {
        is: 'broken',
        problem: problemOf('evidence_unknown', { detail: 'the file is not on this phone' }),
      };
    try {
      const progress = (sent: number) => {
        this.sending.set(step.sha256, sent);
        this.changed();
      };
      return holding(await patch(step.upload, token, step.offset, bytes, progress));
    } finally {
      this.sending.delete(step.sha256);
    }
  }

  // Letting go

  /** Forgets what was acknowledged long ago. `all`: also the copies of files that the server has confirmed. Returns
   *  how many files were deleted. */
  async tidy(all: boolean, drafted: Set<string>): Promise<number> {
    return this.exclusive(async () => {
      const forgotten = this.engine.forgettable(this.moment());
      if (forgotten.length) await this.keep([{ forgotten }]);
      const files = this.engine
        .deletable()
        .filter((sha) => !drafted.has(sha) && (all || this.isVouchedFor(sha)));
      if (files.length) {
        await this.home.dropFiles(files);
        await this.keep([{ removed: files }]);
      }
      return files.length;
    });
  }

  /** No report names it any more that might have to be sent again. */
  private isVouchedFor(sha: string): boolean {
    return !this.engine.outbox.all().some((entry) => entry.files.includes(sha));
  }
}

function holding(reply: Reply | undefined): Answer {
  if (!reply) return { is: 'lost' };
  if (reply.status >= 200 && reply.status < 300) {
    return typeof reply.body === 'number' ? { is: 'holds', bytes: reply.body } : { is: 'lost' };
  }
  return refusalOf(reply);
}

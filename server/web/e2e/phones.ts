// Two makes of phone that speak to the same server: this folder's engine with its store in memory, and the program's own
// (`anfang phone`). Both record, void, sync, can be cut off in the middle, and tell what they hold.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Session, signInBare } from '../shared/auth/session';
import type { Entry } from '../shared/engine/outbox';
import { v7 } from '../shared/ids';
import { Runner } from '../shared/runner';
import { Home } from '../shared/store/home';
import { makeDataKey } from '../shared/store/seal';
import type { Inspection, Problem } from '../shared/wire/messages';
import type { Dice } from './chance';
import { PASSWORD, sleep } from './ground';
import { by, type Link } from './link';

export interface Photo {
  bytes: Buffer<ArrayBuffer>;
  sha256: string;
}
export interface Place {
  site_id: string;
  code: string;
  latitude?: number;
  longitude?: number;
}
export interface Visit {
  place: Place;
  text: string;
  notes: string;
  photos: Photo[];
}
/** A command on a phone, whichever way it keeps it. */
export interface Told {
  id: string;
  type: string;
  item: string;
  state: string;
  problem?: Problem;
}
export interface Held {
  rev: string;
  pending: boolean;
  inspection: Inspection;
}

export interface Phone {
  readonly make: 'typescript' | 'rust';
  readonly login: string;
  record(visit: Visit): Promise<string>;
  void(id: string, reason: string): Promise<void>;
  /** Goes as far as it comes; `cut_ms`: dies after so long and is started again, later. */
  sync(cut_ms?: number): Promise<void>;
  /** Until nothing is on its way any more. */
  settle(): Promise<void>;
  commands(): Promise<Told[]>;
  held(): Promise<Map<string, Held>>;
  sites(): Promise<Set<string>>;
  close(): Promise<void>;
}

const END_MS = 40_000;
const at = (ms: number) => new Date(Date.now() + ms).toISOString();
const blobOf = ({ bytes, sha256 }: Photo) => ({ sha256, size: bytes.length, media_type: 'image/jpeg' });

export function photo(dice: Dice, bytes: number): Photo {
  const made = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) made[i] = dice.below(256);
  made.set([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]);
  return { bytes: made, sha256: createHash('sha256').update(made).digest('hex') };
}

/** This folder's engine, runner and store; nothing but the browser is missing. */
export class Ours implements Phone {
  readonly make = 'typescript';
  private running: Promise<void> = Promise.resolve();

  private constructor(
    readonly login: string,
    private readonly link: Link,
    private readonly store: { name: string; key: CryptoKey },
    private home: Home,
    private runner: Runner,
  ) {}

  static async signIn(api: string, login: string, weather: Dice): Promise<Ours> {
    return by({ base: api }, async () => {
      const bare = await signInBare({ jurisdiction: '', login, password: PASSWORD });
      const store = { name: `${bare.account_id}-${v7()}`, key: (await makeDataKey(PASSWORD)).key };
      const home = await Home.open(store.name, store.key, v7());
      const session = await Session.open(home);
      await session.enrol(bare, 'ours', 'node', false);
      const runner = await Ours.begin(home, session, bare.account_id);
      return new Ours(login, { base: api, weather }, store, home, runner);
    });
  }

  private static async begin(home: Home, session: Session, account: string): Promise<Runner> {
    const runner = await Runner.open(home, session, account, () => undefined);
    runner.engine.settings = { ...runner.engine.settings, backoff_ms: 20, backoff_max_ms: 200 };
    return runner;
  }

  private get engine() {
    return this.runner.engine;
  }

  async record({ place, text, notes, photos }: Visit): Promise<string> {
    const inspection_id = v7();
    const { latitude, longitude } = place;
    const position = latitude === undefined ? {} : { position: { latitude, longitude, accuracy_m: 8 } };
    const evidence = photos.map((one) => ({ evidence_id: v7(), ...blobOf(one), source: 'camera' }));
    const named = evidence.map((one) => one.evidence_id);
    const finding = {
      finding_id: v7(),
      severity: 'serious',
      text,
      ...(named.length ? { evidence: named } : {}),
    };
    const body = {
      inspection_id,
      site_id: place.site_id,
      arrival: { at: at(-60_000), ...position, ...(latitude === undefined ? { no_position: '屋里' } : {}) },
      departure: { at: at(-1000) },
      findings: [finding],
      ...(evidence.length ? { evidence } : {}),
      notes,
    };
    for (const one of photos) await this.home.keepFile(one.sha256, new Blob([one.bytes]), undefined);
    const files = [...new Map(photos.map((one) => [one.sha256, blobOf(one)])).values()];
    const shas = files.map((one) => one.sha256);
    await this.runner.give(
      { id: v7(), type: 'inspection.submit', item: inspection_id, body, files: shas },
      files,
    );
    return inspection_id;
  }

  async amend(inspection_id: string, notes: string): Promise<void> {
    const body = { inspection_id, reason: notes, notes, interviews: [{ who: notes, satisfaction: 4 }] };
    await this.runner.give({ id: v7(), type: 'inspection.amend', item: inspection_id, body, files: [] }, []);
  }

  async void(inspection_id: string, reason: string): Promise<void> {
    const body = { inspection_id, reason };
    await this.runner.give({ id: v7(), type: 'inspection.void', item: inspection_id, body, files: [] }, []);
  }

  async sync(cut_ms?: number): Promise<void> {
    this.runner.nudge();
    this.go(this.link);
    if (cut_ms === undefined) {
      await this.idle(3_000);
      await this.stop();
    } else {
      await sleep(cut_ms);
      await this.die();
    }
  }

  async settle(): Promise<void> {
    this.runner.nudge();
    this.go({ base: this.link.base });
    if (!(await this.idle(END_MS))) throw new Error(`${this.login} does not come to rest: ${this.saying()}`);
    await this.stop();
  }

  private saying(): string {
    const { step, trouble } = this.runner;
    return JSON.stringify({ step, trouble: String(trouble?.error), pace: this.engine.pace });
  }

  private go(link: Link): void {
    this.running = by(link, () => this.runner.run(() => 'free'));
  }

  private async idle(most_ms: number): Promise<boolean> {
    for (const end = Date.now() + most_ms; Date.now() < end; await sleep(15)) {
      const { step } = this.runner;
      const due = this.engine.pace.pull_due || this.engine.feed.isUnfinished;
      if (step.do === 'wait' && step.why === 'idle' && !due) return true;
    }
    return false;
  }

  /** After the step that it is in. */
  private async stop(): Promise<void> {
    await this.runner.stop();
    await this.running;
    await this.start();
  }

  /** In the middle of whatever it does: what was not kept is forgotten. The fence keeps the dead one's hands off. */
  private async die(): Promise<void> {
    void this.runner.stop();
    this.home = await Home.open(this.store.name, this.store.key, v7());
    await this.start();
  }

  private async start(): Promise<void> {
    const session = await Session.open(this.home);
    this.runner = await Ours.begin(this.home, session, this.engine.owner ?? '');
  }

  async commands(): Promise<Told[]> {
    const told = ({ id, type, item, state }: Entry): Told => {
      const problem = 'problem' in state ? state.problem : undefined;
      return { id, type, item, state: state.is, ...(problem ? { problem } : {}) };
    };
    return this.engine.outbox.all().map(told);
  }

  async held(): Promise<Map<string, Held>> {
    const held = new Map<string, Held>();
    for (const id of this.engine.idsOf('inspection')) {
      const inspection = this.engine.inspection(id);
      const pending = this.engine.pendingOn(id).length > 0;
      if (inspection) held.set(id, { rev: String(this.engine.feed.get(id)?.rev), pending, inspection });
    }
    return held;
  }

  async sites(): Promise<Set<string>> {
    return new Set(this.engine.idsOf('site'));
  }

  /** Channels that were found to differ from what the server says of them. */
  get mismatches(): number {
    return this.engine.feed.tally.mismatches;
  }

  async close(): Promise<void> {
    this.home.close();
  }
}

const execute = promisify(execFile);
const CODES = { done: 0, not_yet: 3, needs_a_person: 4 };

/** The program's own phone: one process for each thing done. */
export class Theirs implements Phone {
  readonly make = 'rust';
  private drafts = 0;

  private constructor(
    readonly login: string,
    private readonly bin: string,
    private readonly folder: string,
  ) {}

  static async signIn(bin: string, folder: string, api: string, login: string): Promise<Theirs> {
    mkdirSync(folder, { recursive: true });
    const phone = new Theirs(login, bin, folder);
    await phone.run(['sign-in', '--server', api, '--login', login], [CODES.done]);
    return phone;
  }

  private get env() {
    const home = join(this.folder, 'phone');
    return { ...process.env, ANFANG_PHONE_HOME: home, ANFANG_PASSWORD: PASSWORD, ANFANG_LOG: 'error' };
  }

  private async run(words: string[], codes: number[]): Promise<string> {
    const options = { env: this.env, maxBuffer: 64 * 1024 * 1024, timeout: 2 * END_MS };
    try {
      return (await execute(this.bin, ['phone', ...words], options)).stdout;
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      if (codes.includes(code)) return stdout;
      throw new Error(`anfang phone ${words.join(' ')}: ${code} ${stderr}`);
    }
  }

  async record({ place, text, notes, photos }: Visit): Promise<string> {
    const names = photos.map((_, i) => `photo-${this.drafts}-${i}.jpg`);
    const files = names.map((name) => join(this.folder, name));
    for (const [i, one] of photos.entries()) writeFileSync(files[i] as string, one.bytes);
    const { latitude, longitude } = place;
    const arrival = {
      at: at(-60_000),
      ...(latitude === undefined ? {} : { position: [latitude, longitude] }),
    };
    const draft = {
      site: place.code,
      arrival,
      findings: [{ severity: 'serious', text, ...(names.length ? { photos: names } : {}) }],
      photos: Object.fromEntries(names.map((name) => [name, { source: 'camera' }])),
      notes,
    };
    const file = join(this.folder, `draft-${this.drafts}.json`);
    this.drafts += 1;
    writeFileSync(file, JSON.stringify(draft));
    const words = ['record', file, ...files.flatMap((one) => ['--photo', one])];
    return JSON.parse(await this.run(words, [CODES.done])).inspection_id;
  }

  async void(id: string, reason: string): Promise<void> {
    await this.run(['void', id, '--reason', reason], [CODES.done]);
  }

  async sync(cut_ms?: number): Promise<void> {
    if (cut_ms === undefined) {
      await this.run(['sync'], [CODES.done, CODES.not_yet, CODES.needs_a_person]);
      return;
    }
    const child: ChildProcess = spawn(this.bin, ['phone', 'sync'], { env: this.env, stdio: 'ignore' });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await Promise.race([gone, sleep(cut_ms)]);
    child.kill('SIGKILL');
    await gone;
  }

  async settle(): Promise<void> {
    const words = ['sync', '--until-done', '--seconds', String(END_MS / 1000)];
    await this.run(words, [CODES.done, CODES.needs_a_person]);
  }

  private async lines<T>(words: string[]): Promise<T[]> {
    const text = await this.run(words, [CODES.done]);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  }

  async commands(): Promise<Told[]> {
    const codes = [CODES.done, CODES.not_yet, CODES.needs_a_person];
    return JSON.parse(await this.run(['status', '--json'], codes)).commands;
  }

  async held(): Promise<Map<string, Held>> {
    const lines = await this.lines<Held>(['list']);
    return new Map(lines.map((one) => [one.inspection.inspection_id, { ...one, rev: String(one.rev) }]));
  }

  async sites(): Promise<Set<string>> {
    return new Set((await this.lines<{ site_id: string }>(['sites', '--json'])).map((one) => one.site_id));
  }

  async close(): Promise<void> {}
}

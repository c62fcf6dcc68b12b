// A tiny server in memory with the feed of docs/PROTOCOL.md § 8: what the engine is tested against. Pure; it can be
// backed up and restored. Pages are tiny, so that every pull has several.
import { share } from '../../shared/wire/canonical';
import type { ChannelDigest, Declared, Outcome, Page, Standing } from '../../shared/wire/messages';
import { problemOf } from '../../shared/wire/problem';

const PAGE = 3;
export const TIME = '2026-08-12T02:40:00Z';

export type Verdict = 'fine' | 'refused' | 'conflict' | 'later';
/** What the model's commands say. An item collects the tokens of what was done to it. */
export interface Act {
  item: string;
  token: number;
  verdict: Verdict;
}

interface State {
  epoch: number;
  seq: number;
  /** Tombstones up to it are gone. */
  floor: number;
  /** Lives of the database that ended, each with its last number. */
  lives: Map<number, number>;
  things: Map<string, { rev: number; tokens: number[] }>;
  rows: Map<string, { seq: number; present: boolean }>;
  members: Map<string, { granted: number; revoked?: number }>;
  outcomes: Map<string, { text: string; outcome: Outcome }>;
  uploads: Map<string, { offset: number; size: number }>;
  held: Set<string>;
}

interface Cursor {
  epoch: number;
  at: [number, number, string];
  salt: number;
}

export interface Request {
  cursor: string | null;
  pull?: boolean;
  waiting_for?: string;
  resync?: string[];
  digests?: boolean;
  commands?: { id: string; n: number; after?: string; body: Act }[];
}

/** What one person sees: by item its revision, tokens, channels. */
export type View = Record<string, { rev: number; tokens: number[]; channels: string[] }>;

const key = (a: string, b: string) => `${a}|${b}`;
const before = (a: [number, number, string], b: [number, number, string]) =>
  a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0);

export class Server {
  private state: State = {
    epoch: 1,
    seq: 0,
    floor: 0,
    lives: new Map(),
    things: new Map(),
    rows: new Map(),
    members: new Map(),
    outcomes: new Map(),
    uploads: new Map(),
    held: new Set(),
  };
  private salt = 0;
  private saved: State | undefined;
  private readonly putOff = new Set<string>();
  readonly everHeld = new Set<string>();
  /** What a cursor's owner must see once the page with this cursor is published. */
  readonly snapshots = new Map<string, View>();

  get held(): Set<string> {
    return this.state.held;
  }

  tokensOf(item: string): number[] {
    return this.state.things.get(item)?.tokens ?? [];
  }

  // What others do

  grant(person: string, channel: string): void {
    const held = this.state.members.get(key(person, channel));
    if (held && held.revoked === undefined) return;
    this.state.members.set(key(person, channel), { granted: ++this.state.seq });
  }

  revoke(person: string, channel: string): void {
    const held = this.state.members.get(key(person, channel));
    if (held && held.revoked === undefined) held.revoked = ++this.state.seq;
  }

  /** Somebody changes a thing, so that it stands in exactly these channels, and in its owner's. */
  touch(item: string, channels: string[], token?: number): void {
    const thing = this.state.things.get(item) ?? { rev: 0, tokens: [] };
    const tokens = token === undefined ? thing.tokens : [...thing.tokens, token];
    this.state.things.set(item, { rev: thing.rev + 1, tokens });
    this.state.seq += 1;
    for (const [name, row] of this.state.rows) {
      const [channel = '', id] = name.split('|');
      const stays = channels.includes(channel) || channel.startsWith('person:');
      if (id === item && row.present && !stays) row.present = false;
      if (id === item && (row.present || !stays)) row.seq = row.present || row.seq ? this.state.seq : row.seq;
    }
    for (const channel of channels)
      this.state.rows.set(key(channel, item), { seq: this.state.seq, present: true });
  }

  backUp(): void {
    this.saved = structuredClone(this.state);
  }

  /** What happened since the backup is lost: revisions are given again, with other contents. */
  restore(): void {
    if (!this.saved) return;
    const lives = new Map(this.saved.lives).set(this.saved.epoch, this.saved.seq);
    this.state = { ...structuredClone(this.saved), epoch: this.state.epoch + 1, lives };
  }

  /** Tombstones are collected; whoever has not seen them all has to compare. */
  sweep(): void {
    this.state.floor = Math.max(this.state.seq - 1, 0);
    for (const [name, row] of this.state.rows)
      if (!row.present && row.seq <= this.state.floor) this.state.rows.delete(name);
  }

  expireUploads(): void {
    this.state.uploads.clear();
  }

  // What phones ask

  sync(person: string, request: Request): Page {
    const outcomes = (request.commands ?? []).map((command) => this.perform(person, command));
    const page: Page = { server_time: TIME, ...(outcomes.length ? { outcomes } : {}) };
    if (outcomes.some(({ status }) => status === 'applied'))
      page.written_through = `${this.state.epoch}:${this.state.seq}`;
    if (request.pull === false) return page;
    const cursor: Cursor | undefined = request.cursor === null ? undefined : JSON.parse(request.cursor);
    const { epoch, floor, seq } = this.state;
    if (cursor && (cursor.epoch !== epoch || before(cursor.at, [floor, 9, '']) < 0)) {
      const digests = this.digests(person);
      if (cursor.epoch !== epoch) this.tellOtherwise(digests, cursor.epoch);
      return { ...page, cursor: this.seal([seq, 9, '']), more: false, resync: true, digests };
    }
    return { ...page, ...this.pull(person, cursor?.at ?? [-1, 0, ''], request, page.written_through) };
  }

  private pull(
    person: string,
    at: [number, number, string],
    request: Request,
    wrote?: string,
  ): Partial<Page> {
    const anew = request.resync ?? [];
    const steps = this.steps(person)
      .filter((step) => before(step.at, at) > 0)
      .sort((a, b) => before(a.at, b.at));
    const chosen = steps.slice(0, anew.length ? 0 : PAGE);
    const more = chosen.length < steps.length;
    const changes: Page['changes'] = [];
    const told = new Set<string>();
    const put = (channel: string, id: string) => {
      const thing = this.state.things.get(id);
      const rev = `${thing?.rev ?? 0}`;
      const body = told.has(id) ? undefined : { tokens: thing?.tokens };
      told.add(id);
      changes.push({ put: [channel, id], kind: 'inspection', rev, body });
    };
    for (const channel of anew) {
      changes.push({ drop: channel });
      if (!this.mayRead(person, channel)) continue;
      for (const [name, row] of this.state.rows) {
        const [where = '', id = ''] = name.split('|');
        if (where === channel && row.present) put(channel, id);
      }
    }
    for (const step of chosen) {
      if (step.is === 'drop') changes.push({ drop: step.channel });
      else if (step.is === 'gone') changes.push({ gone: [step.channel, step.id] });
      else put(step.channel, step.id);
    }
    const last = chosen.at(-1)?.at;
    const end: [number, number, string] = more ? (last ?? at) : [this.state.seq, 9, ''];
    const cursor = this.seal(end);
    if (!more) this.snapshots.set(cursor, this.view(person));
    const passed = (mark?: string) => {
      const [epoch, seq] = (mark ?? '0:0').split(':').map(Number);
      return mark === undefined || epoch !== this.state.epoch || !more || (seq ?? 0) < end[0];
    };
    const digests = request.digests && !more ? { digests: this.digests(person) } : {};
    const arrived = passed(request.waiting_for) && passed(wrote);
    return { changes, cursor, more, ...(arrived ? { arrived } : {}), ...digests };
  }

  private steps(
    person: string,
  ): { at: [number, number, string]; is: 'drop' | 'gone' | 'put'; channel: string; id: string }[] {
    const steps: ReturnType<Server['steps']> = [];
    for (const [name, member] of this.state.members) {
      const [who, channel = ''] = name.split('|');
      if (who !== person) continue;
      steps.push({ at: [member.revoked ?? member.granted, 0, channel], is: 'drop', channel, id: '' });
      if (member.revoked !== undefined) continue;
      for (const [place, row] of this.state.rows) {
        const [where, id = ''] = place.split('|');
        if (where !== channel || (!row.present && row.seq < member.granted)) continue;
        const seq = Math.max(row.seq, member.granted);
        steps.push({ at: [seq, row.present ? 2 : 1, place], is: row.present ? 'put' : 'gone', channel, id });
      }
    }
    return steps;
  }

  private mayRead(person: string, channel: string): boolean {
    const member = this.state.members.get(key(person, channel));
    return member !== undefined && member.revoked === undefined;
  }

  private seal(at: [number, number, string]): string {
    return JSON.stringify({ epoch: this.state.epoch, at, salt: ++this.salt } satisfies Cursor);
  }

  view(person: string): View {
    const view: View = {};
    for (const [name, row] of this.state.rows) {
      const [channel = '', id = ''] = name.split('|');
      const thing = this.state.things.get(id);
      if (!row.present || !thing || !this.mayRead(person, channel)) continue;
      view[id] ??= { rev: thing.rev, tokens: thing.tokens, channels: [] };
      view[id].channels.push(channel);
      view[id].channels.sort();
    }
    return view;
  }

  private digests(person: string): Record<string, ChannelDigest> {
    const digests: Record<string, ChannelDigest> = {};
    for (const [name, member] of this.state.members) {
      const [who, channel = ''] = name.split('|');
      if (who !== person || member.revoked !== undefined) continue;
      let [count, xor] = [0, 0n];
      for (const [id, { rev, channels }] of Object.entries(this.view(person))) {
        if (!channels.includes(channel)) continue;
        count += 1;
        xor ^= share(id, rev);
      }
      digests[channel] = { count, xor: xor.toString(16).padStart(16, '0') };
    }
    return digests;
  }

  /** What changed since that life ended may stand at a revision that meant something else there (§ 10). */
  private tellOtherwise(digests: Record<string, ChannelDigest>, life: number): void {
    const { lives, rows } = this.state;
    const ended = lives.get(life) ?? Math.min(...lives.values());
    const behind = [...rows].filter(([, { seq }]) => seq > ended).map(([name]) => name.split('|')[0] ?? '');
    for (const channel of new Set(behind)) {
      const digest = digests[channel];
      if (digest)
        digest.xor = (BigInt(`0x${digest.xor}`) ^ 0xffffffffffffffffn).toString(16).padStart(16, '0');
    }
  }

  private perform(person: string, command: NonNullable<Request['commands']>[number]): Outcome {
    const { id, after, body } = command;
    const text = JSON.stringify(command);
    const known = this.state.outcomes.get(id);
    if (known) {
      if (known.text === text) return known.outcome;
      return { id, status: 'rejected', problem: problemOf('id_reused') };
    }
    const previous = after === undefined ? undefined : this.state.outcomes.get(after);
    if (after !== undefined && previous?.outcome.status !== 'applied') {
      const code = previous ? 'predecessor_refused' : 'predecessor_unknown';
      return { id, status: 'blocked', problem: problemOf(code) };
    }
    if (body.verdict === 'later' && !this.putOff.has(id)) {
      this.putOff.add(id);
      return { id, status: 'retry', problem: problemOf('try_again') };
    }
    const outcome = this.decide(person, id, body);
    this.state.outcomes.set(id, { text, outcome });
    return outcome;
  }

  private decide(person: string, id: string, { item, token, verdict }: Act): Outcome {
    if (verdict === 'refused') return { id, status: 'rejected', problem: problemOf('text_invalid') };
    if (verdict === 'conflict') return { id, status: 'conflict', problem: problemOf('item_moved') };
    const standing = [...this.state.rows].flatMap(([name, row]) => {
      const [channel = '', where] = name.split('|');
      return where === item && row.present ? [channel] : [];
    });
    this.touch(item, [...new Set([...standing, `person:${person}`])], token);
    return { id, status: 'applied', rev: `${this.state.things.get(item)?.rev}` };
  }

  // Files

  declare(blobs: Declared[]): Standing[] {
    return blobs.map(({ sha256, size }) => {
      if (this.state.held.has(sha256)) return { status: 'have', sha256 };
      const upload = this.state.uploads.get(sha256) ?? { offset: 0, size };
      this.state.uploads.set(sha256, upload);
      return { status: 'upload', sha256, upload: sha256, offset: upload.offset, expires_at: TIME };
    });
  }

  holds(sha256: string): number | undefined {
    const upload = this.state.uploads.get(sha256);
    return upload?.offset ?? undefined;
  }

  /** `undefined`: there is no such upload. */
  patch(sha256: string, offset: number, length: number): number | 'offset_wrong' | undefined {
    const upload = this.state.uploads.get(sha256);
    if (!upload) return undefined;
    if (upload.offset !== offset) return 'offset_wrong';
    upload.offset += length;
    if (upload.offset >= upload.size) {
      this.state.held.add(sha256);
      this.everHeld.add(sha256);
    }
    return upload.offset;
  }
}

// The engine of a phone: everything that a phone decides, and nothing that it does. The same as
// protocol/src/client, for a browser.
//
// No I/O, no clock, no chance: times, identifiers and random numbers come in as arguments. The state is the fold of
// records. A driver takes the records that a decision returns, puts the kept ones into its journal in one durable
// write, applies them, and only then goes on. Killed between any two steps and started again from the journal, it
// goes on where it was: what was sent and not answered is sent again, byte for byte.
//
//   loop: step = engine.next(now, network); keep(engine.begin(step)); answer = carry out(step)
//         keep(engine.received(step, answer, took, now, chance))
//
// Promises: docs/PROTOCOL.md, on the phone's side. Never: decides what a command means on the server.
import type { ItemFinding, Rectification } from '../wire/items';
import type { Inspection, Limits, Site } from '../wire/messages';
import { site as siteShape } from '../wire/messages';
import { hear, type Moment, serverNow, type TimeSense } from './clock';
import { Feed, type FeedState, type Item } from './feed';
import { Files, type FilesState } from './files';
import type { Around } from './layer';
import { type Entry, isLaidOver, Outbox, type OutboxState } from './outbox';
import { kindOfCommand, layOver, readInspection, readItem } from './overlay';
import {
  COMMAND_BYTES,
  COMMANDS_PER_PUSH,
  freshPace,
  PAGE_BYTES,
  type Pace,
  REQUEST_BYTES,
  SETTINGS,
  type Settings,
} from './pace';
import type { Record } from './record';
import type { Answer, Network, Step } from './step';
import { decide, next, opening } from './turn';

export const LIMITS: Limits = {
  commands_per_push: COMMANDS_PER_PUSH,
  command_bytes: COMMAND_BYTES,
  request_bytes: REQUEST_BYTES,
  json_depth: 32,
  page_bytes: PAGE_BYTES,
  page_bytes_max: 1_048_576,
  blob_bytes: 536_870_912,
  blobs_per_declaration: 200,
  open_uploads_per_device: 500,
  upload_hours: 336,
};

/** All that a phone has to remember, apart from the feed's items. */
export interface Snapshot {
  owner?: string;
  limits?: Limits;
  outbox: OutboxState;
  feed: FeedState;
  files: FilesState;
  time: TimeSense;
}

export class Engine {
  owner: string | undefined;
  limits: Limits = LIMITS;
  outbox = new Outbox();
  feed = new Feed();
  files = new Files();
  time: TimeSense = {};
  pace: Pace = freshPace();

  constructor(public settings: Settings = SETTINGS) {}

  /** Goes on from a snapshot; the records written after it are then applied. */
  static restore(settings: Settings, snapshot: Snapshot, items: Iterable<[string, Item]>): Engine {
    const engine = new Engine(settings);
    engine.owner = snapshot.owner;
    engine.limits = snapshot.limits ?? LIMITS;
    engine.outbox = Outbox.restore(snapshot.outbox);
    engine.feed = Feed.restore(snapshot.feed, items);
    engine.files = Files.restore(snapshot.files);
    engine.time = snapshot.time;
    return engine;
  }

  snapshot(): Snapshot {
    return {
      owner: this.owner,
      limits: this.limits,
      outbox: this.outbox.snapshot(),
      feed: this.feed.snapshot(),
      files: this.files.snapshot(),
      time: this.time,
    };
  }

  apply(record: Record): void {
    if ('owner' in record) this.owner = record.owner;
    else if ('limits' in record) this.limits = record.limits;
    else if ('files' in record) for (const file of record.files) this.files.add(file);
    else if ('queued' in record) this.outbox.queue(record.queued);
    else if ('sending' in record) this.outbox.markSent(record.sending);
    else if ('synced' in record) this.take(record.synced);
    else if ('refusedHere' in record)
      this.outbox.refuse(record.refusedHere.command, record.refusedHere.problem);
    else if ('file' in record) this.files.take(record.file);
    else if ('startOver' in record) {
      this.feed.startOver();
      this.pace = { ...this.pace, pull_due: true };
    } else if ('discarded' in record) this.discarded(record.discarded.commands, record.discarded.withFiles);
    else if ('forgotten' in record) {
      for (const id of record.forgotten) this.files.vouch(this.outbox.get(id)?.files ?? []);
      this.outbox.remove(record.forgotten);
    } else if ('removed' in record) this.files.remove(record.removed);
    else this.pace = record.pace;
  }

  private take({ asked, page, wall }: Extract<Record, { synced: unknown }>['synced']): void {
    const { outbox, feed } = this;
    this.time = hear(page.server_time, wall);
    outbox.take(asked.commands, page);
    if (!asked.pull) return;
    const isCurrent = asked.pull.cursor === feed.cursor;
    const published = feed.take(asked.pull, page);
    if (isCurrent && page.resync) {
      outbox.sendAgain(asked.commands, Date.parse(page.server_time));
      this.files.declareAgain();
    } else if (isCurrent && page.arrived) {
      outbox.effectsArrived();
    } else if (published && asked.waiting_for === undefined && outbox.mark === undefined) {
      // The server gave no mark; but a whole pull that began after the answer has seen the effect.
      outbox.effectsArrived((entry) => !asked.commands.includes(entry.id));
    }
    if (published) outbox.published();
    // A server that goes on leaving bodies out is asked at the usual pace, not in a circle.
    const pull_due = !published || (feed.isUnfinished && asked.pull.resync.length === 0);
    this.pace = { ...this.pace, pull_due };
  }

  private discarded(commands: string[], withFiles: boolean): void {
    const named = new Set(commands.flatMap((id) => this.outbox.get(id)?.files ?? []));
    this.outbox.remove(commands);
    if (!withFiles) return;
    for (const entry of this.outbox.all()) for (const sha of entry.files) named.delete(sha);
    this.files.giveUp(named);
  }

  // What to do

  /** The next step. Ask again after each answer; one step at a time. */
  next(now: Moment, network: Network): Step {
    return next(this, now, network);
  }

  /** What has to be kept before a step is taken, so that a phone that dies in the middle knows that it began. */
  begin(step: Step): Record[] {
    return opening(this, step);
  }

  /** What an answer means. `chance`, 0 to 1, spreads retries. */
  received(step: Step, answer: Answer, took_ms: number, now: Moment, chance: number): Record[] {
    return decide(this, { step, answer, took_ms, now, chance });
  }

  /** Asks for news now, and tries at once what was put off. */
  nudge(): Record {
    const pull_due = this.pace.too_old === undefined;
    return { pace: { ...this.pace, pull_due, wait_until_ms: 0, retry_at_ms: 0, declare_at_ms: 0 } };
  }

  /** Nobody is signed in here. */
  signedOut(): Record {
    return { pace: { ...this.pace, access: { is: 'signed_out' } } };
  }

  // What there is to see

  /** An inspection as the screen shows it: the server's word, the phone's own writes laid over. */
  inspection(id: string): Inspection | undefined {
    const base = this.feed.get(id)?.body;
    const shown = layOver('inspection', base, this.pendingOn(id), this.around());
    return shown === undefined ? undefined : readInspection(shown);
  }

  /** An item of the ledger, likewise. `undefined` also for one of a later version. */
  item(id: string): Rectification | undefined {
    const shown = layOver('rectification', this.feed.get(id)?.body, this.pendingOn(id), this.around());
    return shown === undefined ? undefined : readItem(shown);
  }

  private around(): Around {
    return {
      me: this.owner ?? '',
      areaOf: (site) => this.site(site)?.area_id,
      held: (sha) => this.held(sha),
      findingOf: (id) => this.finding(id),
    };
  }

  private finding(id: string): ItemFinding | undefined {
    for (const one of this.idsOf('inspection')) {
      const seen = readInspection(this.feed.get(one)?.body);
      const found = seen?.findings?.find(({ finding_id }) => finding_id === id);
      if (!seen || !found) continue;
      const { notes: _, position: __, evidence, ...rest } = found;
      const files = seen.evidence?.filter((file) => evidence?.includes(file.evidence_id));
      return { ...rest, source: 'inspection', site_id: seen.site_id, ...(files ? { evidence: files } : {}) };
    }
    return undefined;
  }

  /** The ids of all items of a kind, those that only the outbox knows included. */
  idsOf(kind: string): string[] {
    const ids = new Set<string>();
    for (const [id, item] of this.feed.items()) if (item.kind === kind) ids.add(id);
    for (const entry of this.outbox.all()) {
      if (kindOfCommand(entry.type) === kind && isLaidOver(entry) && !this.outbox.isDead(entry))
        ids.add(entry.item);
    }
    return [...ids];
  }

  pendingOn(item: string): Entry[] {
    return this.outbox.all().filter((e) => e.item === item && isLaidOver(e) && !this.outbox.isDead(e));
  }

  site(id: string): Site | undefined {
    try {
      return siteShape.read(this.feed.get(id)?.body);
    } catch {
      return undefined;
    }
  }

  private held(sha: string): 'missing' | 'partial' | 'stored' {
    const state = this.files.get(sha)?.state;
    if (state?.is === 'received') return 'stored';
    return state?.is === 'sent' || (state?.is === 'declared' && (state.offset ?? 0) > 0)
      ? 'partial'
      : 'missing';
  }

  // What the phone may let go

  /** Files of reports that still can be applied, or were. */
  wantedFiles(): Set<string> {
    const { outbox } = this;
    return new Set(outbox.all().flatMap((entry) => (outbox.isDead(entry) ? [] : entry.files)));
  }

  /** Commands that need no longer be remembered: long acknowledged, with all their files received. */
  forgettable(now: Moment): string[] {
    const received = (sha: string) => (this.files.get(sha)?.state.is ?? 'received') === 'received';
    const old = this.outbox.forgettable(serverNow(this.time, now));
    return old.filter((entry) => entry.files.every(received)).map(({ id }) => id);
  }

  /** Files whose copies here may be deleted: the server holds them whole, and the reports that name them. */
  deletable(): string[] {
    const vouched = new Set<string>();
    const needed = new Set<string>();
    for (const entry of this.outbox.all()) {
      const arrived = entry.state.is === 'applied' && !isLaidOver(entry);
      for (const sha of entry.files) (arrived ? vouched : needed).add(sha);
    }
    return this.files
      .all()
      .filter((file) => !needed.has(file.sha256) && this.files.mayGo(file, vouched.has(file.sha256)))
      .map(({ sha256 }) => sha256);
  }
}

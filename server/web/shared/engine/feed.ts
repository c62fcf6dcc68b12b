// What the server lets this person see, as told by the feed (docs/PROTOCOL.md § 8).
//
// Promises: what is published is what one moment of the server's feed held, never half of a longer pull; an item is
// shown while it stands in at least one channel. Never reads an item's body.
import { share } from '../wire/canonical';
import { type Change, type ChannelDigest, isKnownChannel, type Page } from '../wire/messages';

/** Complete pulls between two comparisons of digests. */
const PULLS_PER_DIGEST = 16;
const RESYNC_CHANNELS = 5000;

export interface Item {
  kind: string;
  rev: number;
  /** Absent when the server left it out wrongly; its channel is then asked for anew. */
  body?: unknown;
  /** With the revision that each channel last told. */
  channels: Record<string, number>;
}

type Staged =
  | { drop: string }
  | { dropAll: true }
  | { gone: [string, string] }
  | { put: [string, string]; kind: string; rev: number; body?: unknown };

/** The pull part of a request, as it was asked. */
export interface Pull {
  cursor?: string;
  resync: string[];
  digests: boolean;
}

/** Counts for people who look after the system. */
export interface Tally {
  changes: number;
  pulls: number;
  /** The database began another life. */
  epochs: number;
  /** Channels whose digest differed although nothing told so. */
  mismatches: number;
  /** Changes that this version cannot read. */
  unread: number;
}

/** All but the items, which are kept apart: they are many. */
export interface FeedState {
  cursor?: string;
  staged: Staged[];
  /** Channels to be asked for anew. */
  resync: string[];
  /** Channels that were asked for anew, and are not published yet. Absent in what an earlier version kept. */
  coming?: string[];
  pulls_since_digests?: number;
  tally: Tally;
}

export class Feed {
  private state: FeedState = {
    staged: [],
    resync: [],
    tally: { changes: 0, pulls: 0, epochs: 0, mismatches: 0, unread: 0 },
  };
  private readonly published = new Map<string, Item>();
  /** Items that changed since whoever keeps them asked last. */
  private touched = new Set<string>();

  static restore(state: FeedState, items: Iterable<[string, Item]>): Feed {
    const feed = new Feed();
    feed.state = structuredClone(state);
    for (const [id, item] of items) feed.published.set(id, item);
    return feed;
  }

  snapshot(): FeedState {
    return this.state;
  }

  /** The ids of items that have changed, or gone, since the last call. */
  takeTouched(): Set<string> {
    const touched = this.touched;
    this.touched = new Set();
    return touched;
  }

  /** They could not be kept, and count as changed again. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) this.touched.add(id);
  }

  items(): IterableIterator<[string, Item]> {
    return this.published.entries();
  }

  get(id: string): Item | undefined {
    return this.published.get(id);
  }

  get size(): number {
    return this.published.size;
  }

  get cursor(): string | undefined {
    return this.state.cursor;
  }

  get tally(): Tally {
    return this.state.tally;
  }

  /** There is more to fetch before what came can be shown. */
  get isUnfinished(): boolean {
    return this.state.staged.length > 0 || this.state.resync.length > 0;
  }

  /** What to ask for next. */
  pull(): Pull {
    const { cursor, resync, pulls_since_digests: pulls } = this.state;
    return {
      ...(cursor === undefined ? {} : { cursor }),
      resync: resync.slice(0, RESYNC_CHANNELS),
      digests: pulls === undefined || pulls >= PULLS_PER_DIGEST,
    };
  }

  /** Takes a page in. Answers of another pull than the present one change nothing. Returns whether a new state was
   *  published. */
  take(asked: Pull, page: Page): boolean {
    if (page.cursor === undefined || asked.cursor !== this.state.cursor) return false;
    this.state.cursor = page.cursor;
    this.state.resync = this.state.resync.filter((channel) => !asked.resync.includes(channel));
    this.state.coming = [...(this.state.coming ?? []), ...asked.resync];
    if (page.resync) this.beginAnew(page.digests);
    this.stage(page.changes ?? []);
    if (page.more || page.resync || this.state.resync.length > 0) return false;
    this.publish();
    this.state.coming = [];
    this.state.tally.pulls += 1;
    if (this.state.pulls_since_digests !== undefined) this.state.pulls_since_digests += 1;
    if (page.digests) {
      this.state.pulls_since_digests = 0;
      const differing = this.differing(page.digests);
      this.state.tally.mismatches += differing.length;
      this.settle(differing, page.digests);
    }
    return true;
  }

  /** Forgets the cursor: the whole feed is pulled anew, and published when it is complete. */
  startOver(): void {
    delete this.state.cursor;
    this.state.resync = [];
    this.state.coming = [];
    this.state.staged = [{ dropAll: true }];
  }

  /** Another epoch. What was staged belongs to the old one; what is published is compared channel by channel. What an
   *  earlier comparison found and has not come yet is still to come: a server tells once what digests cannot show. */
  private beginAnew(digests: Record<string, ChannelDigest> | undefined): void {
    this.state.tally.epochs += 1;
    this.state.staged = [];
    if (!digests) return this.startOver();
    const owed = new Set([...this.state.resync, ...(this.state.coming ?? [])]);
    this.state.resync = [...owed].filter((channel) => Object.hasOwn(digests, channel));
    this.state.coming = [];
    this.settle(this.differing(digests), digests);
  }

  /** Channels that are not listed are dropped, the others asked for anew. One that this version cannot name in a
   *  request stays as it is. */
  private settle(differing: string[], digests: Record<string, ChannelDigest>): void {
    for (const channel of differing) {
      if (!Object.hasOwn(digests, channel)) this.state.staged.push({ drop: channel });
      else if (isKnownChannel(channel)) this.askAnew(channel);
    }
  }

  private askAnew(channel: string): void {
    if (!this.state.resync.includes(channel)) this.state.resync.push(channel);
  }

  private stage(changes: Change[]): void {
    this.state.tally.changes += changes.length;
    for (const change of changes) {
      const staged = read(change);
      if (staged) this.state.staged.push(staged);
      else this.state.tally.unread += 1;
    }
  }

  private publish(): void {
    const staged = this.state.staged;
    this.state.staged = [];
    for (const step of staged) {
      if ('drop' in step) for (const id of this.published.keys()) this.leave(step.drop, id);
      else if ('dropAll' in step) this.clear();
      else if ('gone' in step) this.leave(...step.gone);
      else this.put(step);
    }
    for (const id of this.touched) {
      const item = this.published.get(id);
      if (item && Object.keys(item.channels).length === 0) this.published.delete(id);
    }
  }

  private clear(): void {
    for (const id of this.published.keys()) this.touched.add(id);
    this.published.clear();
  }

  private leave(channel: string, id: string): void {
    const item = this.published.get(id);
    if (!item || !Object.hasOwn(item.channels, channel)) return;
    const { [channel]: _, ...channels } = item.channels;
    this.published.set(id, { ...item, channels });
    this.touched.add(id);
  }

  /** The server's order is the truth: what comes later holds, whatever its number. */
  private put({ put: [channel, id], kind, rev, body }: Extract<Staged, { put: unknown }>): void {
    const known = this.published.get(id);
    // Without a body: the same page had it already, for another channel.
    const kept = body ?? (known?.rev === rev ? known.body : undefined);
    if (kept === undefined && isKnownChannel(channel)) this.askAnew(channel);
    this.published.set(id, { kind, rev, body: kept, channels: { ...known?.channels, [channel]: rev } });
    this.touched.add(id);
  }

  /** What each channel holds here. */
  digests(): Record<string, ChannelDigest> {
    const sums = new Map<string, { count: number; xor: bigint }>();
    for (const [id, item] of this.published) {
      for (const [channel, rev] of Object.entries(item.channels)) {
        const sum = sums.get(channel) ?? { count: 0, xor: 0n };
        sums.set(channel, { count: sum.count + 1, xor: sum.xor ^ share(id, rev) });
      }
    }
    return Object.fromEntries(
      [...sums].map(([channel, { count, xor }]) => [
        channel,
        { count, xor: xor.toString(16).padStart(16, '0') },
      ]),
    );
  }

  private differing(theirs: Record<string, ChannelDigest>): string[] {
    const ours = this.digests();
    const sum = (digest: ChannelDigest | undefined) =>
      `${digest?.count ?? 0}:${digest?.xor ?? '0'.repeat(16)}`;
    const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...names].filter((name) => sum(ours[name]) !== sum(theirs[name])).sort();
  }
}

function read(change: Change): Staged | undefined {
  if (change.drop !== undefined) return { drop: change.drop };
  if (change.gone) return { gone: change.gone };
  const rev = /^\d{1,10}$/.test(change.rev ?? '') ? Number(change.rev) : undefined;
  if (!change.put || change.kind === undefined || rev === undefined) return undefined;
  return {
    put: change.put,
    kind: change.kind,
    rev,
    ...(change.body === undefined ? {} : { body: change.body }),
  };
}

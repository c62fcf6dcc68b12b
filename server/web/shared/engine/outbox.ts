// The outbox: what a person did, on its way to the server.
//
// Promises: a command is resent byte for byte until it has an outcome; one outcome per command is kept; a refused
// one stays until the person deals with it and never holds up the others. Later commands on the same item wait for
// the one they follow. Never knows what a command means.
import type { Outcome, Page, Problem } from '../wire/messages';
import { isCode, problemOf } from '../wire/problem';

/** Acknowledged commands are kept this long by the server's time: after a restore from backup they go again. */
export const KEEP_APPLIED_MS = 7 * 86_400_000;

export interface Entry {
  n: number;
  id: string;
  type: string;
  /** The item that it is about. */
  item: string;
  /** The command on the same item that it follows. */
  after?: string;
  /** When it was given, by the phone's clock. */
  at: number;
  /** SHA-256 of the files that it names. */
  files: string[];
  /** The envelope, exactly as it is sent. */
  envelope: string;
  /** It was put on the wire at least once: the server may know it. */
  sent: boolean;
  state: CommandState;
}

/** Whether the effect of an applied command has come back by the feed: the overlay shows it until then. */
export type Seen = 'not_yet' | 'staged' | 'shown';

export type CommandState =
  | { is: 'saved' }
  /** The server could not do it now; it is sent again later. */
  | { is: 'waiting'; problem?: Problem }
  /** It waits for an earlier command on the same item. */
  | { is: 'blocked'; problem?: Problem }
  | { is: 'applied'; rev?: string; flags: string[]; at: number; seen: Seen }
  | { is: 'rejected'; problem: Problem }
  /** Both sides are kept, for a person to resolve: the phone's is the command itself. */
  | { is: 'conflict'; problem?: Problem; current?: unknown };

export type Word = CommandState['is'] | 'sending';

export function wordOf(entry: Entry): Word {
  return entry.state.is === 'saved' && entry.sent ? 'sending' : entry.state.is;
}

export function problemOfEntry(entry: Entry): Problem | undefined {
  return 'problem' in entry.state ? entry.state.problem : undefined;
}

const isRefused = (state: CommandState) => state.is === 'rejected' || state.is === 'conflict';
const isSettled = (state: CommandState) => state.is === 'applied' || isRefused(state);

/** The overlay still has to show it: the feed has not brought its effect. */
export function isLaidOver(entry: Entry): boolean {
  return entry.state.is === 'applied' ? entry.state.seen !== 'shown' : !isRefused(entry.state);
}

export interface OutboxState {
  entries: Entry[];
  last_n: number;
  mark?: string;
}

export class Outbox {
  private readonly entries = new Map<string, Entry>();
  /** The number of the last command ever queued. */
  private lastN = 0;
  /** `written_through` of the last acknowledged push. */
  mark: string | undefined;

  static restore(state: OutboxState): Outbox {
    const outbox = new Outbox();
    for (const entry of [...state.entries].sort((a, b) => a.n - b.n)) outbox.queue({ ...entry });
    outbox.lastN = state.last_n;
    outbox.mark = state.mark;
    return outbox;
  }

  snapshot(): OutboxState {
    return { entries: this.all(), last_n: this.lastN, mark: this.mark };
  }

  get nextN(): number {
    return this.lastN + 1;
  }

  /** In the order of their numbers. */
  all(): Entry[] {
    return [...this.entries.values()];
  }

  get(id: string | undefined): Entry | undefined {
    return id === undefined ? undefined : this.entries.get(id);
  }

  /** The command that a new one on this item has to follow. */
  lastOn(item: string): string | undefined {
    return this.all().findLast((entry) => entry.item === item && !this.isDead(entry))?.id;
  }

  /** It can never be applied: it was refused, or follows one that was. */
  isDead(entry: Entry): boolean {
    let at = entry;
    for (;;) {
      if (isSettled(at.state)) return isRefused(at.state);
      const before = this.get(at.after);
      if (!before || before.n >= at.n) return false;
      at = before;
    }
  }

  /** All that follow a command, directly or not, in order. */
  followers(id: string): string[] {
    const family = new Set([id]);
    for (const entry of this.entries.values())
      if (entry.after && family.has(entry.after)) family.add(entry.id);
    family.delete(id);
    return [...family];
  }

  /** What can be sent, in order. `retry`: also what the server has put off. A command goes only together with, or
   *  after, the one that it follows. */
  sendable(retry: boolean): Entry[] {
    const going = new Set<string>();
    return this.all().filter(({ id, after, state }) => {
      const due = state.is === 'saved' || (retry && (state.is === 'waiting' || state.is === 'blocked'));
      const before = this.get(after);
      const free = !before || before.state.is === 'applied' || going.has(before.id);
      if (due && free) going.add(id);
      return due && free;
    });
  }

  /** Commands that will be sent again, now or later. */
  open(): Entry[] {
    return this.all().filter((entry) => !isSettled(entry.state) && !this.isDead(entry));
  }

  refused(): Entry[] {
    return this.all().filter((entry) => isRefused(entry.state));
  }

  /** All outcomes up to this number are kept here: the server may let go of their bodies. */
  ackThrough(): number | undefined {
    const first = this.all().find((entry) => !isSettled(entry.state))?.n ?? this.nextN;
    return first > 1 ? first - 1 : undefined;
  }

  /** The overlay waits for effects that were acknowledged and not yet seen. */
  awaitsEffects(): boolean {
    return this.all().some(({ state }) => state.is === 'applied' && state.seen === 'not_yet');
  }

  queue(entry: Entry): void {
    this.lastN = Math.max(this.lastN, entry.n);
    this.entries.set(entry.id, entry);
  }

  markSent(ids: string[]): void {
    for (const id of ids) this.change(id, (entry) => ({ ...entry, sent: true }));
  }

  remove(ids: string[]): void {
    for (const id of ids) this.entries.delete(id);
  }

  private change(id: string, how: (entry: Entry) => Entry): void {
    const entry = this.entries.get(id);
    if (entry) this.entries.set(id, how(entry));
  }

  private settle(id: string, state: CommandState): void {
    this.change(id, (entry) => ({ ...entry, state }));
  }

  /** Keeps the outcomes of a push. Those of other commands than `asked`, and second ones, change nothing. */
  take(asked: string[], page: Page): void {
    page.outcomes?.forEach((outcome, i) => {
      // The order tells which command is meant when the server could not read its id.
      const entry = this.get(asked[i]);
      if (!entry || (outcome.id !== undefined && outcome.id !== entry.id) || isSettled(entry.state)) return;
      if (outcome.status === 'blocked' && isCode(outcome.problem, 'predecessor_unknown')) {
        // Acknowledged once, and not known to the server any more: it goes again.
        const before = this.get(entry.after);
        if (before?.state.is === 'applied') this.settle(before.id, { is: 'saved' });
      }
      this.settle(entry.id, stateOf(outcome, Date.parse(page.server_time)));
    });
    this.mark = page.written_through ?? this.mark;
  }

  refuse(id: string, problem: Problem): void {
    const entry = this.get(id);
    if (entry && !isSettled(entry.state)) this.settle(id, { is: 'rejected', problem });
  }

  /** The effects of acknowledged commands are among what has been pulled. */
  effectsArrived(which: (entry: Entry) => boolean = () => true): void {
    this.advance('not_yet', 'staged', which);
    if (!this.awaitsEffects()) this.mark = undefined;
  }

  /** What was pulled is on the screen. */
  published(): void {
    this.advance('staged', 'shown', () => true);
  }

  private advance(from: Seen, to: Seen, which: (entry: Entry) => boolean): void {
    for (const entry of this.all()) {
      const { state } = entry;
      if (state.is === 'applied' && state.seen === from && which(entry))
        this.settle(entry.id, { ...state, seen: to });
    }
  }

  /** The database began another life: what was acknowledged lately may be lost, and is sent again, except for what
   *  was acknowledged by this very answer. */
  sendAgain(answered: string[], serverTime: number): void {
    for (const { id, state } of this.all()) {
      if (state.is === 'applied' && !answered.includes(id) && serverTime - state.at < KEEP_APPLIED_MS) {
        this.settle(id, { is: 'saved' });
      }
    }
    this.mark = undefined;
  }

  /** Acknowledged, seen in the feed, and old enough to be forgotten. */
  forgettable(serverNow: number): Entry[] {
    const followed = new Set(this.all().flatMap((e) => (!isSettled(e.state) && e.after ? [e.after] : [])));
    return this.all().filter(
      ({ id, state }) =>
        state.is === 'applied' &&
        state.seen === 'shown' &&
        serverNow - state.at >= KEEP_APPLIED_MS &&
        !followed.has(id),
    );
  }
}

function stateOf(outcome: Outcome, at: number): CommandState {
  const { problem } = outcome;
  switch (outcome.status) {
    case 'applied':
      return { is: 'applied', rev: outcome.rev, flags: outcome.flags ?? [], at, seen: 'not_yet' };
    case 'rejected':
      return { is: 'rejected', problem: problem ?? problemOf('command_invalid') };
    case 'conflict':
      return { is: 'conflict', problem, current: outcome.current };
    case 'blocked':
      return { is: 'blocked', problem };
    default:
      // `retry`, and words of a later server.
      return { is: 'waiting', problem };
  }
}

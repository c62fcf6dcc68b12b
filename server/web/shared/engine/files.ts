// Files of evidence on their way to the server (docs/PROTOCOL.md § 14).
//
// Promises: small pictures go before photos, those before videos; an upload goes on where the server's bytes end;
// nothing may be deleted here before the server has said that it holds it whole. Never touches bytes.
import type { Declared, Problem, Standing } from '../wire/messages';
import { isPassing } from '../wire/problem';

/** Pictures up to this many bytes go before all others. */
const SMALL_BYTES = 150_000;
/** Files that are declared ahead of their upload. */
const DECLARED_AHEAD = 50;
/** Whole uploads whose hash was refused, after which the file is given to a person to look at. */
const MISMATCHES_MAX = 3;

export interface NewFile extends Declared {
  /** What its owner calls it; never sent. */
  name?: string;
}

export type FileState =
  /** On the phone only. */
  | { is: 'saved' }
  /** The server knows of it. `offset`: bytes that it holds; absent while only asking would tell. */
  | { is: 'declared'; upload: string; offset?: number }
  /** The last byte was taken; the receipt is not here yet. */
  | { is: 'sent'; upload: string }
  /** The server has said that it holds it whole. */
  | { is: 'received'; at: number }
  | { is: 'refused'; problem: Problem }
  /** A person threw its report away, and it with it. */
  | { is: 'given_up' };

export interface File extends NewFile {
  state: FileState;
  /** The order in which the files came. */
  order: number;
  /** Bytes that did not have to be sent again after an interruption. */
  resumed_bytes: number;
  mismatches: number;
  /** A report that names it was applied, and is forgotten here by now. */
  vouched: boolean;
}

/** One step of one file, as it is kept. */
export interface FileStep {
  sha256: string;
  state: FileState;
  sent_bytes?: number;
  resumed_bytes?: number;
  mismatch?: boolean;
}

export type FileWork =
  | { declare: Declared[] }
  | { ask: string; upload: string }
  | { send: string; upload: string; offset: number; left: number };

export interface FilesState {
  files: File[];
  sent_bytes: number;
}

export const isOnItsWay = (state: FileState) =>
  state.is === 'saved' || state.is === 'declared' || state.is === 'sent';

export const isVideo = (file: Declared) => file.media_type.startsWith('video/');

function rank(file: File): number {
  if (isVideo(file)) return 2;
  return file.size <= SMALL_BYTES ? 0 : 1;
}

/** Bytes that the server is known to hold. */
export function heldBytes(file: File): number {
  const { state } = file;
  if (state.is === 'declared') return state.offset ?? 0;
  return state.is === 'sent' || state.is === 'received' ? file.size : 0;
}

export class Files {
  private readonly files = new Map<string, File>();
  private lastOrder = 0;
  /** Bytes that the server took from here. */
  sentBytes = 0;

  static restore(state: FilesState): Files {
    const files = new Files();
    for (const file of state.files) {
      files.files.set(file.sha256, file);
      files.lastOrder = Math.max(files.lastOrder, file.order);
    }
    files.sentBytes = state.sent_bytes;
    return files;
  }

  snapshot(): FilesState {
    return { files: this.all(), sent_bytes: this.sentBytes };
  }

  all(): File[] {
    return [...this.files.values()];
  }

  get(sha256: string): File | undefined {
    return this.files.get(sha256);
  }

  resumedBytes(): number {
    return this.all().reduce((sum, file) => sum + file.resumed_bytes, 0);
  }

  /** Files still on their way, in the order in which they go. */
  due(wanted: Set<string>, videos: boolean): File[] {
    return this.all()
      .filter((file) => isOnItsWay(file.state) && wanted.has(file.sha256) && (videos || !isVideo(file)))
      .sort((a, b) => rank(a) - rank(b) || a.order - b.order);
  }

  /** The next thing to do. `mayDeclare`: false while the server wants no declarations. */
  next(due: File[], mayDeclare: boolean, atOnce: number): FileWork | undefined {
    const first = due.find(({ state }) => (state.is === 'saved' ? mayDeclare : state.is === 'declared'));
    if (first?.state.is === 'declared') {
      const { upload, offset } = first.state;
      if (offset === undefined) return { ask: first.sha256, upload };
      return { send: first.sha256, upload, offset, left: Math.max(first.size - offset, 0) };
    }
    if (!mayDeclare || due.length === 0) return undefined;
    // The files next in line, and the receipts that are open, in one request.
    const saved = due.filter(({ state }) => state.is === 'saved').slice(0, DECLARED_AHEAD);
    const sent = due.filter(({ state }) => state.is === 'sent');
    const blobs = [...saved, ...sent].slice(0, atOnce);
    return { declare: blobs.map(({ sha256, size, media_type }) => ({ sha256, size, media_type })) };
  }

  add(file: NewFile): void {
    const known = this.files.get(file.sha256);
    if (known) {
      // Thrown away once, and now named again.
      if (known.state.is === 'given_up') this.set(known, { is: 'saved' });
      return;
    }
    this.lastOrder += 1;
    const fresh = { order: this.lastOrder, resumed_bytes: 0, mismatches: 0, vouched: false };
    this.files.set(file.sha256, { ...file, ...fresh, state: { is: 'saved' } });
  }

  private set(file: File, state: FileState, more: Partial<File> = {}): void {
    this.files.set(file.sha256, { ...file, ...more, state });
  }

  take(step: FileStep): void {
    this.sentBytes += step.sent_bytes ?? 0;
    const file = this.files.get(step.sha256);
    if (!file) return;
    this.set(file, step.state, {
      resumed_bytes: Math.max(file.resumed_bytes, step.resumed_bytes ?? 0),
      mismatches: file.mismatches + (step.mismatch ? 1 : 0),
    });
  }

  /** What the answer to a declaration means for files that are still on their way. `wait`: the server wants to be
   *  left alone for a while. */
  declared(standings: Standing[], now: number): { steps: FileStep[]; wait: boolean } {
    const steps: FileStep[] = [];
    let wait = false;
    for (const standing of standings) {
      const { sha256 } = standing;
      const file = this.get(sha256);
      if (!file || !isOnItsWay(file.state)) continue;
      if (standing.status === 'have') {
        steps.push({ sha256, state: { is: 'received', at: now } });
      } else if (standing.status === 'upload') {
        if (file.state.is === 'sent') wait = true;
        const state = standingAt(standing.upload, standing.offset, file.size);
        steps.push({ sha256, state, resumed_bytes: standing.offset });
      } else if (isPassing(standing.problem)) {
        wait = true;
      } else {
        steps.push({ sha256, state: { is: 'refused', problem: standing.problem } });
      }
    }
    return { steps, wait };
  }

  /** The server holds this many bytes of an upload, said in answer to HEAD, or to PATCH from `from`. */
  holds(sha256: string, upload: string, holds: number, from?: number): FileStep[] {
    const file = this.get(sha256);
    if (!file) return [];
    const told = from === undefined ? { resumed_bytes: holds } : { sent_bytes: Math.max(holds - from, 0) };
    return [{ sha256, state: standingAt(upload, holds, file.size), ...told }];
  }

  /** The whole file was sent, and its hash was found to differ: from the start again, a few times. */
  mismatched(sha256: string, problem: Problem): FileStep[] {
    const file = this.get(sha256);
    if (!file) return [];
    const last = file.mismatches + 1 >= MISMATCHES_MAX;
    return [{ sha256, mismatch: true, state: last ? { is: 'refused', problem } : { is: 'saved' } }];
  }

  /** The database began another life: receipts and upload addresses of the old one prove nothing. */
  declareAgain(): void {
    for (const file of this.all()) {
      if (file.state.is !== 'refused' && file.state.is !== 'given_up') this.set(file, { is: 'saved' });
    }
  }

  giveUp(shas: Iterable<string>): void {
    for (const sha of shas) {
      const file = this.get(sha);
      if (file) this.set(file, { is: 'given_up' });
    }
  }

  vouch(shas: string[]): void {
    for (const sha of shas) {
      const file = this.get(sha);
      if (file) this.set(file, file.state, { vouched: true });
    }
  }

  remove(shas: string[]): void {
    for (const sha of shas) this.files.delete(sha);
  }

  /** The server holds it whole, or a person threw it away. `vouched`: named by a report that has arrived. */
  mayGo(file: File, vouched: boolean): boolean {
    return file.state.is === 'given_up' || (file.state.is === 'received' && (vouched || file.vouched));
  }
}

function standingAt(upload: string, holds: number, size: number): FileState {
  if (holds < size) return { is: 'declared', upload, offset: holds };
  // More than there is: that is not this file.
  return holds === size ? { is: 'sent', upload } : { is: 'saved' };
}

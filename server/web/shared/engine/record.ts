// What the journal of a phone holds: the steps whose fold is its state. All of it is JSON.
import type { Limits, Page, Problem } from '../wire/messages';
import type { Pull } from './feed';
import type { FileStep, NewFile } from './files';
import type { Entry } from './outbox';
import type { Pace } from './pace';

/** What was asked of `POST /v1/sync`, to be kept with its answer. */
export interface Asked {
  commands: string[];
  /** Absent: push only. */
  pull?: Pull;
  waiting_for?: string;
}

export type Record_ =
  /** Whose phone this is. It never changes: another person has another store. */
  | { owner: string }
  /** What the server allows. */
  | { limits: Limits }
  /** Files were put safe on the phone. */
  | { files: NewFile[] }
  | { queued: Entry }
  /** These commands are about to go out for the first time. */
  | { sending: string[] }
  /** An answer, with what was asked, and the wall clock when it came. */
  | { synced: { asked: Asked; page: Page; wall: number } }
  /** The server would not read a request that had this command alone. */
  | { refusedHere: { command: string; problem: Problem } }
  | { file: FileStep }
  /** The feed is pulled anew from its beginning. */
  | { startOver: true }
  /** A person has dealt with these. `withFiles`: files that nothing else names need not be kept. */
  | { discarded: { commands: string[]; withFiles: boolean } }
  /** Acknowledged long ago. */
  | { forgotten: string[] }
  /** The phone's own copies were deleted. */
  | { removed: string[] }
  /** How fast to go; not kept. */
  | { pace: Pace };

export type { Record_ as Record };

/** It belongs in the journal. */
export function isKept(record: Record_): boolean {
  return !('pace' in record);
}

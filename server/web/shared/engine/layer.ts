// One of the phone's own writes, laid over what the server has told.
import type { ItemFinding } from '../wire/items';
import type { Entry } from './outbox';

/** What the overlay has to know of its surroundings. */
export interface Around {
  /** The signed-in person. */
  me: string;
  areaOf(site: string): string | undefined;
  /** How much of a file the server is known to hold. */
  held(sha256: string): 'missing' | 'partial' | 'stored';
  /** A finding of an inspection that this person can see, as an item shows it. */
  findingOf(id: string): ItemFinding | undefined;
}

/** Lays one command over an item: the item as it is then, or `undefined` where there is none yet. */
export type Layer<T> = (shown: T | undefined, body: unknown, entry: Entry, around: Around) => T | undefined;

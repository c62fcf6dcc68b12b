// Hand-overs that somebody began to write, until they are given: kept on this computer, sealed like the rest, so that a page
// that is loaded anew has them. They are of the person whose store is open, and are in memory only while it is.
import type { Home } from '../shared/store/home';

export interface Written {
  unit: string;
  /** None: nobody was typed. */
  person?: string | undefined;
  requirement: string;
  days?: number | undefined;
  date: string;
  standard: string;
  reason: string;
}

const NAME = 'begun';
/** The last ones: what others have handed over meanwhile is never asked for again, and goes in the end. */
export const MOST_BEGUN = 30;
type Store = Pick<Home, 'sealed' | 'keepSealed'>;

export class Begun {
  private all = new Map<string, Written>();
  private store: Store | undefined;
  /** There is something that no write has taken yet. */
  private stale = false;
  private last = Promise.resolve();

  async open(store: Store): Promise<void> {
    this.all = new Map(await store.sealed<[string, Written][]>(NAME));
    this.store = store;
    this.stale = false;
  }

  close(): void {
    this.store = undefined;
    this.all = new Map();
  }

  get(key: string): Written | undefined {
    return this.all.get(key);
  }

  /** The same as before is not kept anew. Like the others, resolves when it is on disk, or cannot be. */
  async set(key: string, written: Written): Promise<void> {
    if (JSON.stringify(this.all.get(key)) === JSON.stringify(written)) return this.last;
    this.all.delete(key);
    this.all.set(key, written);
    for (const old of [...this.all.keys()].slice(0, -MOST_BEGUN)) this.all.delete(old);
    await this.keep();
  }

  async delete(key: string): Promise<void> {
    await (this.all.delete(key) ? this.keep() : this.last);
  }

  /** One write at a time; what was typed meanwhile is in the next one. */
  private keep(): Promise<void> {
    this.stale = true;
    this.last = this.last.then(() => this.write());
    return this.last;
  }

  private async write(): Promise<void> {
    if (!this.stale || !this.store) return;
    this.stale = false;
    // Where it cannot be kept it is on the screen still, and in memory.
    await this.store.keepSealed(NAME, [...this.all]).catch(() => undefined);
  }
}

export const begun = new Begun();

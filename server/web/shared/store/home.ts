// One person's store on this phone: journal, what it adds up to, drafts, files, all sealed with the person's key.
//
// Promises: `append` has returned means on disk; a checkpoint and the journal that it replaces change in one
// transaction; only the page that holds the store writes to it (a fence, checked in every transaction). Never keeps
// anything in clear but ids, hashes and the device's unextractable key.
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import type { Snapshot } from '../engine/engine';
import type { Item } from '../engine/feed';
import type { Record as Kept } from '../engine/record';
import { STORES } from './names';
import { openBytes, openJson, sealBytes, sealJson } from './seal';

type Sealed = Uint8Array<ArrayBuffer>;

interface Schema extends DBSchema {
  /** `fence`, `device`: in clear. */
  plain: { key: string; value: unknown };
  /** `snapshot`, `session`, `settings`. */
  sealed: { key: string; value: Sealed };
  journal: { key: number; value: Sealed };
  /** Items of the feed by the last two digits of their ids. */
  items: { key: string; value: Sealed };
  drafts: { key: string; value: Sealed };
  /** Bytes of files, by hash and number of the piece. */
  pieces: { key: [string, number]; value: Sealed };
  thumbs: { key: string; value: Sealed };
}
type StoreName = 'plain' | 'sealed' | 'journal' | 'items' | 'drafts' | 'pieces' | 'thumbs';

export interface DeviceKey {
  pair: CryptoKeyPair;
  device_id?: string;
}

/** Another page has taken the store over. */
export class Fenced extends Error {}
/** The phone has no space left; nothing of this write was kept. */
export class NoSpace extends Error {}

export const PIECE_BYTES = 1024 * 1024;
const bucketOf = (id: string) => id.slice(-2);

export class Home {
  private constructor(
    private readonly db: IDBPDatabase<Schema>,
    private readonly key: CryptoKey,
    private readonly fence: string,
  ) {}

  static async open(account: string, key: CryptoKey, fence: string): Promise<Home> {
    const db = await openDB<Schema>(`${STORES}-${account}`, 1, {
      upgrade(fresh) {
        for (const name of ['plain', 'sealed', 'items', 'drafts', 'pieces', 'thumbs'] as const)
          fresh.createObjectStore(name);
        fresh.createObjectStore('journal', { autoIncrement: true });
      },
    });
    await db.put('plain', fence, 'fence');
    return new Home(db, key, fence);
  }

  close(): void {
    this.db.close();
  }

  /** Writes in one transaction that is on disk when it returns. */
  private async write(
    stores: StoreName[],
    how: (put: {
      put(store: StoreName, value: unknown, key?: IDBValidKey): void;
      delete(store: StoreName, key: IDBValidKey | IDBKeyRange): void;
    }) => void,
  ): Promise<void> {
    let tx: IDBPTransaction<Schema, StoreName[], 'readwrite'> | undefined;
    try {
      tx = this.db.transaction(['plain', ...stores.filter((s) => s !== 'plain')], 'readwrite', {
        durability: 'strict',
      });
      if ((await tx.objectStore('plain').get('fence')) !== this.fence) {
        tx.abort();
        await tx.done.catch(() => undefined);
        throw new Fenced('another page holds this store');
      }
      const open = tx;
      const requests: Promise<unknown>[] = [];
      how({
        put: (store, value, key) => requests.push(open.objectStore(store).put(value as never, key as never)),
        delete: (store, key) => requests.push(open.objectStore(store).delete(key as never)),
      });
      await Promise.all([...requests, tx.done]);
    } catch (error) {
      // The request says that it was aborted, the transaction why.
      await tx?.done.catch(() => undefined);
      const names = [(error as Error).name, tx?.error?.name];
      if (names.includes('QuotaExceededError')) throw new NoSpace('no space left');
      throw error;
    }
  }

  // The engine's memory

  async append(records: Kept[]): Promise<void> {
    if (!records.length) return;
    const sealed = await sealJson(this.key, 'journal', records);
    await this.write(['journal'], (w) => w.put('journal', sealed));
  }

  /** The number of the last entry of the journal. */
  async journalEnd(): Promise<number> {
    const cursor = await this.db.transaction('journal').store.openKeyCursor(null, 'prev');
    return cursor?.key ?? 0;
  }

  async checkpoint(
    snapshot: Snapshot,
    items: Map<string, Map<string, Item>>,
    through: number,
  ): Promise<void> {
    const small = await sealJson(this.key, 'snapshot', snapshot);
    const buckets = await Promise.all(
      [...items].map(
        async ([name, bucket]): Promise<[string, Sealed]> => [
          name,
          await sealJson(this.key, `items:${name}`, [...bucket]),
        ],
      ),
    );
    await this.write(['sealed', 'items', 'journal'], (w) => {
      w.put('sealed', small, 'snapshot');
      for (const [name, sealed] of buckets) w.put('items', sealed, name);
      w.delete('journal', IDBKeyRange.upperBound(through));
    });
  }

  async snapshot(): Promise<Snapshot | undefined> {
    const sealed = await this.db.get('sealed', 'snapshot');
    return sealed && openJson<Snapshot>(this.key, 'snapshot', sealed);
  }

  async *journal(): AsyncGenerator<Kept[]> {
    for (const sealed of await this.db.getAll('journal')) yield openJson<Kept[]>(this.key, 'journal', sealed);
  }

  async items(): Promise<[string, Item][]> {
    const names = await this.db.getAllKeys('items');
    const sealed = await this.db.getAll('items');
    const buckets = await Promise.all(
      names.map((name, i) => openJson<[string, Item][]>(this.key, `items:${name}`, sealed[i] as Sealed)),
    );
    return buckets.flat();
  }

  // Small things by name

  async keepSealed(name: string, value: unknown): Promise<void> {
    const sealed = await sealJson(this.key, name, value);
    await this.write(['sealed'], (w) => w.put('sealed', sealed, name));
  }

  async sealed<T>(name: string): Promise<T | undefined> {
    const sealed = await this.db.get('sealed', name);
    return sealed && openJson<T>(this.key, name, sealed);
  }

  async deviceKey(): Promise<DeviceKey | undefined> {
    return (await this.db.get('plain', 'device')) as DeviceKey | undefined;
  }

  async keepDeviceKey(device: DeviceKey): Promise<void> {
    await this.write([], (w) => w.put('plain', device, 'device'));
  }

  // Drafts

  async keepDraft(id: string, draft: unknown): Promise<void> {
    const sealed = await sealJson(this.key, `draft:${id}`, draft);
    await this.write(['drafts'], (w) => w.put('drafts', sealed, id));
  }

  async drafts<T>(): Promise<T[]> {
    const ids = await this.db.getAllKeys('drafts');
    const sealed = await this.db.getAll('drafts');
    return Promise.all(ids.map((id, i) => openJson<T>(this.key, `draft:${id}`, sealed[i] as Sealed)));
  }

  async dropDraft(id: string): Promise<void> {
    await this.write(['drafts'], (w) => w.delete('drafts', id));
  }

  // Files

  async keepFile(sha256: string, blob: Blob, thumb: Blob | undefined): Promise<void> {
    for (let i = 0; i * PIECE_BYTES < blob.size; i++) {
      const piece = await blob.slice(i * PIECE_BYTES, (i + 1) * PIECE_BYTES).arrayBuffer();
      const sealed = await sealBytes(this.key, `${sha256}/${i}`, piece);
      await this.write(['pieces'], (w) => w.put('pieces', sealed, [sha256, i]));
    }
    if (!thumb) return;
    const sealed = await sealBytes(this.key, `thumb:${sha256}`, await thumb.arrayBuffer());
    await this.write(['thumbs'], (w) => w.put('thumbs', sealed, sha256));
  }

  /** `undefined`: it is not there, or not whole. */
  async fileBytes(
    sha256: string,
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const out = new Uint8Array(length);
    let at = offset;
    while (at < offset + length) {
      const i = Math.floor(at / PIECE_BYTES);
      const sealed = await this.db.get('pieces', [sha256, i]);
      if (!sealed) return undefined;
      const piece = new Uint8Array(await openBytes(this.key, `${sha256}/${i}`, sealed));
      const part = piece.subarray(at - i * PIECE_BYTES, offset + length - i * PIECE_BYTES);
      if (!part.length) return undefined;
      out.set(part, at - offset);
      at += part.length;
    }
    return out;
  }

  async thumb(sha256: string): Promise<Blob | undefined> {
    const sealed = await this.db.get('thumbs', sha256);
    return sealed && new Blob([await openBytes(this.key, `thumb:${sha256}`, sealed)], { type: 'image/jpeg' });
  }

  async keepThumb(name: string, blob: Blob): Promise<void> {
    const sealed = await sealBytes(this.key, `thumb:${name}`, await blob.arrayBuffer());
    await this.write(['thumbs'], (w) => w.put('thumbs', sealed, name));
  }

  /** Deletes the bytes; the thumb stays, to show what it was. */
  async dropFiles(shas: string[]): Promise<void> {
    await this.write(['pieces'], (w) => {
      for (const sha of shas) w.delete('pieces', IDBKeyRange.bound([sha, 0], [sha, Number.MAX_SAFE_INTEGER]));
    });
  }

  async heldFiles(): Promise<Set<string>> {
    return new Set((await this.db.getAllKeys('pieces')).map(([sha]) => sha));
  }
}

/** The buckets that hold these items, as they stand now. */
export function bucketsOf(
  ids: Iterable<string>,
  all: Iterable<[string, Item]>,
): Map<string, Map<string, Item>> {
  const buckets = new Map<string, Map<string, Item>>();
  for (const id of ids) buckets.set(bucketOf(id), new Map());
  if (buckets.size) for (const [id, item] of all) buckets.get(bucketOf(id))?.set(id, item);
  return buckets;
}

// Who has signed in on this phone. Their data lie in stores of their own, each under its own key; from here only
// login and name can be read by the next person who holds the phone.
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import { STORES } from './names';
import { makeDataKey, rewrap, unlock, type Wrapped } from './seal';

/** An unlocked store stays open this long after its last use, unless its owner signs out. */
const OPEN_MS = 12 * 3_600_000;

export interface Person {
  account_id: string;
  login: string;
  jurisdiction: string;
  name: string;
  wrapped: Wrapped;
  /** The usable key, unextractable, while the person is signed in: a phone whose browser was thrown out of memory
   *  by its own camera must not ask for a password in the rain. */
  open?: { key: CryptoKey; until: number };
}

interface Schema extends DBSchema {
  people: { key: string; value: Person };
  settings: { key: string; value: string };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>(STORES, 1, {
    upgrade(db) {
      db.createObjectStore('people', { keyPath: 'account_id' });
      db.createObjectStore('settings');
    },
  });
  return opened;
}

export async function people(): Promise<Person[]> {
  return (await database()).getAll('people');
}

export async function personOf(login: string, jurisdiction: string): Promise<Person | undefined> {
  const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();
  return (await people()).find(
    (p) => same(p.login, login) && (p.jurisdiction === jurisdiction || !jurisdiction),
  );
}

/** The person whose store is open, if any. */
export async function openPerson(now: number): Promise<Person | undefined> {
  const open = (await people()).filter((person) => person.open && person.open.until > now);
  return open.sort((a, b) => (b.open?.until ?? 0) - (a.open?.until ?? 0))[0];
}

async function put(person: Person): Promise<void> {
  await (await database()).put('people', person);
}

export async function addPerson(
  who: Omit<Person, 'wrapped' | 'open'>,
  password: string,
  now: number,
): Promise<{ person: Person; key: CryptoKey }> {
  const { wrapped, key } = await makeDataKey(password);
  const person: Person = { ...who, wrapped, open: { key, until: now + OPEN_MS } };
  await closeAll();
  await put(person);
  return { person, key };
}

/** Opens a person's store with the password; `undefined`: it is another password. */
export async function enter(person: Person, password: string, now: number): Promise<CryptoKey | undefined> {
  const key = await unlock(password, person.wrapped);
  if (!key) return undefined;
  await closeAll();
  await put({ ...person, open: { key, until: now + OPEN_MS } });
  return key;
}

/** The password was changed elsewhere: the store is to open with the new one. */
export async function renew(
  person: Person,
  oldPassword: string,
  newPassword: string,
): Promise<Person | undefined> {
  const wrapped = await rewrap(oldPassword, newPassword, person.wrapped);
  if (!wrapped) return undefined;
  const renewed = { ...person, wrapped };
  await put(renewed);
  return renewed;
}

export async function stayOpen(account: string, now: number): Promise<void> {
  const db = await database();
  const person = await db.get('people', account);
  if (person?.open) await db.put('people', { ...person, open: { ...person.open, until: now + OPEN_MS } });
}

export async function rename(account: string, name: string): Promise<void> {
  const db = await database();
  const person = await db.get('people', account);
  if (person && person.name !== name) await db.put('people', { ...person, name });
}

/** Somebody who was here, and all that is locked: nothing can bring it back. */
export async function forget(account: string): Promise<void> {
  await deleteDB(`${STORES}-${account}`);
  await (await database()).delete('people', account);
}

/** Nobody's store is open any more. */
export async function closeAll(): Promise<void> {
  const db = await database();
  for (const { open, ...person } of await people()) if (open) await db.put('people', person);
}

export async function setting(name: string): Promise<string | undefined> {
  return (await database()).get('settings', name);
}

export async function keepSetting(name: string, value: string): Promise<void> {
  await (await database()).put('settings', value, name);
}

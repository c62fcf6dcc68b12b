// Both engines and one server: phones of this folder's engine and of the program's own, of the same and of other people,
// record, add, void and sync in a random order, over a link that loses requests and answers, and die in the middle. In
// the end all show the same: nothing is lost, nothing is there twice. ANFANG_SEED lives through one day again.
import 'fake-indexeddb/auto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { canonical } from '../shared/wire/canonical';
import { codeOf } from '../shared/wire/problem';
import { Dice, seed } from './chance';
import { Clerk, Ground } from './ground';
import { lay } from './link';
import {
  type Held,
  Ours,
  type Phone,
  type Photo,
  type Place,
  photo,
  Theirs,
  type Told,
  type Visit,
} from './phones';

const ROUNDS = Number(process.env.ANFANG_ROUNDS ?? 12);
const END_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'anfang-agree-'));
let ground: Ground;
let clerk: Clerk;
let unlay: () => void;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
  unlay = lay();
});
afterAll(async () => {
  unlay?.();
  await ground?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Whoever oversees sees everybody's; who goes out sees his or her own. */
const isDesk = (phone: Phone) => phone.login.startsWith('supervisor');
const name = (phone: Phone) => `${phone.login} (${phone.make})`;

class Day {
  readonly made = new Map<string, { by: string; visit: Visit }>();
  private readonly photos: Photo[];
  private n = 0;

  constructor(
    private readonly dice: Dice,
    private readonly phones: Phone[],
    private readonly places: Place[],
  ) {
    this.photos = [4_000, 90_000, 260_000].map((bytes) => photo(dice, bytes));
  }

  async round(): Promise<void> {
    for (const phone of this.phones) {
      const acts = this.dice.below(3);
      for (let i = 0; i < acts; i++) await this.act(phone);
    }
    // At once, so that the server hears them all together.
    const syncs = this.phones.flatMap((phone) => {
      const cut = this.dice.isLucky(0.25) ? 20 + this.dice.below(250) : undefined;
      return this.dice.isLucky(0.7) ? [phone.sync(cut)] : [];
    });
    await Promise.all(syncs);
  }

  private async act(phone: Phone): Promise<void> {
    const luck = this.dice.next();
    if (luck < 0.45) return this.record(phone);
    const refused = new Set((await phone.commands()).filter(isRefused).map((one) => one.item));
    const own = [...(await phone.held())].filter(
      ([id, { inspection }]) =>
        this.made.get(id)?.by === phone.login && !inspection.voided && !refused.has(id),
    );
    // Of the last few, so that several meet at the same one.
    const id = this.dice.pick(
      own
        .map(([id]) => id)
        .sort()
        .slice(-3),
    );
    if (!id) return;
    this.n += 1;
    if (luck < 0.75 && phone instanceof Ours) return phone.amend(id, `补充 ${this.n}`);
    return phone.void(id, `误报 ${this.n}`);
  }

  private async record(phone: Phone): Promise<void> {
    this.n += 1;
    const place = this.dice.pick(this.places) as Place;
    const photos = this.photos.filter(() => this.dice.isLucky(0.4));
    const visit = { place, text: `问题 ${this.n}`, notes: `记录 ${this.n}`, photos };
    this.made.set(await phone.record(visit), { by: phone.login, visit });
  }
}

const isRefused = (one: Told) =>
  one.state === 'conflict' || one.state === 'rejected' || one.state === 'blocked';

/** What may be refused, and only that: a step upon a report that somebody else had voided meanwhile. */
function refusedWell(one: Told, all: Told[], held: Map<string, Held>): boolean {
  if (one.state === 'applied') return true;
  const code = one.problem && codeOf(one.problem);
  if (one.state === 'blocked')
    return all.some((other) => other.item === one.item && other.state === 'conflict');
  return code === 'inspection_voided' && held.get(one.item)?.inspection.voided !== undefined;
}

const contents = (held: Map<string, Held>) =>
  new Map(
    [...held].map(([id, one]) => [id, `${one.rev} ${canonical(JSON.parse(JSON.stringify(one.inspection)))}`]),
  );

function whole(day: Day, id: string, { inspection, pending }: Held, applied: Told[]): void {
  const visit = day.made.get(id)?.visit as Visit;
  expect(pending, id).toBe(false);
  expect(inspection.findings?.map((one) => one.text)).toEqual([visit.text]);
  expect(inspection.evidence?.map((one) => one.sha256).sort() ?? []).toEqual(
    visit.photos.map((one) => one.sha256).sort(),
  );
  expect(
    inspection.evidence?.every((one) => one.status === 'stored') ?? true,
    `${id}: a file is missing`,
  ).toBe(true);
  const upon = (type: string) => applied.filter((one) => one.item === id && one.type === type).length;
  expect(upon('inspection.submit'), `${id} was submitted once`).toBe(1);
  expect(inspection.amendments?.length ?? 0, `${id}: amendments`).toBe(upon('inspection.amend'));
  expect(inspection.interviews?.length ?? 0).toBe(upon('inspection.amend'));
  expect(inspection.notes?.split('\n').length).toBe(1 + upon('inspection.amend'));
  expect(inspection.voided ? 1 : 0, `${id}: voided`).toBe(upon('inspection.void'));
}

it('both engines and the server agree in the end', { timeout: END_MS }, async () => {
  const dice = new Dice(seed());
  const phones: Phone[] = [];
  for (const login of ['inspector1a', 'supervisor1', 'inspector1a', 'supervisor2'])
    phones.push(await Ours.signIn(ground.api, login, dice.child()));
  for (const [i, login] of ['inspector1a', 'supervisor1'].entries())
    phones.push(await Theirs.signIn(inject('bin'), join(folder, String(i)), ground.api, login));
  await Promise.all(phones.map((phone) => phone.settle()));
  const before = new Set((await (phones[1] as Phone).held()).keys());
  // Where all of them go.
  const mine = await (phones[0] as Phone).sites();
  const { sites } = await clerk.get<{ sites: Place[] }>('/v1/sites?kind=household&limit=1000');
  const places = sites.filter((one) => mine.has(one.site_id)).slice(0, 40);
  const day = new Day(dice.child(), phones, places);
  for (let round = 0; round < ROUNDS; round++) await day.round();
  // What all have sent by the first turn, all have seen by the second.
  for (let turn = 0; turn < 2; turn++) await Promise.all(phones.map((phone) => phone.settle()));

  const commands = await Promise.all(phones.map((phone) => phone.commands()));
  const held = await Promise.all(phones.map((phone) => phone.held()));
  const applied = commands.flat().filter((one) => one.state === 'applied');
  const desks = phones.flatMap((phone, i) => (isDesk(phone) ? [i] : []));
  const all = held[desks[0] as number] as Map<string, Held>;
  for (const [i, phone] of phones.entries()) {
    const told = commands[i] as Told[];
    const wrong = told.filter((one) => !refusedWell(one, told, all));
    expect(wrong, name(phone)).toEqual([]);
    const ids = [...day.made].filter(([, { by }]) => isDesk(phone) || by === phone.login).map(([id]) => id);
    const shown = held[i] as Map<string, Held>;
    const since = [...shown.keys()].filter((id) => !before.has(id));
    expect(since.sort(), `${name(phone)}: lost, doubled or made up`).toEqual(ids.sort());
    for (const id of ids) whole(day, id, shown.get(id) as Held, applied);
    // The same revision and the same words, to the letter, as on the supervisor's own phone.
    const reference = contents(all);
    for (const [id, text] of contents(shown)) expect(text, `${name(phone)} ${id}`).toBe(reference.get(id));
    if (phone instanceof Ours) expect(phone.mismatches, name(phone)).toBe(0);
  }
  expect(await (phones[4] as Phone).sites()).toEqual(mine);
  await compareWithServer(all, day);
  const refused = commands.flat().length - applied.length;
  console.log(
    `figures: ${phones.length} phones, ${day.made.size} reports, ${applied.length} commands applied, ${refused} refused`,
  );
  expect(day.made.size).toBeGreaterThan(ROUNDS);
  for (const phone of phones) await phone.close();
});

async function compareWithServer(all: Map<string, Held>, day: Day): Promise<void> {
  for (const id of day.made.keys()) {
    const told = await clerk.get<unknown>(`/v1/inspections/${id}`);
    expect(canonical(told)).toBe(canonical(JSON.parse(JSON.stringify(all.get(id)?.inspection))));
  }
}

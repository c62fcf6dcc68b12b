// Two phones, a model server and a network that loses, doubles, delays and cuts; phones that die between any two
// steps. `run` does what a list of actions says, lets everything come to rest, and tells what is wrong.
import { Engine, type Snapshot } from '../../shared/engine/engine';
import type { Item } from '../../shared/engine/feed';
import { discard, give, giveAgain } from '../../shared/engine/give';
import { isLaidOver } from '../../shared/engine/outbox';
import { isKept, type Record as Kept } from '../../shared/engine/record';
import type { Answer, Network, Step } from '../../shared/engine/step';
import { page as pageShape } from '../../shared/wire/messages';
import { problemOf } from '../../shared/wire/problem';
import { type Act, type Request, Server, type Verdict, type View } from './server';

export const PHONES = 2;
const FILE_BYTES = 100_000;

export type Fate =
  | 'good'
  | 'request_lost'
  | 'answer_lost'
  | 'twice'
  /** The request hangs in the network and arrives long after. */
  | 'late'
  | 'dies_before'
  | 'dies_while_asking'
  | 'dies_with_answer'
  /** The records are in the journal, and nothing more happened. */
  | 'dies_after_keeping'
  | 'busy'
  | 'token_expired';

export type Action =
  | { do: 'give'; phone: number; item: number; verdict: Verdict; files: number; film?: boolean }
  /** The phone's link becomes another one. */
  | { do: 'link'; phone: number; network: Network }
  /** Its person stops the sending, or goes on. */
  | { do: 'pause'; phone: number; paused: boolean }
  | { do: 'turn'; phone: number; fate: Fate; part: number }
  | { do: 'touch'; item: number; set: number }
  | { do: 'grant' | 'revoke'; phone: number; area: number }
  | { do: 'back_up' | 'restore' | 'sweep' | 'expire' | 'late_arrives' }
  | { do: 'compact' | 'forget'; phone: number }
  | { do: 'discard'; phone: number; again: boolean };

export const uuid = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const person = (phone: number) => uuid(0xaa00 + phone);
export const area = (n: number) => `area:${uuid(0xa000 + n)}`;
const sha = (n: number) => n.toString(16).padStart(64, '0');

const SETTINGS = {
  backoff_ms: 10,
  backoff_max_ms: 1000,
  poll_ms: 5000,
  video_on_wifi_only: true,
  paused: false,
};

interface Phone {
  me: string;
  engine: Engine;
  network: Network;
  paused: boolean;
  base: string | undefined;
  /** What is on its disk, as text: each line one durable write. */
  journal: string[];
  uptime: number;
  boot: number;
}

class Wrong extends Error {}

export class World {
  readonly server = new Server();
  private readonly phones: Phone[] = [];
  private readonly late: [string, Request][] = [];
  private readonly films = new Set<string>();
  private readonly given = new Map<string, Act & { phone: number; files: string[] }>();
  /** Thrown away by a person: must never be done. */
  private readonly thrown: Act[] = [];
  /** Items whose commands a person has given again, later than others. */
  private readonly reordered = new Set<string>();
  private nextId = 1;

  constructor() {
    for (let i = 0; i < PHONES; i++) {
      this.server.grant(person(i), `person:${person(i)}`);
      this.server.grant(person(i), area(0));
      const phone = {
        me: person(i),
        engine: new Engine(SETTINGS),
        network: 'free' as const,
        paused: false,
        base: undefined,
        journal: [],
        uptime: 0,
        boot: 0,
      };
      this.phones.push(phone);
      this.keep(phone, [{ owner: phone.me }]);
    }
  }

  act(action: Action): void {
    switch (action.do) {
      case 'give':
        return this.give(action.phone, action.item, action.verdict, action.files, action.film === true);
      case 'link':
        this.at(action.phone).network = action.network;
        return;
      case 'pause':
        return this.pause(this.at(action.phone), action.paused);
      case 'turn':
        return void this.turn(this.at(action.phone), action.fate, action.part);
      case 'touch':
        return this.touch(action.item, action.set);
      case 'grant':
      case 'revoke':
        return this.server[action.do](person(action.phone), area(action.area));
      case 'back_up':
        return this.server.backUp();
      case 'restore':
        return this.server.restore();
      case 'sweep':
        return this.server.sweep();
      case 'expire':
        return this.server.expireUploads();
      case 'late_arrives': {
        const [who, request] = this.late.shift() ?? [];
        if (who && request) this.server.sync(who, request);
        return;
      }
      case 'compact':
        return this.compact(this.at(action.phone));
      case 'forget':
        return this.letGo(this.at(action.phone));
      case 'discard':
        return this.settle(this.at(action.phone), action.again);
    }
  }

  private at(phone: number): Phone {
    return this.phones[phone] as Phone;
  }

  private touch(item: number, set: number): void {
    const channels = [0, 1, 2].filter((n) => (set >> n) & 1).map(area);
    this.server.touch(uuid(0x500 + item), channels, 900_000 + this.nextId++);
  }

  /** Kept on its disk, apart from the journal. */
  private pause(phone: Phone, paused: boolean): void {
    phone.paused = paused;
    phone.engine.settings = { ...phone.engine.settings, paused };
  }

  private give(index: number, item: number, verdict: Verdict, count: number, film: boolean): void {
    const phone = this.at(index);
    const id = uuid(0x10000 + this.nextId++);
    const body: Act = { item: uuid(0x1000 + index * 0x100 + item), token: this.nextId, verdict };
    const files = Array.from({ length: count }, () => sha(this.nextId++));
    const media_type = film ? 'video/mp4' : 'image/jpeg';
    const fresh = files.map((sha256) => ({ sha256, size: FILE_BYTES, media_type }));
    if (film) for (const one of files) this.films.add(one);
    const command = { id, type: 'inspection.do', item: body.item, body, files };
    this.keep(phone, give(phone.engine, command, fresh, this.moment(phone)));
    this.given.set(id, { ...body, phone: index, files });
  }

  private moment(phone: Phone) {
    return { wall: 1_786_000_000_000 + phone.uptime, uptime_ms: phone.uptime, boot: `b${phone.boot}` };
  }

  /** One durable write, then the fold. */
  private keep(phone: Phone, records: Kept[], dies = false): void {
    const kept = records.filter(isKept);
    if (kept.length) phone.journal.push(JSON.stringify(kept));
    if (dies) return;
    for (const record of records) this.applied(phone, record);
  }

  private applied(phone: Phone, record: Kept): void {
    const cursor = phone.engine.feed.cursor;
    const pulls = phone.engine.feed.tally.pulls;
    phone.engine.apply(record);
    if ('synced' in record && phone.engine.feed.tally.pulls > pulls) {
      const { asked, page } = record.synced;
      const snapshot = page.cursor === undefined ? undefined : this.server.snapshots.get(page.cursor);
      // After a change of life, or a mismatch, a channel may still be asked for.
      const whole = !phone.engine.feed.isUnfinished && asked.pull?.cursor === cursor;
      if (whole && snapshot) this.same('a publication', viewOf(phone), snapshot);
    }
    for (const gone of phone.engine.deletable()) {
      const named = [...this.given.values()].some((one) => one.files.includes(gone));
      if (named && !this.server.everHeld.has(gone))
        throw new Wrong(`${gone} could be deleted without a receipt`);
    }
  }

  private dies(phone: Phone): void {
    phone.boot += 1;
    phone.uptime += 1;
    phone.engine = restored(phone);
    for (const line of phone.journal)
      for (const record of JSON.parse(line) as Kept[]) phone.engine.apply(record);
  }

  private compact(phone: Phone): void {
    phone.base = JSON.stringify({ snapshot: phone.engine.snapshot(), items: [...phone.engine.feed.items()] });
    phone.journal = [];
    this.dies(phone);
  }

  private letGo(phone: Phone): void {
    const gone = phone.engine.deletable();
    for (const file of gone) {
      const still = this.server.held.has(file) || this.server.everHeld.has(file);
      const discarded = ![...this.given.values()].some((one) => one.files.includes(file));
      if (!still && !discarded) throw new Wrong(`${file} was deleted and is nowhere`);
    }
  }

  private settle(phone: Phone, again: boolean): void {
    const { outbox } = phone.engine;
    const refused = outbox.refused()[0] ?? outbox.open()[0];
    if (!refused) return;
    const family = [refused.id, ...phone.engine.outbox.followers(refused.id)];
    const fresh: string[] = [];
    const id = () => {
      fresh.push(uuid(0x10000 + this.nextId++));
      return fresh.at(-1) ?? '';
    };
    const records = again
      ? giveAgain(phone.engine, refused.id, this.moment(phone), id)
      : discard(phone.engine, refused.id, true);
    if (!records) {
      if (outbox.isDead(refused)) throw new Wrong('a refused command could not be settled');
      return;
    }
    const old = family.map((one) => this.given.get(one));
    for (const one of family) {
      const act = this.given.get(one);
      if (act && again) this.reordered.add(act.item);
      else if (act) this.thrown.push(act);
      this.given.delete(one);
    }
    for (const [i, one] of fresh.entries()) {
      const act = old[i];
      if (act) this.given.set(one, act);
    }
    this.keep(phone, records);
  }

  /** One step of one phone, and what the network makes of it. Returns whether there was anything to do. */
  turn(phone: Phone, fate: Fate, part: number): boolean {
    phone.uptime += 20;
    const step = phone.engine.next(this.moment(phone), phone.network);
    this.allowed(phone, step);
    if (step.do === 'wait') {
      if (step.why === 'idle') return false;
      if (step.until_ms !== undefined) phone.uptime = Math.max(phone.uptime, step.until_ms);
      return true;
    }
    if (fate === 'dies_before') {
      this.dies(phone);
      return true;
    }
    this.keep(phone, phone.engine.begin(step));
    if (fate === 'dies_while_asking') {
      this.dies(phone);
      return true;
    }
    const answer = this.carry(phone, step, fate, part);
    if (fate === 'dies_with_answer') {
      this.dies(phone);
      return true;
    }
    const records = phone.engine.received(step, answer, 50, this.moment(phone), part / 255);
    this.keep(phone, records, fate === 'dies_after_keeping');
    if (fate === 'dies_after_keeping') this.dies(phone);
    return true;
  }

  /** Nothing goes out without a link or while the sending is stopped, and no film over a link that is paid for. */
  private allowed(phone: Phone, step: Step): void {
    if (step.do === 'wait') return;
    if (phone.network === 'none') throw new Wrong(`${step.do} without a network`);
    if (phone.paused) throw new Wrong(`${step.do} although a person has stopped the sending`);
    if (phone.network === 'free') return;
    const named =
      step.do === 'declare' ? step.blobs.map(({ sha256 }) => sha256) : 'sha256' in step ? [step.sha256] : [];
    const film = named.find((sha256) => this.films.has(sha256));
    if (film) throw new Wrong(`${step.do} of the film ${film} over a link that is paid for`);
  }

  private carry(phone: Phone, step: Step, fate: Fate, part: number): Answer {
    if (fate === 'request_lost') return { is: 'lost' };
    if (fate === 'busy')
      return { is: 'refused', status: 503, problem: problemOf('unavailable'), retry_after_s: 1 };
    if (step.do === 'refresh' || step.do === 'sign_in') return { is: 'welcome' };
    if (fate === 'token_expired') return { is: 'refused', status: 401, problem: problemOf('token_invalid') };
    if (step.do === 'sync' && fate === 'late') {
      this.late.push([phone.me, JSON.parse(step.body)]);
      return { is: 'lost' };
    }
    const answer = this.ask(phone, step, fate, part);
    if (fate === 'twice') this.ask(phone, step, 'good', part);
    return fate === 'answer_lost' ? { is: 'lost' } : answer;
  }

  private ask(phone: Phone, step: Step, fate: Fate, part: number): Answer {
    if (step.do === 'sync') {
      const page = this.server.sync(phone.me, JSON.parse(step.body));
      return { is: 'synced', page: pageShape.read(JSON.parse(JSON.stringify(page))) };
    }
    if (step.do === 'declare') return { is: 'declared', standings: this.server.declare(step.blobs) };
    if (step.do === 'ask') {
      const bytes = this.server.holds(step.upload);
      return bytes === undefined ? notFound() : { is: 'holds', bytes };
    }
    if (step.do !== 'upload') throw new Wrong(`nobody can ${step.do}`);
    // A cut connection delivers a part of the bytes.
    const length = fate === 'answer_lost' ? Math.floor((step.length * part) / 255) : step.length;
    const held = this.server.patch(step.upload, step.offset, length);
    if (held === undefined) return notFound();
    if (held === 'offset_wrong') return { is: 'refused', status: 409, problem: problemOf('offset_wrong') };
    return { is: 'holds', bytes: held };
  }

  /** Lets everything come to rest, and compares. */
  finish(): void {
    while (this.late.length) this.act({ do: 'late_arrives' });
    for (const phone of this.phones) {
      phone.network = 'free';
      this.pause(phone, false);
      // Thrice: what one round stores, the next one sees in the feed, and digests are compared at leisure.
      for (let round = 0; round < 3; round++) {
        this.keep(phone, [phone.engine.nudge()]);
        for (let turns = 0; this.turn(phone, 'good', 255); turns++) {
          if (turns > 2000) throw new Wrong('it does not come to rest');
        }
      }
    }
    for (const phone of this.phones) {
      this.same('the end', viewOf(phone), this.server.view(phone.me));
      this.rest(phone);
    }
    for (const { item, token } of this.thrown) {
      if (this.server.tokensOf(item).includes(token)) throw new Wrong(`${token} was thrown away, and done`);
    }
    for (const { item } of this.given.values()) {
      const tokens = this.server.tokensOf(item);
      const inOrder = tokens.every((token, i) => i === 0 || token > (tokens[i - 1] ?? 0));
      if (!inOrder && !this.reordered.has(item)) throw new Wrong(`${item} was done out of order: ${tokens}`);
    }
  }

  private rest(phone: Phone): void {
    const { outbox, files } = phone.engine;
    for (const [id, act] of this.given) {
      if (this.at(act.phone) !== phone) continue;
      const entry = outbox.get(id);
      if (!entry) throw new Wrong(`${id} was forgotten`);
      const done = this.server.tokensOf(act.item).filter((token) => token === act.token).length;
      const should = act.verdict === 'fine' || act.verdict === 'later';
      const dead = outbox.isDead(entry);
      if (done !== (should && !dead ? 1 : 0))
        throw new Wrong(`${id} (${act.verdict}) was done ${done} times`);
      if (!should && entry.state.is !== (act.verdict === 'refused' ? 'rejected' : 'conflict') && !dead) {
        throw new Wrong(`${id} (${act.verdict}) is told as ${entry.state.is}`);
      }
      if (dead) continue;
      if (isLaidOver(entry)) throw new Wrong(`${id} is laid over for ever`);
      for (const file of act.files) {
        if (!this.server.held.has(file)) throw new Wrong(`the file ${file} of ${id} did not arrive`);
        if (files.get(file)?.state.is !== 'received') throw new Wrong(`${file} has no receipt`);
      }
    }
  }

  private same(when: string, ours: View, theirs: View): void {
    const [a, b] = [JSON.stringify(sorted(ours)), JSON.stringify(sorted(theirs))];
    if (a !== b) throw new Wrong(`at ${when} the phone shows\n  ${a}\nand the server holds\n  ${b}`);
  }
}

const notFound = (): Answer => ({ is: 'refused', status: 404, problem: problemOf('not_found') });

const sorted = (view: View) => Object.fromEntries(Object.entries(view).sort(([a], [b]) => (a < b ? -1 : 1)));

function restored(phone: Phone): Engine {
  const settings = { ...SETTINGS, paused: phone.paused };
  if (phone.base === undefined) return new Engine(settings);
  const { snapshot, items } = JSON.parse(phone.base) as { snapshot: Snapshot; items: [string, Item][] };
  return Engine.restore(settings, snapshot, items);
}

function viewOf(phone: Phone): View {
  const view: View = {};
  for (const [id, item] of phone.engine.feed.items()) {
    const { tokens } = item.body as { tokens: number[] };
    view[id] = { rev: item.rev, tokens, channels: Object.keys(item.channels).sort() };
  }
  return view;
}

export function run(actions: Action[]): void {
  const world = new World();
  for (const action of actions) world.act(action);
  world.finish();
}

// What every app of ours has: who is here, one page that writes, the engine and its loop, and how they are shown. The
// field app and the desk are this with pages of their own. Pages change things only by its methods.
import type { Credentials, Session } from './auth/session';
import type { Network } from './engine/step';
import { v7 } from './ids';
import { type Language, lang, preferred } from './lang/lang.svelte';
import type { Reply, Told } from './net/http';
import type { Runner } from './runner';
import type { Home } from './store/home';
import * as folk from './store/people';
import { type Fence, holdPage } from './store/tabs';
import type { Rectification } from './wire/items';
import type { Area, Checklist, Me, Site, Unit } from './wire/messages';
import type { Problem } from './wire/problem';
import type { Of } from './wire/shape';

/** There as soon as somebody signs in or is here: fetched after the first screen. */
let works: typeof import('./works');

export async function load(): Promise<typeof import('./works')> {
  works ??= await import('./works');
  return works;
}

/** A file of some megabytes, up a slow line. */
const FILE_TIMEOUT_MS = 300_000;

export type Phase = 'opening' | 'unable' | 'elsewhere' | 'people' | 'ready';
export type SignInResult = 'done' | 'wrong' | 'offline' | 'old_password' | { refused: unknown };

export class Host {
  phase = $state<Phase>('opening');
  people = $state.raw<folk.Person[]>([]);
  person = $state.raw<folk.Person | undefined>();
  me = $state.raw<Me | undefined>();
  online = $state(navigator.onLine);
  /** Counts what the engine has done: whoever reads it is drawn anew. */
  version = $state(0);
  toast = $state<string | undefined>();
  runner: Runner | undefined;
  private fence: Fence | undefined;
  private drawing = false;

  /** The store is open, nothing is shown yet. */
  protected async opened(_home: Home): Promise<void> {}
  /** Somebody is here. */
  protected async entered(): Promise<void> {}
  /** Nobody is here any more. */
  protected left(): void {}

  async open(): Promise<void> {
    lang.current = preferred(await folk.setting('language').catch(() => undefined), navigator.languages);
    if (!crypto.subtle || !('locks' in navigator) || !('indexedDB' in globalThis)) {
      this.phase = 'unable';
      return;
    }
    addEventListener('online', () => this.linkChanged());
    addEventListener('offline', () => this.linkChanged());
    const { connection } = navigator as { connection?: EventTarget };
    // From a paid link to a free one: what waited for it is looked at.
    connection?.addEventListener?.('change', () => this.runner?.wake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.runner?.nudge();
    });
    await this.hold(false);
  }

  /** One page at a time writes. */
  async hold(take: boolean): Promise<void> {
    this.phase = 'opening';
    this.fence = await holdPage(take, () => this.leave());
    if (!this.fence) {
      this.phase = 'elsewhere';
      return;
    }
    const person = await folk.openPerson(Date.now());
    if (person?.open) await this.enter(person, person.open.key);
    else await this.showPeople();
  }

  /** Another page has asked for the store. */
  protected async leave(): Promise<void> {
    await this.runner?.stop();
    this.runner?.home.close();
    this.runner = undefined;
    this.fence = undefined;
    this.phase = 'elsewhere';
  }

  private async showPeople(): Promise<void> {
    this.people = await folk.people();
    this.phase = 'people';
  }

  private linkChanged(): void {
    this.online = navigator.onLine;
    if (this.online) this.runner?.nudge();
    else this.runner?.wake();
  }

  /** A phone that does not tell its link counts as paid by the byte. */
  get tellsLink(): boolean {
    return 'connection' in navigator;
  }

  network(): Network {
    if (!navigator.onLine) return 'none';
    const link = (navigator as { connection?: { type?: string; saveData?: boolean; effectiveType?: string } })
      .connection;
    if (!link) return 'metered';
    if (link.saveData || link.type === 'cellular') return 'metered';
    if (link.type === undefined && link.effectiveType !== '4g') return 'metered';
    return 'free';
  }

  // Signing in

  async signIn(credentials: Credentials, oldPassword?: string): Promise<SignInResult> {
    // Without a network, and not yet on this phone: the same as no answer.
    try {
      await load();
    } catch {
      return 'offline';
    }
    try {
      let known = await folk.personOf(credentials.login, credentials.jurisdiction);
      if (known && oldPassword) {
        known = await folk.renew(known, oldPassword, credentials.password);
        if (!known) return 'wrong';
      }
      if (known) return await this.unlock(known, credentials);
      return await this.enrol(credentials);
    } catch (error) {
      if (error instanceof works.NoAnswer) return 'offline';
      if (error instanceof works.SignInRefused) {
        return works.isCode(error.problem, 'credentials_wrong') ? 'wrong' : { refused: error.problem };
      }
      throw error;
    }
  }

  /** Gives up what is locked on this device with a password that nobody remembers. The person says so first. */
  async forget({ login, jurisdiction }: Credentials): Promise<void> {
    const known = await folk.personOf(login, jurisdiction);
    if (known && this.person?.account_id !== known.account_id) await folk.forget(known.account_id);
  }

  /** Somebody who was here before: the password opens the store, with or without a network. */
  private async unlock(person: folk.Person, credentials: Credentials): Promise<SignInResult> {
    const key = await folk.enter(person, credentials.password, Date.now());
    if (!key) {
      // Changed elsewhere, or mistyped: the server knows.
      await works.signInBare(credentials);
      return 'old_password';
    }
    if (this.runner && this.person?.account_id === person.account_id) {
      await this.runner.session.signIn(credentials, this.deviceName(), this.platform());
      this.runner.welcome();
      return 'done';
    }
    await this.enter(person, key);
    await this.signInBehind(credentials);
    return 'done';
  }

  private async signInBehind(credentials: Credentials): Promise<void> {
    const { runner } = this;
    if (!runner || runner.session.canRefresh) return;
    try {
      await runner.session.signIn(credentials, this.deviceName(), this.platform());
      runner.welcome();
    } catch (error) {
      if (!(error instanceof works.NoAnswer || error instanceof works.SignInRefused)) throw error;
    }
  }

  private async enrol(credentials: Credentials): Promise<SignInResult> {
    const bare = await works.signInBare(credentials);
    const { login, jurisdiction } = credentials;
    const who = { account_id: bare.account_id, login: login.trim(), jurisdiction, name: login.trim() };
    const same = (await folk.people()).find((one) => one.account_id === bare.account_id);
    const { person, key } = same
      ? { person: same, key: await folk.enter(same, credentials.password, Date.now()) }
      : await folk.addPerson(who, credentials.password, Date.now());
    if (!key) return 'old_password';
    const home = await works.Home.open(person.account_id, key, this.fence?.id ?? v7());
    const session = await works.Session.open(home);
    await session.enrol(bare, this.deviceName(), this.platform(), false);
    await this.begin(person, home, session);
    await navigator.storage?.persist?.();
    const { limits } = await works.fetchCapabilities().catch(() => ({ limits: undefined }));
    if (limits) await this.runner?.learn(limits);
    return 'done';
  }

  private deviceName(): string {
    const phone = /\(([^;)]+;[^;)]+)/.exec(navigator.userAgent)?.[1] ?? navigator.userAgent;
    return phone.slice(0, 100) || 'browser';
  }

  private platform(): string {
    return `web ${navigator.userAgent}`.slice(0, 100);
  }

  private async enter(person: folk.Person, key: CryptoKey): Promise<void> {
    await load();
    const home = await works.Home.open(person.account_id, key, this.fence?.id ?? v7());
    await this.begin(person, home, await works.Session.open(home));
  }

  private async begin(person: folk.Person, home: Home, session: Session): Promise<void> {
    await this.runner?.stop();
    this.runner = await works.Runner.open(home, session, person.account_id, () => this.draw());
    this.person = person;
    this.me = await home.sealed<Me>('me');
    await this.opened(home);
    this.phase = 'ready';
    void this.runner.run(() => this.network());
    await folk.stayOpen(person.account_id, Date.now());
    void this.entered();
  }

  /** Many small steps are one drawing. */
  private draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.version += 1;
      if (this.runner?.trouble?.is === 'fenced') void this.leave();
      if (!this.me && this.runner?.session.token) void this.introduce();
    }, 50);
  }

  private introduced = false;
  private async introduce(): Promise<void> {
    const { runner, person } = this;
    if (this.introduced || !runner || !person) return;
    this.introduced = true;
    const reply = await works.ask('GET', '/v1/me', { token: runner.session.token });
    this.introduced = false;
    if (reply?.status !== 200) return;
    this.me = works.meShape.read(reply.body);
    await runner.home.keepSealed('me', this.me);
    await folk.rename(person.account_id, this.me.name);
  }

  /** By which calendar and time zone the server counts; kept for when there is no network. */
  protected async learnTerms(): Promise<void> {
    const home = this.runner?.home;
    const kept = await home?.sealed<Of<typeof works.termsShape>>('terms');
    if (kept) works.countBy(kept);
    const reply = await this.get('/v1/terms');
    if (reply?.status !== 200) return;
    const told = works.termsShape.read(reply.body);
    works.countBy(told);
    await home?.keepSealed('terms', told).catch(() => undefined);
    this.version += 1;
  }

  async signOut(): Promise<void> {
    const { runner } = this;
    this.runner = undefined;
    // Locked first, and at the beginning: this page may be gone before the rest is done.
    location.hash = '#/';
    await folk.closeAll();
    await runner?.stop();
    await runner?.session.end();
    runner?.home.close();
    this.person = undefined;
    this.me = undefined;
    this.left();
    await this.showPeople();
  }

  /** Locks the store and shows who may open it. */
  async switchPerson(): Promise<void> {
    const { runner } = this;
    this.runner = undefined;
    location.hash = '#/';
    await folk.closeAll();
    await runner?.stop();
    runner?.home.close();
    this.person = undefined;
    this.me = undefined;
    this.left();
    await this.showPeople();
  }

  // What the engine shows

  get engine() {
    void this.version;
    return this.runner?.engine;
  }

  private siteCache: { engine?: unknown; pulls: number; sites: Site[] } = { pulls: -1, sites: [] };
  /** All sites, by code. Made anew only when the feed has published something. */
  sites(): Site[] {
    const { engine } = this;
    if (!engine) return [];
    const pulls = engine.feed.tally.pulls;
    // Of this person's engine: another one on this phone may have pulled as often.
    if (this.siteCache.engine !== engine || this.siteCache.pulls !== pulls) {
      const sites: Site[] = [];
      for (const [, item] of engine.feed.items())
        if (item.kind === 'site' && item.body) sites.push(item.body as Site);
      sites.sort((a, b) => (a.code < b.code ? -1 : 1));
      this.siteCache = { engine, pulls, sites };
    }
    return this.siteCache.sites;
  }

  site(id: string): Site | undefined {
    return this.engine?.site(id);
  }

  area(id: string): Area | undefined {
    return this.engine?.feed.get(id)?.body as Area | undefined;
  }

  /** The newest version of each checklist. */
  checklists(): Checklist[] {
    const newest = new Map<string, Checklist>();
    for (const one of this.allChecklists()) {
      if ((newest.get(one.checklist_id)?.version ?? 0) < one.version) newest.set(one.checklist_id, one);
    }
    return [...newest.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  checklist(id: string, version: number): Checklist | undefined {
    return this.allChecklists().find((one) => one.checklist_id === id && one.version === version);
  }

  /** In all their versions. */
  allChecklists(): Checklist[] {
    const all: Checklist[] = [];
    for (const [, item] of this.engine?.feed.items() ?? []) {
      if (item.kind !== 'checklist') continue;
      try {
        all.push(works.checklistShape.read(item.body));
      } catch {
        // Of a later server: kept, unread.
      }
    }
    return all;
  }

  unit(id: string): Unit | undefined {
    return this.engine?.feed.get(id)?.body as Unit | undefined;
  }

  private itemCache = new Map<string, { key: string; item: Rectification | undefined }>();
  /** An item of the ledger, own writes laid over. */
  item(id: string): Rectification | undefined {
    const { engine } = this;
    if (!engine) return undefined;
    const pending = engine.pendingOn(id);
    const key = `${engine.feed.get(id)?.rev} ${pending.map((one) => one.id + one.state.is)}`;
    const kept = this.itemCache.get(id);
    if (kept?.key === key && !pending.length) return kept.item;
    const item = engine.item(id);
    this.itemCache.set(id, { key, item });
    return item;
  }

  items(): Rectification[] {
    return (this.engine?.idsOf('rectification') ?? []).flatMap((id) => this.item(id) ?? []);
  }

  /** Bytes from the server: previews, originals. */
  async blob(path: string): Promise<Blob | undefined> {
    const { runner } = this;
    if (!runner || !works) return undefined;
    const token = await runner.freshToken();
    const first = await works.askBlob(path, token);
    if (first !== 401) return first;
    const again = await works.askBlob(path, await runner.freshToken(token));
    return again === 401 ? undefined : again;
  }

  /** A file with the server's word on it. `undefined`: none, or no answer. */
  async file(path: string): Promise<Told | undefined> {
    const { runner } = this;
    if (!runner || !works) return undefined;
    const token = await runner.freshToken();
    const first = await works.askFile(path, token);
    const told = first === 401 ? await works.askFile(path, await runner.freshToken(token)) : first;
    return typeof told === 'number' ? undefined : told;
  }

  /** Ends something on the server that is this person's to end. */
  async remove(path: string): Promise<boolean> {
    const { runner } = this;
    if (!runner || !works) return false;
    const reply = await works.ask('DELETE', path, { token: await runner.freshToken() });
    return reply !== undefined && reply.status < 300;
  }

  /** Here and on the server; the store opens with the new one from now on. */
  async changePassword(old_password: string, new_password: string): Promise<'done' | Problem | undefined> {
    const { runner, person } = this;
    if (!runner || !person || !works) return undefined;
    const body = JSON.stringify({ old_password, new_password });
    const reply = await works.ask('POST', '/v1/password', { token: await runner.freshToken(), body });
    if (!reply) return undefined;
    if (reply.status >= 300) return works.readProblem(reply.body);
    this.person = (await folk.renew(person, old_password, new_password)) ?? person;
    return 'done';
  }

  /** Reads from the server, signed in; a token that has run out is renewed first. `undefined`: no answer. */
  async get(path: string): Promise<Reply | undefined> {
    const { runner } = this;
    if (!runner || !works) return undefined;
    const token = await runner.freshToken();
    const reply = await works.ask('GET', path, { token });
    if (reply?.status !== 401) return reply;
    return works.ask('GET', path, { token: await runner.freshToken(token) });
  }

  /** Writes what is no command: accounts, files to import. Never kept for later. `undefined`: no answer, and so it may
   *  have been done all the same. */
  async send(method: 'POST' | 'PUT' | 'DELETE', path: string, content?: unknown): Promise<Reply | undefined> {
    const { runner } = this;
    if (!runner || !works) return undefined;
    const what =
      content instanceof Blob
        ? { file: content, signal: AbortSignal.timeout(FILE_TIMEOUT_MS) }
        : content === undefined
          ? {}
          : { body: JSON.stringify(content) };
    const token = await runner.freshToken();
    const reply = await works.ask(method, path, { ...what, token });
    if (reply?.status !== 401) return reply;
    return works.ask(method, path, { ...what, token: await runner.freshToken(token) });
  }

  /** Refused reports and files: a person has to look. */
  needsPerson(): number {
    const { engine } = this;
    if (!engine) return 0;
    const files = engine.files.all().filter(({ state }) => state.is === 'refused').length;
    return engine.outbox.refused().length + files;
  }

  unsent(): number {
    const { engine } = this;
    return engine ? engine.outbox.open().length + engine.files.due(engine.wantedFiles(), true).length : 0;
  }

  problemOf(id: string) {
    const entry = this.engine?.outbox.get(id);
    return entry && works.problemOfEntry(entry);
  }

  async speak(language: Language): Promise<void> {
    lang.current = language;
    await folk.keepSetting('language', language);
  }

  tell(text: string): void {
    this.toast = text;
    clearTimeout(this.toastEnds);
    this.toastEnds = setTimeout(() => this.hush(), 4000);
  }
  private toastEnds: ReturnType<typeof setTimeout> | undefined;

  /** Whoever goes on has read it, and needs what it covers. */
  hush(): void {
    this.toast = undefined;
  }
}

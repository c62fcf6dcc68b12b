// The field app's state: what every app has, and drafts, and the room on this phone. Pages read it; they change things
// only by its methods.
import { Host, load } from '../shared/host.svelte';
import { v7 } from '../shared/ids';
import { openOf } from '../shared/rules/asked';
import type { Home } from '../shared/store/home';
import type { Act, ActType, Rectification } from '../shared/wire/items';
import type { Amend, AskedBack, Evidence, HeldEvidence, Inspection } from '../shared/wire/messages';
import type { Draft } from './draft';
import type { Plan } from './plans';
import { isLow, type Space } from './room';
import type { Todo } from './tasks';

/** What items mean: fetched with the rest, after the first screen. */
let tasks: typeof import('./tasks');
let planning: typeof import('./plans');

/** What is being written about an item, a question or a report: an answer, an amendment, a step with its reason. It lies
 *  with the drafts, under the id of what it is about, or under its kind and the id. */
export interface AnswerDraft {
  answer_to: string;
  text: string;
  evidence: Evidence[];
  /** Of an amendment. */
  notes?: string;
  problem?: string;
  severity?: string;
  /** Asked for, or planned. */
  day?: string;
  /** Of a verification on site. */
  visit?: string;
}

/** Photos of before that are fetched ahead, for where there is no signal. */
const AHEAD = 200;

class App extends Host {
  drafts = $state<Draft[]>([]);
  answers = $state<AnswerDraft[]>([]);
  space = $state.raw<Space | undefined>();
  /** Drafts that are on their way to the disk. */
  keeping = $state(0);
  /** The last write of a draft did not succeed. */
  unsaved = $state<'no_space' | 'broken' | undefined>();
  updateReady = $state.raw<(() => void) | undefined>();

  protected override async opened(home: Home): Promise<void> {
    tasks ??= await import('./tasks');
    planning ??= await import('./plans');
    const kept = await home.drafts<Draft | AnswerDraft>();
    this.drafts = kept.filter((one): one is Draft => 'inspection_id' in one);
    this.answers = kept.filter((one): one is AnswerDraft => 'answer_to' in one);
  }

  protected override async entered(): Promise<void> {
    await this.measure();
    await this.runner?.tidy(false, this.draftedFiles());
    void this.fetchAhead();
    void this.learnTerms();
  }

  protected override left(): void {
    this.drafts = [];
    this.answers = [];
    this.planCache = { pulls: -1, plans: [] };
  }

  // Drafts

  /** On disk when it returns. */
  async keepDraft(draft: Draft | AnswerDraft): Promise<boolean> {
    const id = 'answer_to' in draft ? draft.answer_to : draft.inspection_id;
    this.keeping += 1;
    const isKept = await this.kept(async () => this.runner?.home.keepDraft(id, $state.snapshot(draft)));
    this.keeping -= 1;
    if (isKept) this.unsaved = undefined;
    return isKept;
  }

  /** Whether what is done here is kept; if it is not, every page says why. */
  async kept(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const { NoSpace } = await load();
      this.unsaved = error instanceof NoSpace ? 'no_space' : 'broken';
      return false;
    }
  }

  async dropDraft(draft: Draft): Promise<void> {
    const files = draft.evidence.map(({ sha256 }) => sha256);
    this.drafts = this.drafts.filter((one) => one.inspection_id !== draft.inspection_id);
    await this.runner?.home.dropDraft(draft.inspection_id);
    const known = files.filter((sha) => !this.runner?.engine.files.get(sha) && !this.draftedFiles().has(sha));
    if (known.length) await this.runner?.home.dropFiles(known);
  }

  draftedFiles(): Set<string> {
    return new Set(
      [...this.drafts, ...this.answers].flatMap(({ evidence }) => evidence.map(({ sha256 }) => sha256)),
    );
  }

  /** My inspections, newest first. */
  records(): Inspection[] {
    const { engine } = this;
    const mine = (engine?.idsOf('inspection') ?? []).flatMap((id) => engine?.inspection(id) ?? []);
    return mine
      .filter((one) => one.by === engine?.owner)
      .sort((a, b) => (a.arrival.at < b.arrival.at ? 1 : -1));
  }

  /** Questions back to me that nobody has answered, the oldest first. */
  asked(): { inspection: Inspection; question: AskedBack }[] {
    const { engine } = this;
    const ids = (engine?.idsOf('inspection') ?? []).filter((id) => {
      const told = engine?.feed.get(id)?.body as Partial<Inspection> | undefined;
      return told?.by === engine?.owner && told?.questions?.length;
    });
    return ids
      .flatMap((id) => engine?.inspection(id) ?? [])
      .flatMap((inspection) => openOf(inspection).map((question) => ({ inspection, question })))
      .sort((a, b) => (a.question.at < b.question.at ? -1 : 1));
  }

  /** An answer to a question, or an amendment: sent when there is a network. Whether the phone has kept it. */
  async amend(body: Omit<Amend, 'evidence'>, evidence: Evidence[]): Promise<boolean> {
    const whole: Amend = { ...body, ...(evidence.length ? { evidence } : {}) };
    return this.give('inspection.amend', body.inspection_id, whole, evidence);
  }

  // Plans. They lie in this person's sealed store, and are shown while it is open: never kept beside it.

  private planCache: { engine?: unknown; pulls: number; plans: Plan[] } = { pulls: -1, plans: [] };
  private allPlans(): Plan[] {
    const { engine } = this;
    if (!engine) return [];
    const { pulls } = engine.feed.tally;
    if (this.planCache.engine !== engine || this.planCache.pulls !== pulls) {
      const plans: Plan[] = [];
      for (const [, item] of engine.feed.items()) {
        const one = item.kind === 'plan' ? planning.readPlan(item.body) : undefined;
        if (one) plans.push(one);
      }
      this.planCache = { engine, pulls, plans };
    }
    return this.planCache.plans;
  }

  /** Those that I go for, as long as there is something to do about them. */
  plans(): Plan[] {
    const me = this.engine?.owner;
    return me ? planning.mine(this.allPlans(), me, Date.now()) : [];
  }

  /** One of mine, also when it is over or was withdrawn. */
  plan(id: string | undefined): Plan | undefined {
    const me = this.engine?.owner;
    return this.allPlans().find((one) => one.plan_id === id && me && planning.isMine(one, me));
  }

  /** The sites of a plan that somebody of the team has reported on, as far as this phone knows, its own reports that
   *  wait included. */
  visited(plan: Plan): Map<string, string> {
    const { engine } = this;
    const ids = (engine?.idsOf('inspection') ?? []).filter((id) => {
      const told = engine?.feed.get(id)?.body as Partial<Inspection> | undefined;
      return !told || told.plan_id === plan.plan_id;
    });
    return planning.visitedOf(
      plan,
      ids.flatMap((id) => engine?.inspection(id) ?? []),
    );
  }

  /** Notices of plans that nobody has opened here or elsewhere. */
  private newsOfPlans(): { notice_id: string; plan_id?: string }[] {
    const { engine } = this;
    const news: { notice_id: string; plan_id?: string }[] = [];
    for (const [id, item] of engine?.feed.items() ?? []) {
      if (item.kind !== 'notice') continue;
      const one = planning.readNotice(item.body);
      if (one?.kind === 'plan' && !one.read_at && !engine?.pendingOn(id).length) news.push(one);
    }
    return news;
  }

  unreadPlans(): Set<string> {
    return new Set(this.newsOfPlans().flatMap(({ plan_id }) => plan_id ?? []));
  }

  async openedPlan(id: string): Promise<void> {
    for (const { notice_id } of this.newsOfPlans().filter(({ plan_id }) => plan_id === id))
      await this.give('notice.read', notice_id, { notice_id }, []);
  }

  // Items of the ledger

  /** What there is to do, the soonest first. */
  todo(): { item: Rectification; what: Exclude<Todo, undefined> }[] {
    const { me } = this;
    if (!me || !tasks?.hasItems(me)) return [];
    const now = Date.now();
    return this.items()
      .map((item) => ({ item, what: tasks.todoOf(item, me, this.chain(item.area_id), now) }))
      .filter((one): one is { item: Rectification; what: Exclude<Todo, undefined> } => one.what !== undefined)
      .sort((a, b) => tasks.sooner(a.item, b.item));
  }

  chain(area: string): string[] {
    return tasks.areasOf(area, (id) => this.area(id));
  }

  /** A step of an item: sent when there is a network. Whether the phone has kept it. */
  async act<T extends ActType>(type: T, body: Act<T>, evidence: Evidence[] = []): Promise<boolean> {
    const item = body.rectification_id;
    const rev = this.engine?.feed.get(item)?.rev;
    return this.give(type, item, body, evidence, rev === undefined ? undefined : String(rev));
  }

  private async give(type: string, item: string, body: unknown, evidence: Evidence[], base_rev?: string) {
    const files = evidence.map(({ sha256, size, media_type }) => ({ sha256, size, media_type }));
    const shas = [...new Set(files.map(({ sha256 }) => sha256))];
    const command = { id: v7(), type, item, base_rev, body: JSON.parse(JSON.stringify(body)), files: shas };
    return this.kept(async () => this.runner?.give(command, files));
  }

  answerTo(item: string): AnswerDraft {
    const known = this.answers.find((one) => one.answer_to === item);
    if (known) return known;
    this.answers.push({ answer_to: item, text: '', evidence: [] });
    return this.answers.at(-1) as AnswerDraft;
  }

  hasAnswer(item: string): boolean {
    const known = this.answers.find((one) => one.answer_to === item);
    return (
      !!known &&
      [known.text, known.notes, known.problem, known.day, known.visit, ...known.evidence].some(Boolean)
    );
  }

  async dropAnswer(item: string): Promise<void> {
    this.answers = this.answers.filter((one) => one.answer_to !== item);
    await this.runner?.home.dropDraft(item);
  }

  /** A photo of somebody else's as this phone can show it: kept, or fetched now and kept. */
  async before({ sha256, status }: HeldEvidence): Promise<Blob | undefined> {
    const home = this.runner?.home;
    const name = `${sha256}/1280`;
    const kept = (await home?.thumb(name)) ?? undefined;
    if (kept || status !== 'stored' || !this.online) return kept ?? home?.thumb(sha256);
    const blob = await this.blob(`/v1/blobs/${sha256}/preview?edge=1280`);
    if (blob) await home?.keepThumb(name, blob).catch(() => undefined);
    return blob ?? home?.thumb(sha256);
  }

  /** How long a film is, kept sealed beside its preview. */
  async keepLength(sha256: string, seconds: number): Promise<void> {
    await this.runner?.home.keepThumb(`${sha256}/seconds`, new Blob([String(seconds)]));
  }

  async lengthOf(sha256: string): Promise<number | undefined> {
    const kept = await this.runner?.home.thumb(`${sha256}/seconds`);
    return kept && Number(await kept.text());
  }

  private ahead = false;
  /** Photos of before, and of answers to be verified, while there is a network. */
  async fetchAhead(): Promise<void> {
    if (this.ahead || !this.online) return;
    this.ahead = true;
    const photos = this.todo().flatMap(({ item }) => [
      ...item.findings.flatMap((one) => one.evidence ?? []),
      ...(item.stage.name === 'answered' ? (item.answers?.at(-1)?.evidence ?? []) : []),
    ]);
    for (const photo of photos.slice(0, AHEAD)) if (this.online) await this.before(photo);
    this.ahead = false;
  }

  /** The server has this file, or will get it from here. */
  isComing(sha256: string): boolean {
    const is = this.engine?.files.get(sha256)?.state.is;
    return is !== undefined && is !== 'given_up' && is !== 'refused';
  }

  // The phone

  async measure(): Promise<void> {
    const estimate = await navigator.storage?.estimate?.();
    const persisted = (await navigator.storage?.persisted?.()) ?? false;
    if (estimate) this.space = { used: estimate.usage ?? 0, quota: estimate.quota ?? 0, persisted };
  }

  get isLow(): boolean {
    return isLow(this.space);
  }
}

export const app = new App();

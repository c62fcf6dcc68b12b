// The desk's state: what every app has, and what a supervisor looks at: findings that wait, items with both halves,
// notices. A desk is a phone that is always online: it keeps the same feed and gives the same commands.
import { Host, load } from '../shared/host.svelte';
import { v7 } from '../shared/ids';
import { mayAsk } from '../shared/rules/asked';
import { areasOf, may, waitsForOrder, weight } from '../shared/rules/item';
import type { Home } from '../shared/store/home';
import {
  type Act,
  type ActType,
  type Desk as DeskHalf,
  desk as halfShape,
  type Notice,
  notice as noticeShape,
  type Plan,
  plan as planShape,
  type Rectification,
} from '../shared/wire/items';
import type { Area, Finding, HeldEvidence, Inspection, Unit } from '../shared/wire/messages';
import type { Code } from '../shared/wire/problem';
import * as s from '../shared/wire/shape';
import { begun } from './begun';
import { v5 } from './derive';
import { isSign } from './shortcuts';

const directoryEntry = s.object({
  account_id: s.uuid,
  name: s.text,
  unit_id: s.optional(s.uuid),
  roles: s.sparse(s.list(s.text)),
});
export type DirectoryEntry = s.Of<typeof directoryEntry>;
const INSPECTING = ['inspector', 'supervisor', 'verifier'];
const directoryPage = s.object({ people: s.list(directoryEntry), next: s.optional(s.text) });

/** What waits for a decision: a finding that is on no list, or an item that is with nobody. */
export interface Waiting {
  id: string;
  text: string;
  severity: string;
  site_id?: string;
  area_id: string;
  /** When it came in. */
  at: string;
  photos: HeldEvidence[];
  checklist_id?: string;
  code?: string;
  inspection?: Inspection;
  finding?: Finding;
  item?: Rectification;
}

class Desk extends Host {
  /** Minutes go by: what is overdue is computed anew. */
  now = $state(Date.now());
  live = $state(false);
  /** Whether keys of one sign do something: this person's choice, kept on this machine. */
  shortcuts = $state(true);
  private stopListening: AbortController | undefined;

  constructor() {
    super();
    setInterval(() => {
      this.now = Date.now();
    }, 30_000);
  }

  protected override async opened(home: Home): Promise<void> {
    await begun.open(home);
  }

  protected override async entered(): Promise<void> {
    this.shortcuts = (await this.runner?.home.sealed<boolean>('shortcuts')) ?? true;
    await this.runner?.tidy(false, new Set());
    void this.hear();
    void this.meetPeople();
    void this.learnTerms().then(() => {
      this.now = Date.now();
    });
  }

  async useShortcuts(on: boolean): Promise<void> {
    this.shortcuts = on;
    await this.runner?.home.keepSealed('shortcuts', on);
  }

  /** Whether a page may take this key as a shortcut. */
  hears(event: KeyboardEvent): boolean {
    return this.shortcuts || !isSign(event);
  }

  protected override left(): void {
    this.stopListening?.abort();
    this.live = false;
    begun.close();
  }

  /** Hears hints as long as somebody is here. */
  private async hear(): Promise<void> {
    const { listen } = await load();
    this.stopListening?.abort();
    const stop = new AbortController();
    this.stopListening = stop;
    let pause = 1000;
    while (!stop.signal.aborted && this.runner) {
      const { runner } = this;
      const token = await runner.freshToken();
      this.live = token !== undefined;
      const began = Date.now();
      await listen(token, () => runner.nudge(), stop.signal);
      this.live = false;
      if (stop.signal.aborted) return;
      pause = Date.now() - began > 60_000 ? 1000 : Math.min(pause * 2, 60_000);
      await new Promise((resolve) => setTimeout(resolve, pause));
      runner.nudge();
    }
  }

  // What there is

  private inspectionCache = new Map<string, { key: string; inspection: Inspection | undefined }>();
  inspection(id: string): Inspection | undefined {
    const { engine } = this;
    if (!engine) return undefined;
    // Own steps show at once, and no longer once they were refused.
    const pending = engine.pendingOn(id).map((one) => one.id);
    const key = `${engine.feed.get(id)?.rev ?? 0} ${pending}`;
    const kept = this.inspectionCache.get(id);
    if (kept?.key === key) return kept.inspection;
    const inspection = engine.inspection(id);
    this.inspectionCache.set(id, { key, inspection });
    return inspection;
  }

  /** Newest first. */
  inspections(): Inspection[] {
    const ids = this.engine?.idsOf('inspection') ?? [];
    const all = ids.flatMap((id) => this.inspection(id) ?? []);
    return all.sort((a, b) => (a.received_at < b.received_at ? 1 : -1));
  }

  /** The half that only those who oversee may see. */
  half(id: string): DeskHalf | undefined {
    const item = this.engine?.feed.get(v5('desk', id));
    if (item?.kind !== 'rectification_desk') return undefined;
    try {
      return halfShape.read(item.body);
    } catch {
      return undefined;
    }
  }

  /** A step of the ladder waits for this one to be approved. */
  isDrafted(item: Rectification): boolean {
    return this.half(item.rectification_id)?.drafts?.some((one) => one.outcome.is === 'waiting') ?? false;
  }

  notices(): Notice[] {
    const found: Notice[] = [];
    for (const [, item] of this.engine?.feed.items() ?? []) {
      if (item.kind !== 'notice') continue;
      try {
        found.push(noticeShape.read(item.body));
      } catch {
        // Of a later server: kept, unread.
      }
    }
    return found.sort((a, b) => (a.at < b.at ? 1 : -1));
  }

  /** Items as the server has told them, without own steps laid over. */
  settledItems(): Rectification[] {
    return this.ofKind<Rectification>('rectification');
  }

  /** Those that this person may know of: the feed has no others. The last made first. */
  plans(): Plan[] {
    const found: Plan[] = [];
    for (const [, item] of this.engine?.feed.items() ?? []) {
      if (item.kind !== 'plan') continue;
      try {
        found.push(planShape.read(item.body));
      } catch {
        // Of a later server: kept, unread.
      }
    }
    return found.sort((a, b) => (a.sealed.at < b.sealed.at ? 1 : -1));
  }

  /** The gravest first, among equals the one that waits longest. */
  waiting(): Waiting[] {
    const items = this.items();
    const listed = new Set(items.flatMap((item) => item.findings.map((one) => one.finding_id)));
    const found = this.inspections().flatMap((inspection) => this.waitingIn(inspection, listed));
    const handBack = items.filter(({ stage }) => waitsForOrder(stage)).map(ofItem);
    return [...found, ...handBack].sort(
      (a, b) => weight(b.severity) - weight(a.severity) || (a.at < b.at ? -1 : 1),
    );
  }

  private waitingIn(inspection: Inspection, listed: Set<string>): Waiting[] {
    if (inspection.voided || inspection.stage === 'voided') return [];
    const files = new Map(inspection.evidence?.map((one) => [one.evidence_id, one]));
    return (inspection.findings ?? [])
      .filter((one) => !listed.has(one.finding_id))
      .map((finding) => ({
        id: finding.finding_id,
        text: finding.text,
        severity: finding.severity,
        site_id: inspection.site_id,
        area_id: inspection.area_id,
        at: inspection.received_at,
        photos: (finding.evidence ?? []).flatMap((id) => files.get(id) ?? []),
        checklist_id: finding.checklist_id,
        code: finding.item,
        inspection,
        finding,
      }));
  }

  /** The version of the checklist that the finding was made with, else the newest. */
  checklistItem(waiting: { checklist_id?: string; code?: string; inspection?: Inspection }) {
    const { checklist_id, code, inspection } = waiting;
    if (!checklist_id || !code) return undefined;
    const version = inspection?.checklists?.find((one) => one.checklist_id === checklist_id)?.version;
    const list = version
      ? this.checklist(checklist_id, version)
      : this.checklists().find((one) => one.checklist_id === checklist_id);
    return list?.items.find((item) => item.code === code);
  }

  private ofKind<T>(kind: string): T[] {
    const found: T[] = [];
    for (const [, item] of this.engine?.feed.items() ?? [])
      if (item.kind === kind && item.body) found.push(item.body as T);
    return found;
  }

  private reference: { pulls: number; areas: Area[]; units: Unit[] } = { pulls: -1, areas: [], units: [] };
  private referenceNow() {
    const pulls = this.engine?.feed.tally.pulls ?? -1;
    if (this.reference.pulls !== pulls) {
      const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1);
      const areas = this.ofKind<Area>('area').sort(byCode);
      this.reference = { pulls, areas, units: this.ofKind<Unit>('unit').sort(byCode) };
    }
    return this.reference;
  }

  areas(): Area[] {
    return this.referenceNow().areas;
  }

  units(): Unit[] {
    return this.referenceNow().units;
  }

  townships(): Area[] {
    return this.areas().filter(({ level }) => level === 'township');
  }

  chain(area: string | undefined): string[] {
    return areasOf(area, (id) => this.area(id));
  }

  townshipOf(area: string | undefined): Area | undefined {
    const found = this.chain(area).map((id) => this.area(id));
    return found.find((one) => one?.level === 'township');
  }

  // What may be done, and doing it

  may(type: ActType, item: Rectification | undefined, area?: string): Code | undefined {
    if (!this.me) return 'sign_in_required';
    return may(this.me, type, item, this.chain(item?.area_id ?? area), this.now);
  }

  /** Kept, and on its way. */
  async act<T extends ActType>(type: T, body: Act<T>): Promise<void> {
    const item = body.rectification_id;
    const rev = this.engine?.feed.get(item)?.rev;
    const base_rev = rev === undefined ? undefined : String(rev);
    await this.runner?.give({ id: v7(), type, item, base_rev, body, files: [] }, []);
  }

  /** The code of the reason why this person may not ask the author back. */
  mayAsk(inspection: Inspection): Code | undefined {
    return this.me ? mayAsk(this.me, inspection, this.chain(inspection.area_id)) : 'sign_in_required';
  }

  async ask(inspection_id: string, text: string, finding_id?: string): Promise<void> {
    const body = { inspection_id, question_id: v7(), ...(finding_id ? { finding_id } : {}), text };
    await this.runner?.give({ id: v7(), type: 'inspection.ask', item: inspection_id, body, files: [] }, []);
  }

  async read(notice: Notice): Promise<void> {
    const { notice_id } = notice;
    await this.runner?.give(
      { id: v7(), type: 'notice.read', item: notice_id, body: { notice_id }, files: [] },
      [],
    );
  }

  // Names of people

  private directory = $state.raw<DirectoryEntry[]>([]);

  /** Whom the server names to this person; kept for when there is no network. */
  private async meetPeople(): Promise<void> {
    const home = this.runner?.home;
    this.directory = (await home?.sealed<DirectoryEntry[]>('people')) ?? [];
    const found: DirectoryEntry[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const query = new URLSearchParams({ limit: '200', ...(after ? { after } : {}) });
      const reply = await this.get(`/v1/people?${query}`);
      if (reply?.status !== 200) return;
      const page = directoryPage.read(reply.body);
      found.push(...page.people);
      after = page.next;
    }
    this.directory = found;
    await home?.keepSealed('people', found);
  }

  nameOf(account: string): string | undefined {
    if (account === this.me?.account_id) return this.me.name;
    return this.directory.find((one) => one.account_id === account)?.name;
  }

  /** Of whom a team can be: who has a live role that inspects. By name. */
  whoMayGo(): DirectoryEntry[] {
    const goes = (one: DirectoryEntry) => one.roles?.some((role) => INSPECTING.includes(role));
    return this.directory.filter(goes).sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'));
  }

  /** Those who had items of a unit, the last first, then those who belong to it. */
  peopleOf(unit: string): { name: string; account_id?: string; had?: boolean }[] {
    const found = new Map<string, { name: string; account_id?: string; had?: boolean }>();
    const items = this.items().sort((a, b) => (a.listed.at < b.listed.at ? 1 : -1));
    for (const { stage } of items) {
      const order = 'order' in stage ? stage.order : 'task' in stage ? stage.task.order : undefined;
      if (order?.unit_id === unit && !found.has(order.person.name))
        found.set(order.person.name, { ...order.person, had: true });
    }
    // Who belongs to the unit, or serves it, by name.
    for (const { name, account_id, unit_id } of this.directory) {
      if (unit_id === unit && !found.get(name)?.account_id)
        found.set(name, { ...found.get(name), name, account_id });
    }
    return [...found.values()];
  }

  /** Whether somebody of this unit could sign in and take what is handed over; `undefined`: not known yet. */
  isManned(unit: string): boolean | undefined {
    return this.directory.length ? this.directory.some((one) => one.unit_id === unit) : undefined;
  }
}

function ofItem(item: Rectification): Waiting {
  const { stage } = item;
  const at =
    stage.name === 'declined'
      ? stage.refusal.declined.at
      : stage.name === 'reopened'
        ? stage.relapse.reopened.at
        : item.listed.at;
  const finding = item.findings[0];
  return {
    id: item.rectification_id,
    text: item.text,
    severity: item.severity,
    site_id: item.site_id,
    area_id: item.area_id,
    at,
    photos: item.findings.flatMap((one) => one.evidence ?? []),
    checklist_id: finding?.checklist_id,
    code: finding?.item,
    item,
  };
}

export const desk = new Desk();

// The checklist on the table: its draft, kept on this computer as it is typed, and what the server published before.
import type { Checklist } from '../../shared/wire/messages';
import { desk } from '../desk.svelte';
import { changesSince, draftOf, emptyList, fileOf, type ListDraft } from './draft';
import { flawsOf } from './flaws';

interface Kept {
  /** The version that it began from; 0: none. */
  base: number;
  list: ListDraft;
}
const NAME = 'editor';
const PAUSE_MS = 400;

export class Work {
  list = $state<ListDraft | undefined>();
  base = $state(0);
  resumed = $state(false);
  /** There is a draft of the person's own. */
  touched = $state(false);
  /** The last write did not succeed. */
  unkept = $state(false);
  /** The code it was opened with; none for a new one. */
  readonly isNew: boolean;
  private last: string | undefined;
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly id: string) {
    this.isNew = id === 'new';
  }

  readonly newest = $derived.by(() => {
    void desk.version;
    return this.isNew ? undefined : desk.checklists().find((one) => one.checklist_id === this.id);
  });
  readonly earlier = $derived.by(() => {
    const found: Checklist[] = [];
    for (let version = this.newest?.version ?? 0; version > 0; version--) {
      const one = desk.checklist(this.id, version);
      if (one) found.push(one);
    }
    return found;
  });
  private readonly taken = $derived.by(() => {
    void desk.version;
    return this.isNew ? desk.checklists().map(({ code }) => code) : [];
  });
  readonly flaws = $derived(this.list ? flawsOf(this.list, this.earlier, this.taken) : []);
  readonly version = $derived((this.newest?.version ?? 0) + 1);
  readonly file = $derived(this.list && fileOf(this.list, this.version));
  readonly changes = $derived(this.file && changesSince(this.newest, this.file));

  async open(): Promise<void> {
    const kept = (await this.all())[this.id];
    this.resumed = this.touched = kept !== undefined;
    if (kept) {
      this.base = kept.base;
      this.list = kept.list;
    } else this.begin();
    this.last = JSON.stringify(this.list);
  }

  private begin(): void {
    this.base = this.newest?.version ?? 0;
    if (this.newest) this.list = draftOf(this.newest);
    else if (this.isNew) this.list = emptyList();
  }

  private async all(): Promise<Record<string, Kept>> {
    return (await desk.runner?.home.sealed<Record<string, Kept>>(NAME)) ?? {};
  }

  private async put(kept: Kept | undefined): Promise<void> {
    try {
      const { [this.id]: _, ...others } = await this.all();
      await desk.runner?.home.keepSealed(NAME, kept ? { ...others, [this.id]: kept } : others);
      this.unkept = false;
    } catch {
      this.unkept = true;
    }
  }

  /** Called with every change; writes when the typing pauses. */
  keep(): void {
    const text = this.list && JSON.stringify(this.list);
    if (text === undefined || text === this.last) return;
    this.touched = true;
    this.last = text;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.put({ base: this.base, list: JSON.parse(text) }), PAUSE_MS);
  }

  /** Given up: begins again from what is published. */
  async drop(): Promise<void> {
    clearTimeout(this.pause);
    await this.put(undefined);
    this.resumed = this.touched = false;
    this.begin();
    this.last = JSON.stringify(this.list);
  }

  /** Published: it stays on the table as it is, until the feed brings the same; what comes next begins from it. */
  async settle(version: number): Promise<void> {
    if (this.isNew) return this.drop();
    clearTimeout(this.pause);
    await this.put(undefined);
    this.resumed = this.touched = false;
    this.base = version;
  }

  /** Published, and not here yet. */
  get awaits(): boolean {
    return (this.newest?.version ?? 0) < this.base;
  }
}

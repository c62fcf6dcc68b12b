// The field app's state: what every app has, and drafts, and the room on this phone. Pages read it; they change things
// only by its methods.
import { Host, load } from '../shared/host.svelte';
import type { Home } from '../shared/store/home';
import type { Inspection } from '../shared/wire/messages';
import type { Draft } from './draft';

/** Below this the phone says that space is running out. */
const LOW_BYTES = 200 * 1024 * 1024;

class App extends Host {
  drafts = $state<Draft[]>([]);
  space = $state.raw<{ used: number; quota: number; persisted: boolean } | undefined>();
  /** The last write of a draft did not succeed. */
  unsaved = $state<'no_space' | 'broken' | undefined>();
  updateReady = $state.raw<(() => void) | undefined>();

  protected override async opened(home: Home): Promise<void> {
    this.drafts = await home.drafts<Draft>();
  }

  protected override async entered(): Promise<void> {
    await this.measure();
    await this.runner?.tidy(false, this.draftedFiles());
  }

  protected override left(): void {
    this.drafts = [];
  }

  // Drafts

  /** On disk when it returns. */
  async keepDraft(draft: Draft): Promise<boolean> {
    try {
      await this.runner?.home.keepDraft(draft.inspection_id, $state.snapshot(draft));
      this.unsaved = undefined;
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
    return new Set(this.drafts.flatMap(({ evidence }) => evidence.map(({ sha256 }) => sha256)));
  }

  /** My inspections, newest first. */
  records(): Inspection[] {
    const { engine } = this;
    const mine = (engine?.idsOf('inspection') ?? []).flatMap((id) => engine?.inspection(id) ?? []);
    return mine
      .filter((one) => one.by === engine?.owner)
      .sort((a, b) => (a.arrival.at < b.arrival.at ? 1 : -1));
  }

  // The phone

  async measure(): Promise<void> {
    const estimate = await navigator.storage?.estimate?.();
    const persisted = (await navigator.storage?.persisted?.()) ?? false;
    if (estimate) this.space = { used: estimate.usage ?? 0, quota: estimate.quota ?? 0, persisted };
  }

  get isLow(): boolean {
    return this.space !== undefined && this.space.quota - this.space.used < LOW_BYTES;
  }
}

export const app = new App();

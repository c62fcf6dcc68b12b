// The row that stands on a form: its cells, what is wrong with them, and whether it is being saved. Never keeps anything.
import { tick } from 'svelte';
import type { Fault } from '../shared/wire/admin';
import type { Done } from './admin';
import { desk } from './desk.svelte';
import { type Cells, fieldsOf, type How, type Sorted, saveRow, sortFaults, type Table } from './places';

export class Row {
  cells = $state<Cells>({});
  busy = $state(false);
  failed = $state.raw<Done<unknown> | undefined>();
  /** What was to be saved is there already. */
  same = $state(false);
  /** Something was typed that would be lost. */
  touched = $state(false);
  private faults = $state.raw<Fault[]>([]);

  private readonly table: Table;
  private readonly before: Cells | undefined;

  /** `before`: what is there already. */
  constructor(table: Table, before: Cells | undefined, begin: Cells = before ?? {}) {
    this.table = table;
    this.before = before;
    this.cells = { ...begin };
  }

  get sorted(): Sorted {
    return sortFaults(this.faults, fieldsOf(this.table, this.cells, this.before));
  }

  at(column: string): Fault[] {
    return this.sorted.at[column] ?? [];
  }

  of(column: string): string {
    return this.cells[column] ?? '';
  }

  set(column: string, text: string): void {
    this.cells[column] = text;
    this.touched = true;
    this.same = false;
  }

  /** What came of it, where it is done; else it stands here, and the first field that is to blame is gone to. */
  async save(form: HTMLElement | undefined): Promise<How | undefined> {
    this.busy = true;
    this.same = false;
    this.failed = undefined;
    const result = await saveRow(desk, this.table, this.before, $state.snapshot(this.cells));
    this.busy = false;
    this.faults = result.is === 'faulty' ? result.faults : [];
    if (result.is === 'saved') {
      if (result.how !== 'unchanged') desk.runner?.nudge();
      else if (this.before) this.same = true;
      return this.same ? undefined : result.how;
    }
    if (result.is !== 'faulty') this.failed = result;
    await tick();
    form?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    return undefined;
  }
}

// When a hand-over is meant: what the key was pressed on, once and not twice, with a time that can be. Pure.

/** After one was handed over the next is not, for so long: the second half of a double press meant the first, and
 *  nobody has looked at the next one yet. */
export const PAUSE_MS = 700;
export const MOST_DAYS = 365;

/** Working days as a number field has them; nothing, a part of a day or too many are none. */
export function daysGiven(value: unknown): number | undefined {
  const isDays = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_DAYS;
  return isDays ? value : undefined;
}

export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  repeat: boolean;
  isComposing: boolean;
  defaultPrevented: boolean;
  target: unknown;
}
interface Spot {
  closest(selector: string): unknown;
}

/** Whether Ctrl ⏎ there hands over. `elsewhere`: something else is being written on the page. */
export function isHandOver(press: Press, form: unknown, elsewhere: boolean): boolean {
  if (press.key !== 'Enter' || !(press.ctrlKey || press.metaKey)) return false;
  // A key that is held, or that ends a word of an input method, decides nothing.
  if (press.repeat || press.isComposing || press.defaultPrevented) return false;
  const spot = press.target as Partial<Spot> | null;
  if (typeof spot?.closest !== 'function') return !elsewhere;
  const written = spot.closest('form, input, select, textarea, [contenteditable], dialog');
  if (!written) return !elsewhere;
  return form !== undefined && spot.closest('form') === form;
}

/** One at a time, and a pause after it. */
export class OneByOne {
  private busy = false;
  private until = Number.NEGATIVE_INFINITY;

  isFree(now: number): boolean {
    return !this.busy && now >= this.until;
  }

  /** What went wrong can be tried again at once. */
  async run(act: () => unknown, now: () => number): Promise<void> {
    if (!this.isFree(now())) return;
    this.busy = true;
    try {
      await act();
      this.until = now() + PAUSE_MS;
    } finally {
      this.busy = false;
    }
  }
}

// What a form says of a field that is not right: at the field, in the language of the app, not in the browser's. One way for
// every form of both apps: fields say what they want (`required`, `min`, `pattern`), and the browser finds what is wrong;
// only the telling is ours. A form that says `novalidate` tells by itself.
import { type Pair, say } from './lang/lang.svelte';
import { F } from './parts/text.fields';

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
interface Flaw {
  pair: Pair;
  values?: Record<string, string | number>;
}
interface Told extends Flaw {
  element: HTMLElement;
  /** Not found by the browser: said of what stands there now. */
  extra: boolean;
  undo: () => void;
}

const told = new Map<Control, Told>();
let n = 0;

const isControl = (one: unknown): one is Control =>
  one instanceof HTMLInputElement || one instanceof HTMLSelectElement || one instanceof HTMLTextAreaElement;
const controlsOf = (form: HTMLFormElement | null) => [...(form?.elements ?? [])].filter(isControl);
/** Blanks are nothing, but in a password. */
const isBlank = (one: Control) =>
  one.required && one.willValidate && one.type !== 'password' && one.value.trim() === '';

/** What is wrong with it, as far as a browser can know. */
export function flawOf(one: Control): Flaw | undefined {
  const { validity: is } = one;
  const { min, max, step, minLength } = one as HTMLInputElement;
  if (is.badInput) return { pair: F.noNumber };
  if (is.valueMissing || isBlank(one)) return { pair: one.type === 'select-one' ? F.choose : F.needed };
  if (is.tooShort) return { pair: F.tooShort, values: { n: minLength, m: one.value.length } };
  if (is.rangeUnderflow || is.rangeOverflow) return { pair: F.between, values: { min, max } };
  if (is.stepMismatch) return { pair: Number(step || 1) === 1 ? F.whole : F.decimals };
  // The only pattern in the apps.
  if (is.patternMismatch) return { pair: F.noSpaces };
  return is.valid ? undefined : { pair: F.wrong };
}

/** Below the control; its name stays what it was, although the label now holds more. */
function place(one: Control, element: HTMLElement): () => void {
  const field = one.closest('.field');
  const name =
    field instanceof HTMLLabelElement && !one.hasAttribute('aria-label') && field.querySelector('span');
  const described = one.getAttribute('aria-describedby');
  if (name) {
    name.id ||= `${element.id}-name`;
    one.setAttribute('aria-labelledby', name.id);
  }
  if (field) field.append(element);
  else one.after(element);
  one.setAttribute('aria-invalid', 'true');
  one.setAttribute('aria-describedby', [described, element.id].filter(Boolean).join(' '));
  return () => {
    element.remove();
    one.removeAttribute('aria-invalid');
    if (name) one.removeAttribute('aria-labelledby');
    if (described) one.setAttribute('aria-describedby', described);
    else one.removeAttribute('aria-describedby');
  };
}

function tell(one: Control, flaw: Flaw, extra = false): void {
  const before = told.get(one);
  const element = before?.element ?? document.createElement('span');
  if (!before) {
    n += 1;
    element.id = `fault-${n}`;
    element.className = 'fault small';
  }
  element.textContent = say(flaw.pair, flaw.values);
  told.set(one, { ...flaw, element, extra, undo: before?.undo ?? place(one, element) });
}

function clear(one: Control): void {
  told.get(one)?.undo();
  told.delete(one);
}

function lead(one: Control): void {
  one.focus({ preventScroll: true });
  one.scrollIntoView({ block: 'center' });
}

/** What only the app knows of a field: said there until it is written in. */
export function tellAt(one: Control | null | undefined, pair: Pair, values?: Flaw['values']): void {
  if (!one) return;
  tell(one, values ? { pair, values } : { pair }, true);
  lead(one);
}

/** The language has changed. */
export function tellAgain(): void {
  for (const { element, pair, values } of told.values()) element.textContent = say(pair, values);
}

export function oninvalid(event: Event): void {
  const one = event.target;
  if (!isControl(one)) return;
  // Instead of the browser's own words.
  event.preventDefault();
  const flaw = flawOf(one);
  if (flaw) tell(one, flaw);
  if (controlsOf(one.form).find(flawOf) === one) lead(one);
}

export function onsubmit(event: Event): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.noValidate) return;
  const all = controlsOf(form);
  const blank = all.filter(isBlank);
  for (const one of all) clear(one);
  for (const one of blank) tell(one, { pair: F.needed });
  const [first] = blank;
  if (!first) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  lead(first);
}

/** What is told follows what is written. */
export function oninput(event: Event): void {
  for (const one of told.keys()) if (!one.isConnected) clear(one);
  const changed = event.target;
  if (!isControl(changed)) return;
  for (const one of [changed, ...controlsOf(changed.form)]) {
    const now = told.get(one);
    const flaw = flawOf(one);
    if (now && flaw) tell(one, flaw);
    else if (now && (!now.extra || one === changed)) clear(one);
  }
}

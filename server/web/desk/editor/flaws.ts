// Whether a checklist can be published: the server's own checks (server/src/checklists/check.rs and the import), as one
// types. Lists every flaw. Pure; the server decides.
import { SEVERITIES, SITE_KINDS } from '../../shared/lang/words';
import type { Checklist } from '../../shared/wire/messages';
import type { ItemDraft, ListDraft, Maybe, Words } from './draft';

export const LIMITS = { items: 500, options: 50, days: 365, photos: 20, short: 500, long: 8000 } as const;

export type FlawCode =
  | 'code_invalid'
  | 'code_twice'
  | 'code_taken'
  | 'title_missing'
  | 'text_invalid'
  | 'items_count'
  | 'word_unknown'
  | 'number_limits'
  | 'options_count'
  | 'never_fails'
  | 'days_invalid'
  | 'photos_invalid'
  | 'item_code_reused';

export interface Flaw {
  /** The key of the item; none: the checklist itself. */
  item?: number;
  /** The field; an option's are `options/KEY/code`. */
  field: string;
  code: FlawCode;
}

export const isCode = (code: string) => /^[a-z0-9._-]{1,64}$/.test(code);

/** `earlier`: what was published under this code; `taken`: codes of other checklists. */
export function flawsOf(list: ListDraft, earlier: Checklist[] = [], taken: string[] = []): Flaw[] {
  const flaws: Flaw[] = [];
  const code = list.code.trim();
  if (!isCode(code)) flaws.push({ field: 'code', code: 'code_invalid' });
  else if (taken.includes(code)) flaws.push({ field: 'code', code: 'code_taken' });
  flaws.push(...wordFlaws('title', list.title, LIMITS.short, true));
  flaws.push(...wordFlaws('guidance', list.guidance, LIMITS.long, false));
  if (!list.items.length || list.items.length > LIMITS.items)
    flaws.push({ field: 'items', code: 'items_count' });
  const times = countOf(list.items.map((item) => item.code.trim()));
  for (const item of list.items) {
    const found = itemFlaws(item);
    const own = item.code.trim();
    if (own && (times.get(own) ?? 0) > 1) found.push({ field: 'code', code: 'code_twice' });
    if (isReused(item, earlier)) found.push({ field: 'code', code: 'item_code_reused' });
    flaws.push(...found.map((flaw) => ({ ...flaw, item: item.key })));
  }
  return flaws;
}

function countOf(codes: string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const code of codes) times.set(code, (times.get(code) ?? 0) + 1);
  return times;
}

/** A code stands for one question for ever; another kind of answer gives away that it does not. */
function isReused(item: ItemDraft, earlier: Checklist[]): boolean {
  const before = earlier.flatMap((list) => list.items.filter(({ code }) => code === item.code.trim()));
  return before.some((old) => old.answer.type !== item.type);
}

const isControl = (text: string) => /\p{Cc}/u.test(text.trim());
const length = (text: string) => [...text.trim()].length;

function wordFlaws(field: string, { zh, en }: Words, most: number, needed: boolean): Flaw[] {
  const empty = [zh, en].filter((text) => text.trim() === '').length;
  if (empty === 2 && !needed) return [];
  if (empty > 0) return [{ field, code: 'title_missing' }];
  const bad = [zh, en].some((text) => length(text) > most || isControl(text));
  return bad ? [{ field, code: 'text_invalid' }] : [];
}

const isWhole = (value: Maybe, low: number, high: number) =>
  Number.isInteger(value) && (value as number) >= low && (value as number) <= high;

function itemFlaws(item: ItemDraft): Flaw[] {
  const flaws: Flaw[] = [];
  const push = (field: string, code: FlawCode) => flaws.push({ field, code });
  if (!isCode(item.code.trim())) push('code', 'code_invalid');
  flaws.push(...wordFlaws('title', item.title, LIMITS.short, true));
  flaws.push(...wordFlaws('guidance', item.guidance, LIMITS.long, false));
  if (item.applies_to.some((kind) => !Object.hasOwn(SITE_KINDS, kind))) push('applies_to', 'word_unknown');
  if (item.department && !isCode(item.department)) push('department', 'code_invalid');
  if (!Object.hasOwn(SEVERITIES, item.default_severity)) push('default_severity', 'word_unknown');
  if (!isWhole(item.rectify_within_days, 1, LIMITS.days)) push('rectify_within_days', 'days_invalid');
  if (!isWhole(item.min_photos, 0, LIMITS.photos)) push('min_photos', 'photos_invalid');
  flaws.push(...answerFlaws(item));
  if (item.veto && !canFail(item)) push('veto', 'never_fails');
  return flaws;
}

function answerFlaws(item: ItemDraft): Flaw[] {
  if (item.type === 'choice') return optionFlaws(item);
  if (item.type !== 'number') return [];
  const flaws = wordFlaws('unit', item.unit, LIMITS.short, false);
  const { min, max } = item;
  const [low, high] = [item.pass_min ?? min, item.pass_max ?? max];
  const all = [min, max, low, high];
  const stands =
    all.every((one) => typeof one === 'number' && Number.isFinite(one)) &&
    Number(min) < Number(max) &&
    Number(min) <= Number(low) &&
    Number(low) <= Number(high) &&
    Number(high) <= Number(max);
  if (!stands) flaws.push({ field: 'answer', code: 'number_limits' });
  return flaws;
}

function optionFlaws({ options }: ItemDraft): Flaw[] {
  const flaws: Flaw[] = [];
  if (options.length < 2 || options.length > LIMITS.options)
    flaws.push({ field: 'options', code: 'options_count' });
  const times = countOf(options.map(({ code }) => code.trim()));
  for (const option of options) {
    const at = `options/${option.key}`;
    const code = option.code.trim();
    if (!isCode(code)) flaws.push({ field: `${at}/code`, code: 'code_invalid' });
    else if ((times.get(code) ?? 0) > 1) flaws.push({ field: `${at}/code`, code: 'code_twice' });
    flaws.push(...wordFlaws(`${at}/title`, option.title, LIMITS.short, true));
  }
  return flaws;
}

function canFail(item: ItemDraft): boolean {
  if (item.type === 'pass_fail') return true;
  if (item.type === 'number') return item.pass_min !== null || item.pass_max !== null;
  return item.type === 'choice' && item.options.some(({ fails }) => fails);
}

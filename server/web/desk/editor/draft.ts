// A checklist that is being written: every field there, so that a form can be bound to it; what says nothing is left out
// when it becomes a file. Pure.
import type { Checklist, ChecklistItem } from '../../shared/wire/messages';

export interface Words {
  zh: string;
  en: string;
}
export interface OptionDraft {
  key: number;
  code: string;
  title: Words;
  fails: boolean;
}
export type AnswerType = ChecklistItem['answer']['type'];
/** A number that was not given, or is none. */
export type Maybe = number | null;

export interface ItemDraft {
  /** For the screen only: codes are typed, and may stand twice for a while. */
  key: number;
  code: string;
  title: Words;
  guidance: Words;
  applies_to: string[];
  type: AnswerType;
  unit: Words;
  min: Maybe;
  max: Maybe;
  pass_min: Maybe;
  pass_max: Maybe;
  options: OptionDraft[];
  required: boolean;
  veto: boolean;
  department: string;
  default_severity: string;
  rectify_within_days: Maybe;
  min_photos: Maybe;
}

export interface ListDraft {
  code: string;
  title: Words;
  guidance: Words;
  items: ItemDraft[];
}

const none = (): Words => ({ zh: '', en: '' });
const said = ({ zh, en }: Words) => zh.trim() !== '' || en.trim() !== '';
const wordsOf = (words: { zh: string; en?: string } | undefined): Words => ({
  zh: words?.zh ?? '',
  en: words?.en ?? '',
});

/** The next key that no item and no option of this draft has. */
function freshKey(list: ListDraft): number {
  const keys = list.items.flatMap((item) => [item.key, ...item.options.map(({ key }) => key)]);
  return Math.max(0, ...keys) + 1;
}

export function emptyList(): ListDraft {
  const list: ListDraft = { code: '', title: none(), guidance: none(), items: [] };
  addItem(list, 0);
  return list;
}

function emptyItem(key: number): ItemDraft {
  return {
    key,
    code: '',
    title: none(),
    guidance: none(),
    applies_to: [],
    type: 'pass_fail',
    unit: none(),
    min: 0,
    max: 100,
    pass_min: null,
    pass_max: null,
    options: [],
    required: true,
    veto: false,
    department: '',
    default_severity: 'general',
    rectify_within_days: 10,
    min_photos: 1,
  };
}

/** Gives back where it stands. */
export function addItem(list: ListDraft, at: number): number {
  list.items.splice(at, 0, emptyItem(freshKey(list)));
  return at;
}

/** The same again below, without its code. */
export function copyItem(list: ListDraft, at: number): number {
  const item = list.items[at];
  if (!item) return at;
  let key = freshKey(list);
  const copy = JSON.parse(JSON.stringify(item)) as ItemDraft;
  copy.key = key;
  copy.code = '';
  for (const option of copy.options) {
    key += 1;
    option.key = key;
  }
  list.items.splice(at + 1, 0, copy);
  return at + 1;
}

export function addOption(list: ListDraft, item: ItemDraft): void {
  item.options.push({ key: freshKey(list), code: '', title: none(), fails: false });
}

/** A question of another kind; a choice begins with the two options that it needs. */
export function setType(list: ListDraft, item: ItemDraft, type: AnswerType): void {
  item.type = type;
  while (type === 'choice' && item.options.length < 2) addOption(list, item);
}

/** Moves one up or down; gives back where it stands now. */
export function move<T>(list: T[], at: number, by: number): number {
  const to = at + by;
  const [one] = to >= 0 && to < list.length ? list.splice(at, 1) : [];
  if (one === undefined) return at;
  list.splice(to, 0, one);
  return to;
}

function answerDraft({ answer }: ChecklistItem, key: () => number): Partial<ItemDraft> {
  if (answer.type === 'choice') {
    const options = answer.options.map(({ code, title, fails }) => ({
      key: key(),
      code,
      title: wordsOf(title),
      fails,
    }));
    return { options };
  }
  if (answer.type !== 'number') return {};
  const { unit, min, max, pass_min = null, pass_max = null } = answer;
  return { unit: wordsOf(unit), min, max, pass_min, pass_max };
}

/** What is published, as a draft of what comes next. */
export function draftOf(list: Checklist): ListDraft {
  let last = 0;
  const key = () => {
    last += 1;
    return last;
  };
  const items = list.items.map((item) => ({
    ...emptyItem(key()),
    code: item.code,
    title: wordsOf(item.title),
    guidance: wordsOf(item.guidance),
    applies_to: [...(item.applies_to ?? [])],
    type: item.answer.type,
    required: item.required,
    veto: item.veto,
    department: item.department ?? '',
    default_severity: item.default_severity,
    rectify_within_days: item.rectify_within_days,
    min_photos: item.min_photos,
    ...answerDraft(item, key),
  }));
  return { code: list.code, title: wordsOf(list.title), guidance: wordsOf(list.guidance), items };
}

const given = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);
const tidy = ({ zh, en }: Words): Words => ({ zh: zh.trim(), en: en.trim() });

function answerOf(item: ItemDraft): ChecklistItem['answer'] {
  if (item.type === 'choice') {
    const options = item.options.map(({ code, title, fails }) => ({
      code: code.trim(),
      title: tidy(title),
      fails,
    }));
    return { type: 'choice', options };
  }
  if (item.type !== 'number') return { type: item.type };
  return {
    type: 'number',
    ...(said(item.unit) ? { unit: tidy(item.unit) } : {}),
    min: item.min ?? 0,
    max: item.max ?? 0,
    ...(given(item.pass_min) ? { pass_min: item.pass_min } : {}),
    ...(given(item.pass_max) ? { pass_max: item.pass_max } : {}),
  };
}

export function itemOf(item: ItemDraft): ChecklistItem {
  return {
    code: item.code.trim(),
    title: tidy(item.title),
    ...(said(item.guidance) ? { guidance: tidy(item.guidance) } : {}),
    ...(item.applies_to.length ? { applies_to: [...item.applies_to] } : {}),
    answer: answerOf(item),
    required: item.required,
    veto: item.veto,
    ...(item.department ? { department: item.department } : {}),
    default_severity: item.default_severity,
    rectify_within_days: item.rectify_within_days ?? 0,
    min_photos: item.min_photos ?? 0,
  };
}

/** The file that is published: one checklist, with the number that it shall have. */
export function fileOf(list: ListDraft, version: number): Omit<Checklist, 'checklist_id'> {
  return {
    code: list.code.trim(),
    version,
    title: tidy(list.title),
    ...(said(list.guidance) ? { guidance: tidy(list.guidance) } : {}),
    items: list.items.map(itemOf),
  };
}

export interface Changes {
  added: string[];
  changed: string[];
  removed: string[];
  /** Only the order is another. */
  moved: boolean;
  /** Title or guidance of the whole. */
  head: boolean;
}

/** What is new against the version before, by the items' codes; `undefined`: nothing. */
export function changesSince(
  before: Checklist | undefined,
  now: Omit<Checklist, 'checklist_id'>,
): Changes | undefined {
  const old = new Map(before?.items.map((item) => [item.code, JSON.stringify(itemAsIs(item))]));
  const fresh = new Set(now.items.map(({ code }) => code));
  const added = now.items.filter(({ code }) => !old.has(code)).map(({ code }) => code);
  const changed = now.items
    .filter((item) => old.has(item.code) && old.get(item.code) !== JSON.stringify(itemAsIs(item)))
    .map(({ code }) => code);
  const removed = [...old.keys()].filter((code) => !fresh.has(code));
  const kept = (codes: string[]) => codes.filter((code) => old.has(code) && fresh.has(code)).join(' ');
  const moved = kept([...old.keys()]) !== kept([...fresh]);
  const headOf = (list: Omit<Checklist, 'checklist_id'> | undefined) =>
    JSON.stringify([wordsOf(list?.title), wordsOf(list?.guidance)]);
  const head = headOf(before) !== headOf(now);
  if (!(added.length || changed.length || removed.length || moved || head)) return undefined;
  return { added, changed, removed, moved, head };
}

/** Written one way, whatever order the fields came in. */
function itemAsIs(item: ChecklistItem): ChecklistItem {
  const [draft] = draftOf({ items: [item] } as unknown as Checklist).items;
  return draft ? itemOf(draft) : item;
}

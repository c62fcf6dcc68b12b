// Filters that a person has given names, one list for each page. Pure: the page keeps them, sealed on this machine.

export interface SavedFilter {
  name: string;
  query: string;
}

/** Pages that have a list to narrow, and under what name theirs are kept. */
export const SAVED_AS = {
  list: 'lists',
  inbox: 'lists-inbox',
  inspections: 'lists-inspections',
  media: 'lists-media',
  accounts: 'lists-accounts',
} as const;
export type Listed = keyof typeof SAVED_AS;

/** The same filters are the same text, in whichever order they were chosen. */
export function textOf(query: URLSearchParams | string): string {
  const sorted = new URLSearchParams(query);
  sorted.sort();
  return sorted.toString();
}

/** With these under this name; what had the name before is replaced where it stands. */
export function withSaved(list: readonly SavedFilter[], name: string, query: URLSearchParams): SavedFilter[] {
  const called = name.trim();
  if (!called) return [...list];
  const saved = { name: called, query: textOf(query) };
  return list.some((one) => one.name === called)
    ? list.map((one) => (one.name === called ? saved : one))
    : [...list, saved];
}

export const without = (list: readonly SavedFilter[], name: string) =>
  list.filter((one) => one.name !== name);

/** The saved one that is in force. */
export function inForce(list: readonly SavedFilter[], query: URLSearchParams): SavedFilter | undefined {
  const now = textOf(query);
  return list.find((one) => textOf(one.query) === now);
}

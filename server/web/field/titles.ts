// What each page is called in the browser's list of tabs and the phone's list of programs. Never what is on it: a lock
// screen or a shoulder may read it.
import type { Pair } from '../shared/lang/lang.svelte';
import { T } from './text';

export const TITLES: Record<string, Pair> = {
  '': T.navHome,
  items: T.navItems,
  task: T.titleItem,
  sites: T.sites,
  site: T.titleSite,
  plan: T.plan,
  visit: T.titleVisit,
  records: T.records,
  record: T.titleRecord,
  outbox: T.outbox,
  settings: T.settings,
};

/** An address that leads nowhere says so. */
export const titleOf = (page: string): Pair =>
  (Object.hasOwn(TITLES, page) ? TITLES[page] : undefined) ?? T.noPage;

// What the browser calls a page: in its tabs, its history, to a screen reader. Never the names of people or places, nor
// what was found: a browser keeps titles in clear.
import { type Pair, say } from '../shared/lang/lang.svelte';
import { shortNumber } from './accounts';
import { T } from './text';
import { W } from './text.work';

export const TITLES: Record<string, Pair> = {
  today: T.today,
  inbox: T.inbox,
  list: T.list,
  item: W.oneItem,
  map: T.map,
  notices: T.notices,
  plans: T.plans,
  seal: W.sealPlan,
  inspections: T.inspections,
  inspection: W.oneInspection,
  sites: T.sites,
  site: W.oneSite,
  areas: T.areas,
  units: T.units,
  checklists: T.checklists,
  checklist: W.oneChecklist,
  editor: W.editChecklist,
  calendar: T.calendar,
  people: T.people,
  ledger: T.ledger,
  media: T.media,
  settings: T.settings,
  accounts: T.userAccounts,
  account: W.oneAccount,
  imports: T.imports,
};
/** An address that leads nowhere says so. */
export const titled = (page: string): Pair =>
  (Object.hasOwn(TITLES, page) ? TITLES[page] : undefined) ?? W.noPage;

/** Of these there are many: their numbers tell them apart. */
const NUMBERED = ['item', 'inspection'];

export function titleOf(page: string, id: string): string {
  const title = say(titled(page));
  return [NUMBERED.includes(page) && id ? `${title} ${shortNumber(id)}` : title, say(T.app)].join(' · ');
}

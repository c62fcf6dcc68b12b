// Lists of items: columns, filters and order as data, all of it from the address. Pure, but for the names that it is
// given.
import type { Pair } from '../shared/lang/lang.svelte';
import { dueOf, isOver, isOverdue, orderOf, weight } from '../shared/rules/item';
import { dayOf, plusDays } from '../shared/rules/workdays';
import type { Rectification } from '../shared/wire/items';
import { T } from './text';

export const COLUMNS = [
  'severity',
  'text',
  'site',
  'township',
  'unit',
  'person',
  'stage',
  'due',
  'rounds',
  'listed',
  'source',
] as const;
export type Column = (typeof COLUMNS)[number];
export const SHOWN: Column[] = ['severity', 'text', 'site', 'township', 'unit', 'person', 'stage', 'due'];
export const HEADS: Record<Column, Pair> = {
  severity: T.severity,
  text: T.problem,
  site: T.site,
  township: T.township,
  unit: T.unit,
  person: T.person,
  stage: T.stage,
  due: T.deadline,
  rounds: T.rounds,
  listed: T.listedAt,
  source: T.source,
};

export interface Names {
  township(area: string): string;
  site(id: string): string;
  unit(id: string): string;
}

/** What of an item stands in the half that only those who oversee have: whether a draft waits for approval. */
export type Drafted = (item: Rectification) => boolean;
const NONE: Drafted = () => false;

export const closedOn = ({ stage }: Rectification): string | undefined =>
  stage.name === 'closed' ? dayOf(Date.parse(stage.closing.closed.at)) : undefined;

/** Named groups of stages that a supervisor asks for, beside the stages themselves. */
export const STANDS = [
  'open',
  'overdue',
  'soon',
  'unanswered',
  'to_verify',
  'to_close',
  'extension',
  'draft',
] as const;
export type Stands = (typeof STANDS)[number];

export function stands(item: Rectification, how: string, now: number, drafted: Drafted = NONE): boolean {
  const { stage } = item;
  switch (how) {
    case '':
      return true;
    case 'open':
      return !isOver(stage);
    case 'overdue':
      return isOverdue(item, now);
    case 'soon': {
      const due = dueOf(item);
      const today = dayOf(now);
      return due !== undefined && due.on >= today && due.on <= plusDays(today, 3);
    }
    case 'unanswered':
      return dueOf(item) !== undefined;
    case 'to_verify':
      return stage.name === 'answered' && !stage.acceptance;
    case 'to_close':
      return stage.name === 'answered' && stage.acceptance !== undefined;
    case 'extension':
      return item.extensions?.at(-1)?.decision.is === 'pending';
    case 'draft':
      return drafted(item);
    default:
      return stage.name === how;
  }
}

export function chosen(
  items: Rectification[],
  query: URLSearchParams,
  chain: (area: string) => string[],
  names: Names,
  now: number,
  drafted: Drafted = NONE,
): Rectification[] {
  const get = (name: string) => query.get(name) ?? '';
  const q = get('q').trim().toLowerCase();
  const [how, severity, township, unit, site, source, since] = [
    'stands',
    'severity',
    'township',
    'unit',
    'site',
    'source',
    'since',
  ].map(get) as [string, string, string, string, string, string, string];
  // A day: closed on it or later, and not opened again.
  const closed = get('closed');
  // A day on which deadlines pass.
  const due = get('due');
  return items.filter((item) => {
    const order = orderOf(item.stage);
    return (
      stands(item, how, now, drafted) &&
      (!severity || item.severity === severity) &&
      (!township || chain(item.area_id).includes(township)) &&
      (!unit || order?.unit_id === unit) &&
      (!site || item.site_id === site) &&
      (!source || item.source === source) &&
      (!since || item.listed.at >= since) &&
      (!closed || (closedOn(item) ?? '') >= closed) &&
      (!due || dueOf(item)?.on === due) &&
      (!q ||
        [
          item.text,
          order?.person.name,
          names.site(item.site_id ?? ''),
          ...item.findings.map((one) => one.text),
        ].some((text) => text?.toLowerCase().includes(q)))
    );
  });
}

const LATE = '9999';
export function ordered(items: Rectification[], by: string, names: Names): Rectification[] {
  const down = by.startsWith('-');
  const column = by.replace('-', '') as Column;
  const key = (item: Rectification): string | number => {
    const order = orderOf(item.stage);
    switch (column) {
      case 'severity':
        return -weight(item.severity);
      case 'text':
        return item.text;
      case 'site':
        return names.site(item.site_id ?? '');
      case 'township':
        return names.township(item.area_id);
      case 'unit':
        return names.unit(order?.unit_id ?? '');
      case 'person':
        return order?.person.name ?? '';
      case 'stage':
        return item.stage.name;
      case 'rounds':
        return -item.rounds;
      case 'listed':
        return item.listed.at;
      case 'source':
        return item.source;
      default:
        return dueOf(item)?.on ?? (isOver(item.stage) ? `${LATE}9` : LATE);
    }
  };
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => {
    const order =
      typeof a.key === 'number' ? a.key - (b.key as number) : a.key.localeCompare(b.key as string, 'zh-CN');
    return (down ? -order : order) || (a.item.listed.at < b.item.listed.at ? -1 : 1);
  });
  return keyed.map(({ item }) => item);
}

/** For a spreadsheet: a mark at the start tells it that this is UTF-8; a cell can never be taken for a formula. */
export function csv(rows: string[][]): string {
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

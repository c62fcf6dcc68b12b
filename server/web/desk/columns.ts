// What the columns and fields of an import are called, in both languages. Pure, but for today's language.
import { lang, type Pair, say } from '../shared/lang/lang.svelte';
import { COLOURS, RUNGS, SEVERITIES, word } from '../shared/lang/words';
import { conditionsSaid } from './conditions';
import { KINDS, type What } from './imports';
import { A } from './text.admin';

/** Of what is no table, and what is told beside a table's columns. A path is told part by part. */
const FIELDS: Record<string, Pair> = {
  ...SEVERITIES,
  code: A.rowCode,
  name_zh: A.rowName,
  boundary: ['边界', 'Boundary'],
  geometry: ['图形', 'Geometry'],
  township_code: ['所属乡镇', 'Township'],
  version: ['版本', 'Version'],
  items: ['检查项', 'Items'],
  title: ['名称', 'Title'],
  guidance: ['说明', 'Guidance'],
  added: A.chNew,
  changed: A.chChanged,
  removed: A.chRemoved,
  moved: ['移动', 'Moved'],
  calendar: ['日历', 'Calendar'],
  year: ['年份', 'Year'],
  published: ['正式公布', 'Officially published'],
  source: ['依据', 'Source'],
  off: ['放假', 'Days off'],
  working: ['补班', 'Make-up working days'],
  receipt_hours: ['签收时限（小时）', 'Hours to sign'],
  receipt_reminder: ['催签收', 'Reminder to sign'],
  reminders: ['提醒', 'Reminders'],
  red_after_working_days: ['逾期几个工作日转红', 'Red after working days'],
  ladder: ['督办阶梯', 'Ladder'],
  look_back: ['回头看', 'Look-back'],
  days: ['天数', 'Days'],
  halve_from_percent: ['复发率达到多少减半（%）', 'Halved from (%)'],
  quarter_from_percent: ['复发率达到多少减至四分之一（%）', 'Quartered from (%)'],
  least_closed: ['至少销号数', 'Closed at least'],
  tiers: ['优先级', 'Tiers'],
  otherwise: ['其余的权重', 'Weight of all others'],
};

/** Of the things in a list. */
const PARTS: Record<string, Pair> = {
  from: ['从', 'from'],
  to: ['至', 'to'],
  name: ['名称', 'name'],
  colour: ['提醒', 'reminder'],
  rung: ['步骤', 'step'],
  working_days_before: ['提前工作日', 'working days before'],
  after_working_days: ['逾期工作日', 'after working days'],
  tier: ['级', 'tier'],
  weight: ['权重', 'weight'],
  when: ['条件', 'when'],
};

/** A list as the server tells it: each thing by its fields. */
export const listed = (text: string): string =>
  conditionsSaid(text)
    .replace(/\b(colour|rung) ([a-z]+)/g, (_, of: string, value: string) => {
      return `${of} ${word(of === 'colour' ? COLOURS : RUNGS, value)}`;
    })
    .replace(/(^|[,;] )([a-z_]+) /g, (whole, mark: string, field: string) => {
      return PARTS[field] ? `${mark}${say(PARTS[field])} ` : whole;
    });

/** A table's columns as a file may have them; fields by name. */
export function called(what: What, column: string): string {
  const of = KINDS[what].columns.find(({ name }) => name === column);
  if (of) return lang.current === 'zh' ? of.zh : of.name.replaceAll('_', ' ');
  const part = (name: string) => (FIELDS[name] ? say(FIELDS[name]) : name);
  return column.split('.').map(part).join(' · ');
}

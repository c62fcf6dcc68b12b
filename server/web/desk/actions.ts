// What can be done with an item at the desk, as data: which command, what it asks for. The item page makes a form of
// each, and shows those that are not for now with their reason.
import type { Pair } from '../shared/lang/lang.svelte';
import type { ActType } from '../shared/wire/items';
import { T } from './text';
import { W } from './text.work';

export type Field = {
  name: string;
  label: Pair;
  as:
    | 'text'
    | 'long'
    | 'day'
    | 'due'
    | 'severity'
    | 'method'
    | 'group'
    | 'visit'
    | 'unit'
    | 'internal'
    | 'parted'
    | 'found'
    | 'other';
  optional?: boolean;
  /** Asked only of an acceptance by this method. */
  method?: 'on_site';
};

export interface Action {
  type: ActType;
  title: Pair;
  /** Only for items that have this to decide; else it is left out, not disabled. */
  fields: Field[] | 'hand_over';
  /** It leads on. */
  go?: boolean;
  /** It cannot be taken back. */
  stop?: boolean;
}

const reason: Field = { name: 'reason', label: T.reason, as: 'text' };
const text: Field = { name: 'text', label: T.words, as: 'long', optional: true };
const dueMaybe: Field = { name: 'due', label: T.newDeadline, as: 'due', optional: true };
const visit: Field = { name: 'inspection_id', label: T.visit, as: 'visit', optional: true };

export const ACTIONS: Action[] = [
  { type: 'rectification.hand_over', title: T.handOver, fields: 'hand_over', go: true },
  {
    type: 'rectification.accept',
    title: T.accept,
    fields: [
      { name: 'method', label: T.method, as: 'method' },
      { ...visit, optional: false, method: 'on_site' },
      text,
    ],
    go: true,
  },
  { type: 'rectification.close', title: T.closeItem, fields: [text], go: true },
  {
    type: 'rectification.return',
    title: T.returnIt,
    fields: [{ name: 'reasons', label: T.reasons, as: 'long' }, dueMaybe, visit],
  },
  { type: 'rectification.grant_extension', title: T.grantExtension, fields: [dueMaybe, text], go: true },
  { type: 'rectification.refuse_extension', title: T.refuseExtension, fields: [reason] },
  { type: 'rectification.acknowledge', title: T.acknowledge, fields: [], go: true },
  {
    type: 'rectification.plan',
    title: T.planWork,
    fields: [
      { name: 'text', label: T.words, as: 'long' },
      { name: 'finish_on', label: T.finishOn, as: 'day', optional: true },
    ],
  },
  {
    type: 'rectification.ask_extension',
    title: T.askExtension,
    fields: [{ name: 'due', label: T.newDeadline, as: 'due' }, reason],
  },
  {
    type: 'rectification.decline',
    title: T.decline,
    fields: [reason, { name: 'suggests', label: T.suggests, as: 'unit', optional: true }],
  },
  { type: 'rectification.reassign', title: T.reassign, fields: 'hand_over' },
  {
    type: 'rectification.assign_verifiers',
    title: T.assignVerifiers,
    fields: [{ name: 'group', label: T.group, as: 'group' }],
  },
  {
    type: 'rectification.set_severity',
    title: T.setSeverity,
    fields: [{ name: 'severity', label: T.severity, as: 'severity' }, reason],
  },
  {
    type: 'rectification.suspend',
    title: T.suspend,
    fields: [reason, { name: 'review_on', label: T.reviewOn, as: 'day' }],
  },
  { type: 'rectification.resume', title: T.resume, fields: [reason, dueMaybe], go: true },
  { type: 'rectification.look_back_passed', title: T.lookBackPassed, fields: [visit, text], go: true },
  {
    type: 'rectification.add_finding',
    title: W.addFinding,
    fields: [{ name: 'findings', label: W.findingsToAdd, as: 'found' }],
  },
  {
    type: 'rectification.split',
    title: W.split,
    fields: [{ name: 'findings', label: W.findingsToPart, as: 'parted' }, reason],
  },
  {
    type: 'rectification.join',
    title: W.join,
    fields: [{ name: 'other_id', label: W.joinOther, as: 'other' }, reason],
  },
  { type: 'rectification.reopen', title: T.reopen, fields: [reason, visit] },
  { type: 'rectification.cancel', title: T.cancelItem, fields: [reason], stop: true },
];

/** Said under the trail, not among the steps. */
export const SAYING: Action[] = [
  {
    type: 'rectification.comment',
    title: T.comment,
    fields: [
      { name: 'text', label: T.words, as: 'long' },
      { name: 'internal', label: T.internal, as: 'internal', optional: true },
    ],
  },
  {
    type: 'rectification.instruct',
    title: T.instruct,
    fields: [{ name: 'text', label: T.words, as: 'long' }],
  },
];

// What a report means: the same review that the server makes (docs/PROTOCOL.md § 12.4), run before a report is
// queued, for what is rejected is rejected for ever. Pure. Never changes the report.
import type {
  Answers,
  Checklist,
  ChecklistItem,
  Finding,
  Position,
  Presence,
  Site,
  Submit,
  Value,
  Verdict,
} from '../wire/messages';
import { type Code, refuse } from '../wire/problem';

export const MEDIA_TYPES = [
  'image/jpeg',
  'image/heic',
  'image/heif',
  'image/webp',
  'image/png',
  'video/mp4',
  'video/quicktime',
];
export const BLOB_BYTES = 512 * 1024 * 1024;
export const LONG_TEXT_CHARS = 8000;
export const SHORT_TEXT_CHARS = 500;
const COUNTS = { checklists: 10, answers: 500, findings: 100, evidence: 300, interviews: 50, team: 50 };
const DAY_MS = 86_400_000;

/** Flags in the order in which the server lists them. */
const FLAGS = [
  'answers_missing',
  'photos_missing',
  'finding_missing',
  'no_position',
  'far_from_site',
  'mock_position',
  'clock_skew',
  'clock_moved',
  'time_impossible',
  'long_visit',
  'scope_ended',
] as const;
export type Flag = (typeof FLAGS)[number];

export interface Reviewed {
  verdict: Verdict;
  flags: Flag[];
}

/** Whether this value fails this item; `null` when it neither passes nor fails. Throws on a value of another kind. */
export function fails(item: ChecklistItem, value: Value): boolean | null {
  const { answer } = item;
  if ('not_applicable' in value) return null;
  if (answer.type === 'pass_fail' && 'pass' in value) return !value.pass;
  if (answer.type === 'text' && 'text' in value) return null;
  if (answer.type === 'choice' && 'choice' in value) {
    const option = answer.options.find(({ code }) => code === value.choice);
    return option ? option.fails : refuse('answer_out_of_range');
  }
  if (answer.type === 'number' && 'number' in value) {
    const n = value.number;
    if (!Number.isFinite(n) || n < answer.min || n > answer.max) refuse('answer_out_of_range');
    if (answer.pass_min === undefined && answer.pass_max === undefined) return null;
    return n < (answer.pass_min ?? n) || n > (answer.pass_max ?? n);
  }
  return refuse('answer_wrong_type');
}

export function applies(item: ChecklistItem, kind: string): boolean {
  return !item.applies_to?.length || item.applies_to.includes(kind);
}

export function review(submit: Submit, site: Site, checklists: Checklist[]): Reviewed {
  checkCounts(submit);
  if (Date.parse(submit.departure.at) < Date.parse(submit.arrival.at))
    refuse('times_impossible', { at: '/departure/at' });
  checkPositions(submit);
  checkTexts(submit);
  checkEvidence(submit);
  const flags = new Set<Flag>(placeFlags(submit, site));
  const verdict = judgeAnswers(submit, site.kind, checklists, flags);
  return { verdict, flags: FLAGS.filter((flag) => flags.has(flag)) };
}

function checkCounts(submit: Submit): void {
  const lists = submit.checklists ?? [];
  const counts: [string, number, number][] = [
    ['/checklists', lists.length, COUNTS.checklists],
    ['/checklists/*/answers', lists.reduce((sum, one) => sum + one.answers.length, 0), COUNTS.answers],
    ['/findings', submit.findings?.length ?? 0, COUNTS.findings],
    ['/evidence', submit.evidence?.length ?? 0, COUNTS.evidence],
    ['/interviews', submit.interviews?.length ?? 0, COUNTS.interviews],
    ['/team', submit.team?.length ?? 0, COUNTS.team],
  ];
  for (const [at, count, most] of counts) {
    if (count > most) refuse('too_many_parts', { at, detail: `${count}, at most ${most}` });
  }
}

export function isPossible(p: Position): boolean {
  return (
    Math.abs(p.latitude) <= 90 &&
    Math.abs(p.longitude) <= 180 &&
    !(p.latitude === 0 && p.longitude === 0) &&
    (p.accuracy_m === undefined || (Number.isFinite(p.accuracy_m) && p.accuracy_m >= 0)) &&
    (p.altitude_m === undefined || Number.isFinite(p.altitude_m))
  );
}

function checkPositions(submit: Submit): void {
  const check = (at: string, p: Position | undefined) => {
    if (p && !isPossible(p)) refuse('position_invalid', { at });
  };
  check('/arrival/position', submit.arrival.position);
  check('/departure/position', submit.departure.position);
  submit.findings?.forEach((one, i) => {
    check(`/findings/${i}/position`, one.position);
  });
  submit.evidence?.forEach((one, i) => {
    check(`/evidence/${i}/position`, one.position);
  });
}

function checkText(at: string, text: string | undefined, most: number, mustSay = false): void {
  const said = text ?? '';
  if (said.includes('\0')) refuse('text_invalid', { at, detail: 'it has a NUL character' });
  if (mustSay && said.trim() === '') refuse('text_invalid', { at, detail: 'it is empty' });
  if (said.length > most && [...said].length > most) {
    refuse('text_invalid', { at, detail: `longer than ${most} characters` });
  }
}

function checkTexts(submit: Submit): void {
  submit.findings?.forEach((one, i) => {
    checkText(`/findings/${i}/text`, one.text, LONG_TEXT_CHARS, true);
    checkText(`/findings/${i}/notes`, one.notes, LONG_TEXT_CHARS);
  });
  submit.interviews?.forEach((one, i) => {
    checkText(`/interviews/${i}/who`, one.who, SHORT_TEXT_CHARS, true);
    checkText(`/interviews/${i}/text`, one.text, LONG_TEXT_CHARS);
    const { satisfaction } = one;
    if (satisfaction !== undefined && (satisfaction < 1 || satisfaction > 5)) {
      refuse('answer_out_of_range', { at: `/interviews/${i}/satisfaction` });
    }
  });
  submit.team?.forEach((name, i) => {
    checkText(`/team/${i}`, name, SHORT_TEXT_CHARS, true);
  });
  checkText('/notes', submit.notes, LONG_TEXT_CHARS);
  const presences: [string, Presence][] = [
    ['/arrival', submit.arrival],
    ['/departure', submit.departure],
  ];
  for (const [at, presence] of presences)
    checkText(`${at}/no_position`, presence.no_position, SHORT_TEXT_CHARS);
  submit.checklists?.forEach((answers, c) => {
    answers.answers.forEach((answer, i) => {
      const at = `/checklists/${c}/answers/${i}`;
      checkText(`${at}/note`, answer.note, LONG_TEXT_CHARS);
      const [said] = Object.values(answer.value);
      if (typeof said === 'string') checkText(`${at}/value`, said, LONG_TEXT_CHARS);
    });
  });
}

function checkEvidence(submit: Submit): void {
  const known = new Set<string>();
  submit.evidence?.forEach((one, i) => {
    if (known.has(one.evidence_id)) refuse('duplicate_id', { at: `/evidence/${i}/evidence_id` });
    known.add(one.evidence_id);
    if (one.size === 0 || one.size > BLOB_BYTES || !MEDIA_TYPES.includes(one.media_type)) {
      refuse('evidence_invalid', { at: `/evidence/${i}` });
    }
    checkText(`/evidence/${i}/caption`, one.caption, LONG_TEXT_CHARS);
  });
  const checkKnown = (ids: string[] | undefined, at: string) => {
    const stranger = ids?.find((id) => !known.has(id));
    if (stranger) refuse('evidence_unknown', { at, detail: stranger });
  };
  const findings = new Set<string>();
  submit.findings?.forEach((one, i) => {
    if (findings.has(one.finding_id)) refuse('duplicate_id', { at: `/findings/${i}/finding_id` });
    findings.add(one.finding_id);
    checkKnown(one.evidence, `/findings/${i}/evidence`);
  });
  submit.checklists?.forEach((answers, c) => {
    answers.answers.forEach((answer, i) => {
      checkKnown(answer.evidence, `/checklists/${c}/answers/${i}/evidence`);
    });
  });
}

/** Great-circle distance in metres. */
export function distanceM(
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number {
  const radians = Math.PI / 180;
  const halfLat = ((b.latitude - a.latitude) * radians) / 2;
  const halfLon = ((b.longitude - a.longitude) * radians) / 2;
  const h =
    Math.sin(halfLat) ** 2 +
    Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * Math.sin(halfLon) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(Math.sqrt(h), 1));
}

export function placeFlags(submit: Pick<Submit, 'arrival' | 'departure'>, site: Site): Flag[] {
  const flags: Flag[] = [];
  const at = submit.arrival.position;
  if (!at) flags.push('no_position');
  if (at?.mock) flags.push('mock_position');
  if (at && site.latitude !== undefined && site.longitude !== undefined) {
    const allowed = (site.radius_m ?? 500) + Math.min(at.accuracy_m ?? 0, 500);
    if (distanceM(at, { latitude: site.latitude, longitude: site.longitude }) > allowed)
      flags.push('far_from_site');
  }
  if (Date.parse(submit.departure.at) - Date.parse(submit.arrival.at) > DAY_MS) flags.push('long_visit');
  return flags;
}

function judgeAnswers(submit: Submit, kind: string, checklists: Checklist[], flags: Set<Flag>): Verdict {
  const vetoed: string[] = [];
  const verdict: Verdict = { passed: 0, failed: 0 };
  const seen = new Set<string>();
  for (const [c, answers] of (submit.checklists ?? []).entries()) {
    const at = `/checklists/${c}`;
    if (seen.has(answers.checklist_id)) refuse('checklist_twice', { at });
    seen.add(answers.checklist_id);
    const checklist = versionOf(checklists, answers);
    if (!checklist) throw refuse('checklist_unknown', { at });
    judgeChecklist(checklist, answers, kind, submit.findings ?? [], at, { verdict, vetoed, flags });
  }
  submit.findings?.forEach((finding, i) => {
    const code = strangeItem(finding, submit, checklists);
    if (code) refuse(code, { at: `/findings/${i}/item` });
  });
  return vetoed.length ? { ...verdict, vetoed_by: vetoed } : verdict;
}

function versionOf(checklists: Checklist[], answers: Answers): Checklist | undefined {
  return checklists.find(
    (one) => one.checklist_id === answers.checklist_id && one.version === answers.version,
  );
}

interface Tally {
  verdict: Verdict;
  vetoed: string[];
  flags: Set<Flag>;
}

function judgeChecklist(
  checklist: Checklist,
  answers: Answers,
  kind: string,
  findings: Finding[],
  at: string,
  tally: Tally,
): void {
  const answered = new Set<string>();
  for (const [i, answer] of answers.answers.entries()) {
    const where = { at: `${at}/answers/${i}`, detail: answer.item };
    const item = checklist.items.find(({ code }) => code === answer.item);
    if (!item) throw refuse('item_code_unknown', where);
    if (!applies(item, kind)) refuse('item_not_for_site', where);
    if (answered.has(item.code)) refuse('answer_twice', where);
    answered.add(item.code);
    const failed = failsAt(item, answer.value, where);
    if (failed === false) tally.verdict.passed += 1;
    if (failed !== true) continue;
    tally.verdict.failed += 1;
    if (item.veto) tally.vetoed.push(item.code);
    const named = findings.filter((f) => f.checklist_id === checklist.checklist_id && f.item === item.code);
    if (!named.length) tally.flags.add('finding_missing');
    const photos = named.reduce((sum, f) => sum + (f.evidence?.length ?? 0), answer.evidence?.length ?? 0);
    if (photos < item.min_photos) tally.flags.add('photos_missing');
  }
  if (checklist.items.some((item) => item.required && applies(item, kind) && !answered.has(item.code))) {
    tally.flags.add('answers_missing');
  }
}

function failsAt(item: ChecklistItem, value: Value, where: { at: string; detail: string }): boolean | null {
  try {
    return fails(item, value);
  } catch (error) {
    const problem = (error as { problem?: { type: string } }).problem;
    if (!problem) throw error;
    return refuse(problem.type.split(':').at(-1) as Code, where);
  }
}

/** A finding that names an item names one of a checklist which the report answers. */
function strangeItem(finding: Finding, submit: Submit, checklists: Checklist[]): Code | undefined {
  if (finding.checklist_id === undefined) return finding.item === undefined ? undefined : 'checklist_unknown';
  const answers = submit.checklists?.find((one) => one.checklist_id === finding.checklist_id);
  const checklist = answers && versionOf(checklists, answers);
  if (!checklist) return 'checklist_unknown';
  return checklist.items.some(({ code }) => code === finding.item) ? undefined : 'item_code_unknown';
}

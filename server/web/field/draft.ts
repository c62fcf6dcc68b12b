// An inspection that is being made: what has been answered so far, and the report that it becomes. Pure.
import { type Flag, fails, type Reviewed, review } from '../shared/rules/review';
import type {
  Answer,
  Checklist,
  ChecklistItem,
  Evidence,
  Finding,
  Interview,
  Position,
  Presence,
  Site,
  Submit,
  Value,
} from '../shared/wire/messages';

export interface Draft {
  inspection_id: string;
  site_id: string;
  /** The plan that it is made for. */
  plan_id?: string;
  begun_at: string;
  arrival?: Presence;
  /** Versions stay as they were when it was begun. */
  checklists: { checklist_id: string; version: number }[];
  /** By checklist and item. */
  answers: Record<string, Record<string, Answer>>;
  findings: Finding[];
  evidence: Evidence[];
  interviews: Interview[];
  team: string;
  notes: string;
  /** Where the person was: the item on the screen, or the whole list. */
  at: number;
  whole: boolean;
}

export function newDraft(inspection_id: string, site_id: string, now: number, plan_id?: string): Draft {
  return {
    inspection_id,
    site_id,
    ...(plan_id === undefined ? {} : { plan_id }),
    begun_at: new Date(now).toISOString(),
    checklists: [],
    answers: {},
    findings: [],
    evidence: [],
    interviews: [],
    team: '',
    notes: '',
    at: 0,
    whole: false,
  };
}

/** An item to be answered, with the checklist that it belongs to. */
export interface Question {
  checklist: Checklist;
  item: ChecklistItem;
}

export const answerTo = (draft: Draft, { checklist, item }: Question): Answer | undefined =>
  draft.answers[checklist.checklist_id]?.[item.code];

export const findingOn = (draft: Draft, { checklist, item }: Question): Finding | undefined =>
  draft.findings.find((one) => one.checklist_id === checklist.checklist_id && one.item === item.code);

/** `undefined`: not answered, or the value is not possible. */
export function failsHere(draft: Draft, question: Question): boolean | null | undefined {
  const answer = answerTo(draft, question);
  return answer && judged(question.item, answer.value);
}

export function judged(item: ChecklistItem, value: Value): boolean | null | undefined {
  try {
    return fails(item, value);
  } catch {
    return undefined;
  }
}

/** Sets an answer. One that fails gets its finding; one that no longer fails loses it, and its photos go to the
 *  answer. */
export function setAnswer(draft: Draft, question: Question, value: Value, freshId: () => string): void {
  const { checklist, item } = question;
  draft.answers[checklist.checklist_id] ??= {};
  const list = draft.answers[checklist.checklist_id] as Record<string, Answer>;
  const before = list[item.code];
  const finding = findingOn(draft, question);
  const evidence = [...(before?.evidence ?? []), ...(finding?.evidence ?? [])];
  const has = evidence.length ? { evidence } : {};
  if (judged(item, value) === true) {
    list[item.code] = { item: item.code, value };
    if (finding) finding.evidence = evidence;
    else {
      const own = { finding_id: freshId(), checklist_id: checklist.checklist_id, item: item.code };
      draft.findings.push({ ...own, severity: item.default_severity, text: '', ...has });
    }
  } else {
    list[item.code] = { item: item.code, value, ...has };
    draft.findings = draft.findings.filter((one) => one !== finding);
  }
}

export function clearAnswer(draft: Draft, question: Question): void {
  const photos = [
    ...(answerTo(draft, question)?.evidence ?? []),
    ...(findingOn(draft, question)?.evidence ?? []),
  ];
  for (const id of photos) dropEvidence(draft, id);
  delete draft.answers[question.checklist.checklist_id]?.[question.item.code];
  const finding = findingOn(draft, question);
  draft.findings = draft.findings.filter((one) => one !== finding);
}

/** A photo belongs to the finding where there is one, else to the answer; before any answer it is the report's. */
export function addEvidence(draft: Draft, evidence: Evidence, to: Question | string | undefined): void {
  draft.evidence.push(evidence);
  const finding =
    typeof to === 'string' ? draft.findings.find((f) => f.finding_id === to) : to && findingOn(draft, to);
  const holder = finding ?? (typeof to === 'object' ? answerTo(draft, to) : undefined);
  if (holder) holder.evidence = [...(holder.evidence ?? []), evidence.evidence_id];
}

export function dropEvidence(draft: Draft, id: string): void {
  draft.evidence = draft.evidence.filter((one) => one.evidence_id !== id);
  const holders = [...draft.findings, ...Object.values(draft.answers).flatMap((list) => Object.values(list))];
  for (const holder of holders) holder.evidence = holder.evidence?.filter((one) => one !== id);
}

export function evidenceOf(draft: Draft, to: Question | string): Evidence[] {
  const finding =
    typeof to === 'string' ? draft.findings.find((f) => f.finding_id === to) : findingOn(draft, to);
  const ids = [
    ...(finding?.evidence ?? []),
    ...(typeof to === 'string' ? [] : (answerTo(draft, to)?.evidence ?? [])),
  ];
  return draft.evidence.filter(({ evidence_id }) => ids.includes(evidence_id));
}

/** The report. A finding without words of its own says its item's title. */
export function reportOf(draft: Draft, questions: Question[], departure: Presence): Submit {
  const titles = new Map(
    questions.map((q) => [`${q.checklist.checklist_id} ${q.item.code}`, q.item.title.zh]),
  );
  const findings = draft.findings.map((finding) => ({
    ...finding,
    text: finding.text.trim() || titles.get(`${finding.checklist_id} ${finding.item}`) || '',
    notes: finding.notes?.trim() || undefined,
    evidence: finding.evidence?.length ? finding.evidence : undefined,
  }));
  const team = draft.team
    .split(/[,，、;；\n]/)
    .map((name) => name.trim())
    .filter(Boolean);
  const checklists = draft.checklists
    .map(({ checklist_id, version }) => {
      const list = Object.values(draft.answers[checklist_id] ?? {});
      const answers = list.map((one) => ({
        ...one,
        evidence: one.evidence?.length ? one.evidence : undefined,
      }));
      return { checklist_id, version, answers };
    })
    .filter(({ answers }) => answers.length > 0);
  return {
    inspection_id: draft.inspection_id,
    site_id: draft.site_id,
    ...(draft.plan_id === undefined ? {} : { plan_id: draft.plan_id }),
    arrival: draft.arrival ?? { at: draft.begun_at },
    departure,
    ...(team.length ? { team } : {}),
    ...(checklists.length ? { checklists } : {}),
    ...(findings.length ? { findings } : {}),
    ...(draft.evidence.length ? { evidence: draft.evidence } : {}),
    ...(draft.interviews.length ? { interviews: draft.interviews } : {}),
    ...(draft.notes.trim() ? { notes: draft.notes.trim() } : {}),
  };
}

export function reviewOf(submit: Submit, site: Site, questions: Question[]): Reviewed {
  return review(submit, site, [...new Set(questions.map((q) => q.checklist))]);
}

export type { Flag, Position };

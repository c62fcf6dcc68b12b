// The phone's own writes, laid over what the server has told, until the feed brings their effect.
//
// Laying over twice is the same as once: parts are known by their ids. What was refused is not laid over; it waits
// in the outbox. A new kind of item, or of command, is a line in `KINDS`.
import { type Rectification, rectification } from '../wire/items';
import {
  type Amend,
  type Answers,
  type Ask,
  amend,
  ask,
  type Correction,
  type Evidence,
  type HeldEvidence,
  type Inspection,
  inspection,
  type Submit,
  submit,
  type Void,
  voiding,
} from '../wire/messages';
import type { Around, Layer } from './layer';
import type { Entry } from './outbox';
import { RECTIFICATION } from './overlay-items';

const NIL = '00000000-0000-0000-0000-000000000000';

const INSPECTION: Record<string, Layer<Inspection>> = {
  'inspection.submit': (shown, body, entry, around) => shown ?? submitted(submit.read(body), entry, around),
  'inspection.amend': (shown, body, entry, around) =>
    shown && amended(shown, amend.read(body), entry, around),
  'inspection.void': (shown, body, entry, around) =>
    shown && voided(shown, voiding.read(body), entry, around),
  'inspection.ask': (shown, body, entry, around) => shown && asked(shown, ask.read(body), entry, around),
};

/** Which commands lay over which kind of item. */
export const KINDS: Record<string, Record<string, Layer<unknown>>> = {
  inspection: INSPECTION as Record<string, Layer<unknown>>,
  rectification: RECTIFICATION as Record<string, Layer<unknown>>,
};

/** The kind of the item that a command is about: the word before the dot. */
export const kindOfCommand = (type: string) => type.split('.')[0] ?? type;

/** `undefined` when there is neither an item nor a command that makes one. Verdict and flags are the server's to give. */
export function layOver(kind: string, base: unknown, pending: Entry[], around: Around): unknown {
  let shown = base;
  for (const entry of pending) {
    const layer = KINDS[kind]?.[entry.type];
    if (!layer) continue;
    try {
      shown = layer(shown, (JSON.parse(entry.envelope) as { body: unknown }).body, entry, around);
    } catch {
      // The word is one of another version: shown without it.
    }
  }
  return shown;
}

export function readItem(body: unknown): Rectification | undefined {
  try {
    return rectification.read(body);
  } catch {
    return undefined;
  }
}

export function readInspection(body: unknown): Inspection | undefined {
  try {
    return inspection.read(body);
  } catch {
    return undefined;
  }
}

function submitted(report: Submit, entry: Entry, around: Around): Inspection {
  const { evidence, ...parts } = report;
  return {
    ...parts,
    stage: 'submitted',
    area_id: around.areaOf(report.site_id) ?? NIL,
    by: around.me,
    ...(evidence ? { evidence: evidence.map((one) => held(one, around)) } : {}),
    verdict: { passed: 0, failed: 0 },
    received_at: new Date(entry.at).toISOString(),
    skew_ms: 0,
  };
}

function amended(base: Inspection, more: Amend, entry: Entry, around: Around): Inspection {
  const shown = structuredClone(base);
  for (const answers of more.checklists ?? []) shown.checklists = merged(shown.checklists, answers);
  shown.findings = joined(shown.findings, more.findings, (one) => one.finding_id);
  const fresh = more.evidence?.map((one) => held(one, around));
  shown.evidence = joined(shown.evidence, fresh, (one) => one.evidence_id);
  shown.interviews = joined(shown.interviews, more.interviews, (one) => JSON.stringify(one));
  // What the server has already told is not laid over it once more. Two questions may get the same answer.
  const { reason, question_id, notes } = more;
  const isThis = (one: Correction) =>
    one.by === around.me && one.reason === reason && one.question_id === question_id;
  if (shown.amendments?.some(isThis)) return shown;
  if (notes !== undefined) shown.notes = shown.notes === undefined ? notes : `${shown.notes}\n${notes}`;
  const evidence = more.evidence?.map((one) => one.evidence_id);
  const mine: Correction = { by: around.me, at: new Date(entry.at).toISOString(), reason };
  if (question_id !== undefined) mine.question_id = question_id;
  if (evidence?.length) mine.evidence = evidence;
  shown.amendments = [...(shown.amendments ?? []), mine];
  return shown;
}

function asked(base: Inspection, question: Ask, entry: Entry, around: Around): Inspection {
  const { inspection_id: _, ...rest } = question;
  const mine = { ...rest, by: around.me, at: new Date(entry.at).toISOString() };
  return { ...base, questions: joined(base.questions, [mine], (one) => one.question_id) };
}

function voided(base: Inspection, { reason }: Void, entry: Entry, around: Around): Inspection {
  const mine = { by: around.me, at: new Date(entry.at).toISOString(), reason };
  return { ...base, stage: 'voided', voided: base.voided ?? mine };
}

/** What is new of `more`, each once, behind what is there. */
function joined<T>(known: T[] | undefined, more: T[] | undefined, key: (one: T) => string): T[] | undefined {
  if (!more?.length) return known;
  const keys = new Set(known?.map(key));
  const isNew = (one: T) => !keys.has(key(one)) && keys.add(key(one));
  return [...(known ?? []), ...more.filter(isNew)];
}

/** Answers replace those to the same items of the same version, and stand behind the others, which stay. */
function merged(all: Answers[] = [], fresh: Answers): Answers[] {
  const same = (one: Answers) => one.checklist_id === fresh.checklist_id && one.version === fresh.version;
  if (!all.some(same)) return [...all, fresh];
  const items = new Set(fresh.answers.map(({ item }) => item));
  return all.map((one) => {
    if (!same(one)) return one;
    return { ...one, answers: [...one.answers.filter(({ item }) => !items.has(item)), ...fresh.answers] };
  });
}

function held(evidence: Evidence, around: Around): HeldEvidence {
  return { ...evidence, status: around.held(evidence.sha256) };
}

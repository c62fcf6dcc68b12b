// Questions back to the author of an inspection (追问): which are open, what answered them, who may ask. Pure; what may
// be is only shown here, the server decides.
import type { AskedBack, Correction, HeldEvidence, Inspection } from '../wire/messages';
import type { Code } from '../wire/problem';
import type { Person } from './item';

/** A question with what answered it, the first answer first. */
export interface Asked {
  question: AskedBack;
  answers: Correction[];
}

type Told = Pick<Inspection, 'questions' | 'amendments' | 'voided' | 'evidence'>;

/** What was asked: about the whole visit and about each finding, or only what concerns this finding. */
export function askedOf({ questions = [], amendments = [] }: Told, finding?: string): Asked[] {
  return questions
    .filter((one) => !finding || !one.finding_id || one.finding_id === finding)
    .map((question) => ({
      question,
      answers: amendments.filter((one) => one.question_id === question.question_id),
    }));
}

/** Nobody waits for an answer about what is voided. */
export const openOf = (inspection: Told, finding?: string): AskedBack[] =>
  inspection.voided
    ? []
    : askedOf(inspection, finding).flatMap(({ question, answers }) => (answers.length ? [] : [question]));

/** What these added, in the order of the report. */
export function addedBy({ evidence = [] }: Told, corrections: Correction[]): HeldEvidence[] {
  const ids = new Set(corrections.flatMap((one) => one.evidence ?? []));
  return evidence.filter((one) => ids.has(one.evidence_id));
}

/** `undefined`: the person may ask; else the code of the reason. `areas`: the inspection's, with all that it lies in. */
export function mayAsk(person: Person, inspection: Told, areas: string[]): Code | undefined {
  const oversees = person.grants.some(
    ({ role, scope, revoked_at }) =>
      role === 'supervisor' && !revoked_at && 'area' in scope && areas.includes(scope.area),
  );
  if (!oversees) return 'command_forbidden';
  return inspection.voided ? 'inspection_voided' : undefined;
}

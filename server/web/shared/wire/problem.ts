// Refusals (RFC 9457). Switched on by code and nothing else; a code of a later server acts by its status.
import { CODES } from '../codes.generated';
import { type Problem, problem as problemShape } from './messages';

export type Code = keyof typeof CODES;
export type { Problem };

const PREFIX = 'urn:anfang:problem:';

/** A refusal of our own making, in the server's words. */
export function problemOf(code: Code, more: { detail?: string; at?: string } = {}): Problem {
  const [status, title_zh, title] = CODES[code];
  return { type: PREFIX + code, title, title_zh, status, ...more };
}

export function codeOf(problem: Problem | undefined): Code | undefined {
  const slug = problem?.type.startsWith(PREFIX) ? problem.type.slice(PREFIX.length) : '';
  return Object.hasOwn(CODES, slug) ? (slug as Code) : undefined;
}

export function isCode(problem: Problem | undefined, ...codes: Code[]): boolean {
  const code = codeOf(problem);
  return code !== undefined && codes.includes(code);
}

/** A refusal that time may cure. */
export function isPassing(problem: Problem): boolean {
  const passing: Code[] = [
    'too_many_uploads',
    'too_many_requests',
    'unavailable',
    'internal',
    'storage_full',
    'try_again',
  ];
  return isCode(problem, ...passing) || problem.status >= 500;
}

/** The problem in an answer's body, if it is one of this protocol. */
export function readProblem(body: unknown): Problem | undefined {
  try {
    const read = problemShape.read(body);
    return read.type.startsWith('urn:') ? read : undefined;
  } catch {
    return undefined;
  }
}

export class Refused extends Error {
  constructor(public readonly problem: Problem) {
    super(problem.title);
  }
}

export function refuse(code: Code, more: { detail?: string; at?: string } = {}): never {
  throw new Refused(problemOf(code, more));
}

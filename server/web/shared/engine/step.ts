// What there is to do, and what can come of it. The words between the engine and whoever carries its steps out.
import type { Declared, Page, Problem, Standing } from '../wire/messages';
import { isCode } from '../wire/problem';
import type { Access } from './pace';
import type { Asked } from './record';

/** The link, as the phone's system tells it. `metered`: paid by the byte, or known to be thin. */
export type Network = 'none' | 'metered' | 'free';

export type Step =
  /** Nothing to do before this uptime; absent: until something changes. */
  | { do: 'wait'; until_ms?: number; why: 'idle' | 'offline' | 'paused' | 'back_off'; problem?: Problem }
  /** A person has to sign in. */
  | { do: 'sign_in'; problem?: Problem }
  /** Get a new access token. */
  | { do: 'refresh' }
  /** `POST /v1/sync` with this text. */
  | { do: 'sync'; body: string; asked: Asked }
  /** `POST /v1/blobs`. */
  | { do: 'declare'; blobs: Declared[] }
  /** `HEAD` of an upload: how many bytes the server holds. */
  | { do: 'ask'; sha256: string; upload: string }
  /** `PATCH` of an upload with `length` bytes of the file from `offset` on. */
  | { do: 'upload'; sha256: string; upload: string; offset: number; length: number };

export type Answer =
  | { is: 'synced'; page: Page }
  | { is: 'declared'; standings: Standing[] }
  /** To `ask` and `upload`: the bytes that the server holds. */
  | { is: 'holds'; bytes: number }
  /** To `sign_in` and `refresh`. */
  | { is: 'welcome' }
  /** Any answer that is not a success. `problem`: when it was a problem of this protocol. */
  | { is: 'refused'; status: number; problem?: Problem; retry_after_s?: number }
  /** The phone itself cannot: its own file is unreadable or not what it was. */
  | { is: 'broken'; problem: Problem }
  /** No answer, or not a whole one: the server may have done it or not. */
  | { is: 'lost' };

export type Refusal = Extract<Answer, { is: 'refused' }>;

/** What a refusal says about the sign-in, if it does. */
export function accessAfter(step: Step, { status, problem }: Refusal): Access | undefined {
  const over: Access = { is: 'signed_out', problem };
  if (
    isCode(
      problem,
      'refresh_reused',
      'device_revoked',
      'credentials_wrong',
      'account_disabled',
      'enrolment_required',
    )
  ) {
    return over;
  }
  if (status >= 400 && status <= 403 && (step.do === 'refresh' || step.do === 'sign_in')) return over;
  return status === 401 ? { is: 'stale' } : undefined;
}

export function isPassingRefusal({ status }: Refusal): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500 || status < 400;
}

/** It says that the message itself is at fault, in this protocol's words: a portal in between does not. */
export function blamesTheMessage({ problem }: Refusal): boolean {
  return isCode(
    problem,
    'not_json',
    'too_deep',
    'too_large',
    'request_invalid',
    'command_unreadable',
    'command_too_large',
    'command_invalid',
    'command_type_unknown',
  );
}

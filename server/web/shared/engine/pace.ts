// How fast to go: back-off, sizes that fit the link, when to ask again. Not kept over a restart; a phone that was
// switched off begins afresh. Values, never changed in place.
import type { Problem } from '../wire/messages';
import type { Moment } from './clock';

export interface Settings {
  /** The first wait after a failure; it doubles with each further one. */
  backoff_ms: number;
  backoff_max_ms: number;
  /** Between two looks for news when nothing else is to be done. */
  poll_ms: number;
  /** Videos wait for a link that is not paid by the byte. */
  video_on_wifi_only: boolean;
  /** A person has stopped the sending. */
  paused: boolean;
}

export const SETTINGS: Settings = {
  backoff_ms: 1_000,
  backoff_max_ms: 300_000,
  poll_ms: 60_000,
  video_on_wifi_only: true,
  paused: false,
};

export type Access = { is: 'good' } | { is: 'stale' } | { is: 'signed_out'; problem?: Problem };

export const PAGE_BYTES = 65_536;
export const COMMANDS_PER_PUSH = 200;
export const COMMAND_BYTES = 262_144;
export const REQUEST_BYTES = 4_194_304;
const PAGE_MIN = 8 * 1024;
const PUSH_MIN = 4 * 1024;
const UPLOAD_MIN = 64 * 1024;
const UPLOAD_FIRST = 512 * 1024;
const UPLOAD_MAX = 16 * 1024 * 1024;
/** An exchange that took less may be larger next time, one that took more must be smaller. */
const QUICK_MS = 3_000;
const SLOW_MS = 20_000;

export interface Pace {
  access: Access;
  /** Failures in a row. */
  failures: number;
  /** Uptimes before which nothing is tried, what was put off is not sent, nothing is declared, no news asked. */
  wait_until_ms: number;
  retry_at_ms: number;
  declare_at_ms: number;
  poll_at_ms: number;
  deferrals: number;
  pull_due: boolean;
  /** The server no longer serves changes to this version. */
  too_old?: Problem;
  push_commands: number;
  push_bytes: number;
  page_bytes: number;
  upload_bytes: number;
  /** Refusals of a request that only pulled, in a row. */
  pull_refusals: number;
  /** The last thing that went wrong with the link or the server. */
  trouble?: Problem;
}

export function freshPace(): Pace {
  return {
    access: { is: 'good' },
    failures: 0,
    wait_until_ms: 0,
    retry_at_ms: 0,
    declare_at_ms: 0,
    poll_at_ms: 0,
    deferrals: 0,
    pull_due: true,
    push_commands: COMMANDS_PER_PUSH,
    push_bytes: COMMAND_BYTES,
    page_bytes: PAGE_BYTES,
    upload_bytes: UPLOAD_FIRST,
    pull_refusals: 0,
  };
}

/** What came of the last try, added to a copy of the pace. */
export class Pacer {
  readonly pace: Pace;

  constructor(
    pace: Pace,
    private readonly settings: Settings,
    private readonly now: Moment,
    private readonly chance: number,
  ) {
    this.pace = { ...pace };
  }

  wentWell(): void {
    this.pace.failures = 0;
    this.pace.wait_until_ms = 0;
    delete this.pace.trouble;
  }

  /** Doubling, with jitter, or as long as the server asked. */
  backOff(asked_s?: number): void {
    this.pace.wait_until_ms = this.now.uptime_ms + this.delay(this.pace.failures, asked_s);
    this.pace.failures += 1;
  }

  /** The server put off some commands. */
  defer(asked_s?: number): void {
    this.pace.retry_at_ms = this.now.uptime_ms + this.delay(this.pace.deferrals, asked_s);
    this.pace.deferrals += 1;
  }

  holdDeclarations(): void {
    this.pace.declare_at_ms = this.now.uptime_ms + this.delay(2);
  }

  fitSync(took_ms: number, more: boolean, pageMax: number): void {
    const { pace } = this;
    if (took_ms <= QUICK_MS) {
      pace.push_commands = Math.min(pace.push_commands * 2, COMMANDS_PER_PUSH);
      pace.push_bytes = Math.min(pace.push_bytes * 2, REQUEST_BYTES);
      if (more) pace.page_bytes = Math.min(pace.page_bytes * 2, pageMax);
    } else if (took_ms > SLOW_MS) {
      this.shrinkSync();
    }
  }

  shrinkSync(): void {
    this.pace.push_bytes = Math.max(Math.floor(this.pace.push_bytes / 2), PUSH_MIN);
    this.pace.page_bytes = Math.max(Math.floor(this.pace.page_bytes / 2), PAGE_MIN);
  }

  fitUpload(took_ms: number): void {
    if (took_ms <= QUICK_MS) this.pace.upload_bytes = Math.min(this.pace.upload_bytes * 4, UPLOAD_MAX);
    else if (took_ms > SLOW_MS) this.shrinkUpload();
  }

  shrinkUpload(): void {
    this.pace.upload_bytes = Math.max(Math.floor(this.pace.upload_bytes / 2), UPLOAD_MIN);
  }

  private delay(failures: number, asked_s?: number): number {
    const { backoff_ms, backoff_max_ms } = this.settings;
    const chance = Number.isFinite(this.chance) ? Math.min(Math.max(this.chance, 0), 1) : 0.5;
    // Not all phones at once when the time is over.
    if (asked_s !== undefined) return asked_s * 1000 + backoff_ms * chance;
    const ceiling = Math.min(backoff_ms * 2 ** Math.min(failures, 20), backoff_max_ms);
    return ceiling / 2 + (ceiling / 2) * chance;
  }
}

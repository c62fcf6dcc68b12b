// What a phone's clocks are worth (docs/PROTOCOL.md § 13). Pure.
import type { ClockReading } from '../wire/messages';

export const TOLERANCE_MS = 5 * 60_000;

export interface Judged {
  skew_ms: number;
  /** When it was recorded, by the server's clock, where the monotonic clock allows to say. */
  recorded_at: number | null;
  clock_moved: boolean;
  impossible: boolean;
}

export function judge(recorded: ClockReading, sent: ClockReading, now: number): Judged {
  const skew = Date.parse(sent.wall) - now;
  const wall = Date.parse(recorded.wall);
  const comparable =
    recorded.boot !== undefined &&
    recorded.boot === sent.boot &&
    recorded.uptime_ms !== undefined &&
    sent.uptime_ms !== undefined &&
    sent.uptime_ms >= recorded.uptime_ms;
  const recordedAt = comparable ? now - ((sent.uptime_ms ?? 0) - (recorded.uptime_ms ?? 0)) : null;
  const seen = recorded.server_seen === undefined ? null : Date.parse(recorded.server_seen);
  return {
    skew_ms: skew,
    recorded_at: recordedAt,
    clock_moved: recordedAt !== null && Math.abs(wall - recordedAt - skew) > TOLERANCE_MS,
    impossible: wall - skew > now + TOLERANCE_MS || (seen !== null && wall - skew < seen - TOLERANCE_MS),
  };
}

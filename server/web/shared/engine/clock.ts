// The phone's sense of time: its own clocks are claims, the server's is what was last heard. Never asks a clock.
import type { ClockReading } from '../wire/messages';

/** What the phone's clocks say now, given to the engine from outside. */
export interface Moment {
  /** Milliseconds since 1970, by the wall clock. */
  wall: number;
  /** Milliseconds since the phone (here: the page's first start) began; all waiting is measured in it. */
  uptime_ms: number;
  /** Distinguishes one start from the next. */
  boot: string;
}

export interface TimeSense {
  server_seen?: string;
  /** The phone's wall clock minus the server's, milliseconds. */
  skew_ms?: number;
}

export function hear(server_time: string, wall: number): TimeSense {
  return { server_seen: server_time, skew_ms: wall - Date.parse(server_time) };
}

/** The claim that goes with a command or a push. */
export function reading(sense: TimeSense, now: Moment): ClockReading {
  return {
    wall: new Date(now.wall).toISOString(),
    uptime_ms: Math.floor(now.uptime_ms),
    boot: now.boot,
    ...(sense.server_seen ? { server_seen: sense.server_seen } : {}),
  };
}

/** The best guess at the server's time. */
export function serverNow(sense: TimeSense, now: Moment): number {
  return now.wall - (sense.skew_ms ?? 0);
}

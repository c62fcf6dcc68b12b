// How long a fix says where the phone is. Pure.

/** An older fix says nothing about where somebody is now, or about a photo taken now. */
export const FRESH_MS = 120_000;

/** When something was, by both clocks of the phone: one may be set, the other may sleep. */
export interface Instant {
  wall: number;
  uptime: number;
}

/** Fresh by both clocks: a clock that was set back makes nothing young again, nor does a phone that slept. */
export function isFresh(came: Instant, now: Instant): boolean {
  const young = (ms: number) => ms >= 0 && ms < FRESH_MS;
  return young(now.wall - came.wall) && young(now.uptime - came.uptime);
}

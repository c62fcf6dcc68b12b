// Where the phone is, while somebody needs to know. Asks only on a page that says why; stops when it is left. What was
// known long ago is never told as where somebody is.

import { untrack } from 'svelte';
import { isPossible } from '../shared/rules/review';
import type { Position } from '../shared/wire/messages';
import { type Instant, isFresh } from './fresh';

export type NoFix = 'off' | 'denied' | 'none';
const LOOK_MS = 15_000;
/** Whoever stands still gets no news from some browsers: then it is asked again, before the fix is too old. */
const ASK_AGAIN_MS = 60_000;
const HOW = { enableHighAccuracy: true, maximumAge: 10_000, timeout: 15_000 };

const instant = (): Instant => ({ wall: Date.now(), uptime: performance.now() });

class Place {
  private fix = $state.raw<{ at: Position; came: Instant } | undefined>();
  trouble = $state<NoFix | undefined>();
  /** Counts looks at the clock: a fix grows old without anything happening. */
  private looks = $state(0);
  private watch: number | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private watchers = 0;

  start(): () => void {
    this.watchers += 1;
    // Whoever starts it from an effect is not to be started anew by what it changes.
    if (this.watch === undefined) untrack(() => this.begin());
    return () => {
      this.watchers -= 1;
      if (this.watchers === 0 && this.watch !== undefined) {
        navigator.geolocation.clearWatch(this.watch);
        clearInterval(this.timer);
        this.watch = undefined;
      }
    };
  }

  private begin(): void {
    this.looks += 1;
    if (!('geolocation' in navigator)) {
      this.trouble = 'off';
      return;
    }
    this.trouble = undefined;
    const found = (told: GeolocationPosition) => this.found(told);
    const failed = ({ code }: GeolocationPositionError) => {
      this.trouble = code === 1 ? 'denied' : 'none';
    };
    this.watch = navigator.geolocation.watchPosition(found, failed, HOW);
    this.timer = setInterval(() => {
      this.looks += 1;
      if (!this.now() || Date.now() - (this.fix?.came.wall ?? 0) > ASK_AGAIN_MS)
        navigator.geolocation.getCurrentPosition(found, failed, HOW);
    }, LOOK_MS);
  }

  private found({ coords, timestamp }: GeolocationPosition): void {
    const { latitude, longitude, accuracy, altitude } = coords;
    const at: Position = {
      latitude,
      longitude,
      accuracy_m: Math.round(accuracy * 10) / 10,
      ...(altitude === null ? {} : { altitude_m: Math.round(altitude * 10) / 10 }),
      at: new Date(timestamp).toISOString(),
    };
    if (isPossible(at)) this.fix = { at, came: instant() };
    this.trouble = undefined;
  }

  /** Where the phone is: the last fix, if it is not too old to say so. */
  now(): Position | undefined {
    void this.looks;
    return this.fix && isFresh(this.fix.came, instant()) ? this.fix.at : undefined;
  }
}

export const place = new Place();

// Where the phone is, while somebody needs to know. Asks only on a page that says why; stops when it is left.

import { isPossible } from '../shared/rules/review';
import type { Position } from '../shared/wire/messages';

export type NoFix = 'off' | 'denied' | 'none';
/** An older fix says nothing about a photo taken now. */
const FRESH_MS = 120_000;

class Place {
  fix = $state.raw<Position | undefined>();
  trouble = $state<NoFix | undefined>();
  private watch: number | undefined;
  private watchers = 0;

  start(): () => void {
    this.watchers += 1;
    if (this.watch === undefined) this.begin();
    return () => {
      this.watchers -= 1;
      if (this.watchers === 0 && this.watch !== undefined) {
        navigator.geolocation.clearWatch(this.watch);
        this.watch = undefined;
      }
    };
  }

  private begin(): void {
    if (!('geolocation' in navigator)) {
      this.trouble = 'off';
      return;
    }
    this.trouble = undefined;
    this.watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        const { latitude, longitude, accuracy, altitude } = coords;
        const fix: Position = {
          latitude,
          longitude,
          accuracy_m: Math.round(accuracy * 10) / 10,
          ...(altitude === null ? {} : { altitude_m: Math.round(altitude * 10) / 10 }),
          at: new Date(timestamp).toISOString(),
        };
        if (isPossible(fix)) this.fix = fix;
        this.trouble = undefined;
      },
      ({ code }) => {
        this.trouble = code === 1 ? 'denied' : 'none';
      },
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: 15_000 },
    );
  }

  /** The last fix, if it is not too old to say where the phone is. */
  now(): Position | undefined {
    const at = this.fix?.at;
    return at && Date.now() - Date.parse(at) < FRESH_MS ? this.fix : undefined;
  }
}

export const place = new Place();

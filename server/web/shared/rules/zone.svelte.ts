// The jurisdiction's time zone. Days, deadlines and times on the screen are those of the place that is inspected, whatever
// zone the computer is set to. The server tells the zone (`time_zone` of GET /v1/terms); until then it is China's.

const DAY_MS = 86_400_000;
const QUARTER_MS = 15 * 60_000;

class Zone {
  /** IANA name, for instance Asia/Urumqi. */
  name = $state('Asia/Shanghai');
}
const zone = new Zone();

export const zoneName = () => zone.name;

let format: { of: string; parts: Intl.DateTimeFormat } | undefined;

function partsIn(name: string): Intl.DateTimeFormat {
  if (format?.of !== name) {
    const numeric = 'numeric' as const;
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
      hourCycle: 'h23',
    });
    format = { of: name, parts };
  }
  return format.parts;
}

/** Takes the zone that the server tells. One that this browser does not know changes nothing. */
export function useZone(name: string): void {
  try {
    partsIn(name);
    zone.name = name;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

/** What the clock there shows at this moment, as if it were UTC: milliseconds since 1970. */
function wallAt(ms: number): number {
  const read: Record<string, number> = {};
  for (const { type, value } of partsIn(zone.name).formatToParts(ms)) read[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000);
}

/** The zone's distance from UTC at this moment, milliseconds. */
const offsetAt = (ms: number) => wallAt(ms) - ms;

/** The first moment at which the clock there shows this; none where clocks are put forward over it. */
function earliest(wall: number): number | undefined {
  const before = wall - offsetAt(wall - DAY_MS);
  const after = wall - offsetAt(wall + DAY_MS);
  return [Math.min(before, after), Math.max(before, after)].find((ms) => wallAt(ms) === wall);
}

const midnight = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** The day (2026-09-30) that it is there at this moment. */
export const dayOf = (ms: number) => new Date(wallAt(ms)).toISOString().slice(0, 10);

/** The first moment of a day there. Where clocks are put forward at midnight it is the first that there is. */
export function startOf(day: string): number {
  for (let n = 0; n < 96; n++) {
    const first = earliest(midnight(day) + n * QUARTER_MS);
    if (first !== undefined) return first;
  }
  return midnight(day);
}

/** The first moment after a day, as the protocol writes it. */
export const passesAt = (day: string) =>
  new Date(startOf(new Date(midnight(day) + DAY_MS).toISOString().slice(0, 10))).toISOString();

/** The moment at which the clock there shows 2026-11-27T08:00; after a gap where it never does. NaN for what is no time. */
export function instantOf(local: string): number {
  const wall = Date.parse(`${local}Z`);
  return Number.isNaN(wall) ? Number.NaN : (earliest(wall) ?? wall - offsetAt(wall - DAY_MS));
}

/** Whether the clock of this computer shows another time than the clock there. */
export const isElsewhere = (now: number) =>
  Math.round(offsetAt(now) / 60_000) !== -new Date(now).getTimezoneOffset();

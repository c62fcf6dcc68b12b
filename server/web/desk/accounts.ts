// Whether the accounts of the units add up. Pure.

export interface Day {
  unit_id: string;
  day: string;
  opening: number;
  new: number;
  reopened: number;
  closed: number;
  moved_away: number;
  closing: number;
}

/** Each day by itself, and each day's opening against the closing before it. */
export function checked(days: Day[]): { rows: number; wrong: Day[] } {
  const wrong = new Set<Day>();
  const last = new Map<string, Day>();
  for (const one of [...days].sort((a, b) => (a.day < b.day ? -1 : 1))) {
    if (one.opening + one.new + one.reopened - one.closed - one.moved_away !== one.closing) wrong.add(one);
    const before = last.get(one.unit_id);
    if (before && before.closing !== one.opening) wrong.add(one);
    last.set(one.unit_id, one);
  }
  return { rows: days.length, wrong: [...wrong] };
}

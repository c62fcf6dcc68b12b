// Chance that can be repeated: the same seed throws the same dice. Never for keys or ids.
export class Dice {
  private state: number;
  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0, below 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  isLucky(part: number): boolean {
    return this.next() < part;
  }

  pick<T>(all: readonly T[]): T | undefined {
    return all[this.below(all.length)];
  }

  /** Dice of somebody's own, so that who is faster changes nobody else's luck. */
  child(): Dice {
    return new Dice(Math.floor(this.next() * 4294967296));
  }
}

/** ANFANG_SEED, else another one each time; printed, so that a failure can be lived through again. */
export function seed(): number {
  const told = process.env.ANFANG_SEED;
  const chosen = told ? Number(told) : Math.floor(Math.random() * 4294967296);
  console.log(`ANFANG_SEED=${chosen}`);
  return chosen;
}

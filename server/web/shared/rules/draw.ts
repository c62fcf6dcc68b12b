// Repeating a draw (docs/PROTOCOL.md § 23): that it is the one that was committed to beforehand, and that these sites
// come out of it. Whole numbers only; anybody's browser gives the same answer as the server.
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { digestOf } from '../wire/canonical';
import { refuse } from '../wire/problem';
import * as s from '../wire/shape';

const ALGORITHM = 'anfang-draw-1';
const MOST = (1n << 128n) - 1n;
const counted = s.whole();

export const drawFile = s.object({
  commitment: s.sha,
  sites: s.list(s.uuid),
  algorithm: s.text,
  count: counted,
  exclusions: s.list(s.uuid),
  frame: s.list(s.object({ site_id: s.uuid, weight: counted })),
  seed: s.sha,
});
export type DrawFile = s.Of<typeof drawFile>;

const rises = (ids: string[]) => ids.every((id, i) => i === 0 || (ids[i - 1] ?? '') < id);

function check(draw: DrawFile): void {
  const invalid = (detail: string) => refuse('draw_invalid', { detail });
  if (draw.algorithm !== ALGORITHM) invalid('another algorithm');
  if (!rises(draw.frame.map((one) => one.site_id))) invalid('the frame is not sorted by id, each site once');
  if (!rises(draw.exclusions)) invalid('the exclusions are not sorted, each site once');
}

function fourBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}

/** A number below `total`, each as likely as any other. */
function uniform(seed: Uint8Array, pick: number, total: bigint): bigint {
  const limit = (MOST / total) * total;
  const name = new TextEncoder().encode(ALGORITHM);
  for (let turn = 0; ; turn++) {
    const hash = sha256.create().update(seed).update(name).update(fourBytes(pick)).update(fourBytes(turn));
    const x = hash
      .digest()
      .slice(0, 16)
      .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    if (x < limit) return x % total;
  }
}

export function picks(draw: DrawFile): string[] {
  const excluded = new Set(draw.exclusions);
  const left = draw.frame.filter((one) => one.weight > 0 && !excluded.has(one.site_id));
  const seed = hexToBytes(draw.seed);
  const picked: string[] = [];
  let total = left.reduce((sum, one) => sum + BigInt(one.weight), 0n);
  for (let pick = 0; pick < draw.count && left.length > 0; pick++) {
    const mark = uniform(seed, pick, total);
    let sum = 0n;
    const at = left.findIndex((one) => {
      sum += BigInt(one.weight);
      return sum > mark;
    });
    const [chosen] = left.splice(at, 1);
    if (!chosen) break;
    total -= BigInt(chosen.weight);
    picked.push(chosen.site_id);
  }
  return picked;
}

export interface Compared {
  /** What was drawn is what was committed to beforehand. */
  committed: boolean;
  /** Pick by pick: as told, and as it comes out here. */
  picks: { told?: string; ours?: string }[];
}

/** The draw, repeated. Refuses with `draw_invalid` what is in no form that can be repeated. */
export function compareDraw(draw: DrawFile): Compared {
  check(draw);
  const { algorithm, count, exclusions, frame, seed, commitment, sites } = draw;
  const ours = picks(draw);
  const length = Math.max(ours.length, sites.length);
  return {
    committed: digestOf({ algorithm, count, exclusions, frame, seed }) === commitment,
    picks: Array.from({ length }, (_, i) => ({ told: sites[i], ours: ours[i] })),
  };
}

/** Refuses with `draw_invalid` or `draw_differs`. */
export function verifyDraw(draw: DrawFile): void {
  const { committed, picks } = compareDraw(draw);
  if (!committed) refuse('draw_differs', { at: '/commitment' });
  const at = picks.findIndex(({ told, ours }) => told !== ours);
  if (at >= 0) refuse('draw_differs', { at: `/sites/${at}` });
}

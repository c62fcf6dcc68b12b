// A map that is drawn without a library: where a place stands on the screen, which sites are drawn together, what a thumb
// has met. Pure. Never more marks on the screen than a thumb can tell apart, however many sites there are.
import type { Site } from '../shared/wire/messages';

/** On the whole earth, laid flat (Web Mercator): both from 0 to 1, y to the south. */
export interface Point {
  x: number;
  y: number;
}
export interface Box {
  west: number;
  north: number;
  east: number;
  south: number;
}
/** What is seen: the place in the middle, how near, and the size of the drawing in pixels. */
export interface View extends Point {
  zoom: number;
  width: number;
  height: number;
}
export type Placed = Site & { latitude: number; longitude: number };

export const NEAREST = 18;
const FARTHEST = 4;
/** What is closer together on the screen is one mark. */
export const APART_PX = 44;
/** How far from the middle of a mark a thumb may come down. */
const THUMB_PX = 26;
const EDGE_PX = 48;
/** The buttons over the map stand there. */
const SIDE_PX = 72;
const EARTH_M = 40_075_016.686;
/** Beyond it the flat earth has no end. */
const POLE = 85;

export const isPlaced = (site: Site): site is Placed =>
  site.latitude !== undefined && site.longitude !== undefined;

export function worldOf({ latitude, longitude }: { latitude: number; longitude: number }): Point {
  const lat = (Math.max(Math.min(latitude, POLE), -POLE) * Math.PI) / 180;
  const y = 0.5 - Math.log(Math.tan(Math.PI / 4 + lat / 2)) / (2 * Math.PI);
  return { x: longitude / 360 + 0.5, y };
}

export const scaleOf = (zoom: number) => 256 * 2 ** zoom;
/** The length of a pixel at the height of the middle. */
export const metresOf = ({ y, zoom }: View) => EARTH_M / Math.cosh(2 * Math.PI * (0.5 - y)) / scaleOf(zoom);

export function toScreen(view: View, { x, y }: Point): Point {
  const scale = scaleOf(view.zoom);
  return { x: (x - view.x) * scale + view.width / 2, y: (y - view.y) * scale + view.height / 2 };
}

export function toWorld(view: View, { x, y }: Point): Point {
  const scale = scaleOf(view.zoom);
  return { x: view.x + (x - view.width / 2) / scale, y: view.y + (y - view.height / 2) / scale };
}

export function boxOf(points: Iterable<Point>): Box | undefined {
  const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  for (const { x, y } of points) {
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.north = Math.min(box.north, y);
    box.south = Math.max(box.south, y);
  }
  return box.west <= box.east ? box : undefined;
}

const clamp = (n: number, low: number, high: number) => Math.min(Math.max(n, low), high);

/** As near as it may be with all of the box in sight. */
export function framed(
  box: Box,
  { width, height }: { width: number; height: number },
  nearest = NEAREST,
): View {
  const room = (n: number, edge: number) => Math.max(n - 2 * edge, 64);
  const wide = room(width, SIDE_PX) / Math.max(box.east - box.west, 1e-12);
  const high = room(height, EDGE_PX) / Math.max(box.south - box.north, 1e-12);
  const zoom = clamp(Math.log2(Math.min(wide, high) / 256), FARTHEST, nearest);
  return { x: (box.west + box.east) / 2, y: (box.north + box.south) / 2, zoom, width, height };
}

/** Never past what there is to see, nor so far off that it is a speck. */
export function hold(view: View, box: Box): View {
  const farthest = Math.max(framed(box, view).zoom - 1, FARTHEST);
  const x = clamp(view.x, box.west, box.east);
  const y = clamp(view.y, box.north, box.south);
  return { ...view, x, y, zoom: clamp(view.zoom, Math.min(farthest, NEAREST), NEAREST) };
}

/** Nearer or farther, while what lies under `at` stays there. */
export function zoomed(view: View, by: number, at: Point): View {
  const under = toWorld(view, at);
  const nearer = { ...view, zoom: clamp(view.zoom + by, FARTHEST, NEAREST) };
  const moved = toWorld(nearer, at);
  return { ...nearer, x: nearer.x + under.x - moved.x, y: nearer.y + under.y - moved.y };
}

export function panned(view: View, dx: number, dy: number): View {
  const scale = scaleOf(view.zoom);
  return { ...view, x: view.x - dx / scale, y: view.y - dy / scale };
}

/** One site, or several that stand too close to be told apart: by their places in the list. */
export interface Mark extends Point {
  of: number[];
}

function together(marks: Mark[]): Mark {
  if (marks.length === 1) return marks[0] as Mark;
  const of = marks.flatMap((one) => one.of);
  const mean = (pick: (one: Mark) => number) =>
    marks.reduce((sum, one) => sum + pick(one) * one.of.length, 0) / of.length;
  return { x: mean((one) => one.x), y: mean((one) => one.y), of };
}

const PASSES = 3;
/** The fullest takes in what is too close to it. That moves it a little: so again, until none touch. */
function gathered(rough: Mark[], side: number): Mark[] {
  let marks = taken(rough, side);
  for (let n = 1; n < PASSES; n++) {
    const before = marks.length;
    marks = taken(marks, side * 0.8);
    if (marks.length === before) break;
  }
  return marks;
}

function taken(rough: Mark[], side: number): Mark[] {
  const marks: Mark[] = [];
  let left = rough.sort((a, b) => b.of.length - a.of.length);
  for (let full = left[0]; full; full = left[0]) {
    const { x, y } = full;
    const isClose = (one: Mark) => Math.hypot(one.x - x, one.y - y) < side;
    marks.push(together(left.filter(isClose)));
    left = left.filter((one) => !isClose(one));
  }
  return marks;
}

/** Small cells to a block, along each side; and how few there have to be for all to be one block, without seams. */
const BLOCK = 16;
const FEW = 1500;

/** Sites at one nearness. First what shares a small cell is one; then, in the blocks that are looked at, what is too close
 *  to be told apart. Every site is in exactly one mark. */
class Level {
  private readonly blocks = new Map<number, { rough: Mark[]; marks?: Mark[] }>();
  private readonly block: number;
  constructor(
    points: Point[],
    private readonly side: number,
  ) {
    const cells = new Map<number, Mark & { column: number; row: number }>();
    const small = side / 2;
    for (const [i, { x, y }] of points.entries()) {
      const [column, row] = [Math.floor(x / small), Math.floor(y / small)];
      const key = this.keyOf(column, row);
      const cell = cells.get(key);
      if (cell) {
        cell.of.push(i);
        cell.x += (x - cell.x) / cell.of.length;
        cell.y += (y - cell.y) / cell.of.length;
      } else cells.set(key, { x, y, of: [i], column, row });
    }
    this.block = cells.size <= FEW ? Number.POSITIVE_INFINITY : BLOCK;
    for (const { column, row, ...mark } of cells.values()) {
      const key = this.keyOf(Math.floor(column / this.block), Math.floor(row / this.block));
      const block = this.blocks.get(key);
      if (block) block.rough.push(mark);
      else this.blocks.set(key, { rough: [mark] });
    }
  }

  private keyOf = (column: number, row: number) => column * 2 ** 26 + row;

  in({ west, north, east, south }: Box): Mark[] {
    const at = (n: number) => Math.floor(n / ((this.side / 2) * this.block));
    const found: Mark[] = [];
    for (let column = at(west); column <= at(east); column++)
      for (let row = at(north); row <= at(south); row++) {
        const block = this.blocks.get(this.keyOf(column, row));
        if (!block) continue;
        block.marks ??= gathered(block.rough, this.side);
        found.push(...block.marks);
      }
    return found;
  }
}

/** Sites as marks, for every nearness: made when it is first looked at, then only looked up. */
export class Sheet {
  readonly points: Point[];
  private readonly levels = new Map<number, Level>();
  constructor(readonly sites: Placed[]) {
    this.points = sites.map(worldOf);
  }

  private level(zoom: number): Level {
    const whole = Math.floor(zoom);
    const known = this.levels.get(whole) ?? new Level(this.points, APART_PX / scaleOf(whole));
    this.levels.set(whole, known);
    return known;
  }

  /** All that is on the screen, and a little beyond it. */
  seen(view: View): Mark[] {
    const [from, to] = [
      { x: -EDGE_PX, y: -EDGE_PX },
      { x: view.width + EDGE_PX, y: view.height + EDGE_PX },
    ].map((corner) => toWorld(view, corner)) as [Point, Point];
    return this.level(view.zoom)
      .in({ west: from.x, north: from.y, east: to.x, south: to.y })
      .filter(({ x, y }) => x >= from.x && x <= to.x && y >= from.y && y <= to.y);
  }

  /** What a thumb has met: the mark nearest to it. */
  met(view: View, at: Point): { mark: Mark; px: number } | undefined {
    let best: { mark: Mark; px: number } | undefined;
    for (const mark of this.seen(view)) {
      const on = toScreen(view, mark);
      const px = Math.hypot(on.x - at.x, on.y - at.y);
      if (px <= THUMB_PX && px < (best?.px ?? Infinity)) best = { mark, px };
    }
    return best;
  }

  sitesOf(mark: Mark): Placed[] {
    return mark.of.map((i) => this.sites[i] as Placed);
  }

  boxOf(mark?: Mark): Box | undefined {
    return boxOf(mark ? mark.of.map((i) => this.points[i] as Point) : this.points);
  }
}

/** Drawn as one even from as near as can be. */
export const staysOne = (box: Box, view: View) => framed(box, view).zoom >= NEAREST;

/** A length that people say, at most this long: 1, 2 or 5 with noughts. */
export function roundLength(most: number): number {
  const ten = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((one) => one * ten <= most) ?? 1) * ten;
}

/** The first look: the person with the sites around, if they are anywhere near; else all sites. */
const AROUND = 8;
const NEAR_M = 50_000;
export function firstView(
  points: Point[],
  me: Point | undefined,
  size: { width: number; height: number },
): View | undefined {
  const box = boxOf(points);
  if (!box || !me) return box && framed(box, size, NEAREST - 2);
  const metre = 1 / (EARTH_M / Math.cosh(2 * Math.PI * (0.5 - me.y)));
  const far = (one: Point) => Math.hypot(one.x - me.x, one.y - me.y);
  const near = points
    .filter((one) => far(one) < NEAR_M * metre)
    .sort((a, b) => far(a) - far(b))
    .slice(0, AROUND);
  return framed(boxOf(near.length ? [me, ...near] : points) ?? box, size, NEAREST - 2);
}

/** The name of an area stands in the midst of its sites. */
export interface Label extends Point {
  id: string;
  n: number;
}
export function labelsOf(sites: Placed[], points: Point[], chain: (area: string) => string[]): Label[] {
  const sums = new Map<string, Label>();
  const chains = new Map<string, string[]>();
  for (const [i, { area_id }] of sites.entries()) {
    const { x, y } = points[i] as Point;
    if (!chains.has(area_id)) chains.set(area_id, chain(area_id));
    for (const id of chains.get(area_id) ?? []) {
      const sum = sums.get(id) ?? { id, n: 0, x: 0, y: 0 };
      sums.set(id, { id, n: sum.n + 1, x: sum.x + x, y: sum.y + y });
    }
  }
  return [...sums.values()]
    .map(({ id, n, x, y }) => ({ id, n, x: x / n, y: y / n }))
    .sort((a, b) => b.n - a.n);
}

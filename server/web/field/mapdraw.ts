// Draws the map on a canvas: outlines of areas, their names, marks, where the person is and how exactly that is known.
// Ink on paper; what is of a plan in green, as a lozenge: never by colour alone. Decides nothing.
import {
  type Box,
  type Label,
  type Mark,
  metresOf,
  type Point,
  roundLength,
  toScreen,
  type View,
} from './map';

export interface Colours {
  sheet: string;
  ink: string;
  soft: string;
  pine: string;
}
export interface Scene {
  view: View;
  colours: Colours;
  outlines: Point[][];
  names: (Label & { text: string })[];
  sites: Mark[];
  /** Of a plan, and so drawn over the others; visited ones apart. */
  planned: { mark: Mark; done: boolean }[];
  /** The name of a mark that is one site; `undefined` from afar. */
  nameOf: ((mark: Mark) => string) | undefined;
  nameOfPlanned: ((mark: Mark) => string) | undefined;
  me: (Point & { accuracy_m: number }) | undefined;
  chosen: Mark | undefined;
  lengthText: (metres: number) => string;
  /** What stands over the map: no name goes there. */
  covered: Box | undefined;
}

const DOT = 8;
const LOZENGE = 12;
const SCALE_PX = 96;
const SCALE_LEFT = 12;
const SCALE_HIGH = 38;
/** Where the name of an area is tried: at its middle, then ever farther from it. */
const NAME_SPOTS = [0, -24, 24, -44, 44].flatMap((down) => [0, -36, 36].map((right) => ({ right, down })));
const TAU = 2 * Math.PI;
const FONT = 'system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';

type Pen = CanvasRenderingContext2D;

function circle(
  pen: Pen,
  { x, y }: Point,
  r: number,
  fill: string | undefined,
  line: string,
  width = 2,
): void {
  pen.beginPath();
  pen.arc(x, y, r, 0, TAU);
  if (fill) {
    pen.fillStyle = fill;
    pen.fill();
  }
  pen.lineWidth = width;
  pen.strokeStyle = line;
  pen.stroke();
}

function lozenge(pen: Pen, { x, y }: Point, r: number, fill: string, line: string): void {
  pen.beginPath();
  pen.moveTo(x, y - r);
  pen.lineTo(x + r, y);
  pen.lineTo(x, y + r);
  pen.lineTo(x - r, y);
  pen.closePath();
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = line;
  pen.stroke();
}

function centred(pen: Pen, text: string, { x, y }: Point, colour: string): void {
  pen.font = `600 13px ${FONT}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = colour;
  pen.fillText(text, x, y + 1);
}

const short = (n: number) => (n < 1000 ? String(n) : `${Math.floor(n / 1000)}k`);
const radius = (n: number) => (n === 1 ? DOT : 13 + Math.min(Math.log10(n) * 3, 9));

/** Texts that do not stand on one another: whoever comes first has the place. */
class Places {
  private readonly taken: Box[] = [];
  take(box: Box): boolean {
    const meets = this.taken.some(
      (one) => one.west < box.east && box.west < one.east && one.north < box.south && box.north < one.south,
    );
    if (!meets) this.taken.push(box);
    return !meets;
  }
}

function written(pen: Pen, text: string, at: Point, colours: Colours, colour: string): void {
  pen.lineJoin = 'round';
  pen.lineWidth = 4;
  pen.strokeStyle = colours.sheet;
  pen.strokeText(text, at.x, at.y);
  pen.fillStyle = colour;
  pen.fillText(text, at.x, at.y);
}

function outlines(pen: Pen, { view, outlines: rings, colours }: Scene): void {
  pen.lineWidth = 1.5;
  pen.strokeStyle = colours.soft;
  pen.setLineDash([6, 4]);
  for (const ring of rings) {
    pen.beginPath();
    for (const [i, point] of ring.entries()) {
      const { x, y } = toScreen(view, point);
      if (i) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    }
    pen.closePath();
    pen.stroke();
  }
  pen.setLineDash([]);
}

function areaNames(pen: Pen, { view, names, colours }: Scene, places: Places): void {
  pen.font = `600 15px ${FONT}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  for (const one of names) {
    const middle = toScreen(view, one);
    const half = pen.measureText(one.text).width / 2;
    const free = NAME_SPOTS.map(({ right, down }) => ({ x: middle.x + right, y: middle.y + down })).find(
      ({ x, y }) =>
        x > half &&
        x < view.width - half &&
        y > 10 &&
        y < view.height - 10 &&
        places.take({ west: x - half, east: x + half, north: y - 9, south: y + 9 }),
    );
    if (free) written(pen, one.text, free, colours, colours.soft);
  }
}

/** Beside its mark, where there is room. */
function markNames(pen: Pen, scene: Scene, marks: Mark[], nameOf: Scene['nameOf'], places: Places): void {
  if (!nameOf) return;
  pen.font = `400 13px ${FONT}`;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  for (const mark of marks) {
    if (mark.of.length > 1) continue;
    const text = nameOf(mark);
    const { x, y } = toScreen(scene.view, mark);
    const long = pen.measureText(text).width;
    const beside = LOZENGE + (scene.chosen === mark ? 10 : 3);
    const rows = { north: y - 9, south: y + 9 };
    const right = { ...rows, west: x + beside, east: x + beside + long };
    const left = { ...rows, west: x - beside - long, east: x - beside };
    const free = [right, left].find((box) => box.west > 0 && box.east < scene.view.width && places.take(box));
    if (free) written(pen, text, { x: free.west, y }, scene.colours, scene.colours.ink);
  }
}

function person(pen: Pen, { view, me, colours }: Scene): void {
  if (!me) return;
  const at = toScreen(view, me);
  const r = me.accuracy_m / metresOf(view);
  if (r > 12) {
    pen.globalAlpha = 0.1;
    circle(pen, at, r, colours.ink, colours.ink, 0.01);
    pen.globalAlpha = 1;
    circle(pen, at, r, undefined, colours.ink, 1.5);
  }
  circle(pen, at, 13, colours.sheet, colours.ink);
}

function scaleBar(pen: Pen, { view, colours, lengthText }: Scene): void {
  const length = roundLength(metresOf(view) * SCALE_PX);
  const px = length / metresOf(view);
  const [x, y] = [SCALE_LEFT, view.height - 14];
  for (const [width, colour] of [
    [6, colours.sheet],
    [2, colours.ink],
  ] as const) {
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(x, y - 6);
    pen.lineTo(x, y);
    pen.lineTo(x + px, y);
    pen.lineTo(x + px, y - 6);
    pen.stroke();
  }
  pen.font = `600 13px ${FONT}`;
  pen.textAlign = 'left';
  pen.textBaseline = 'bottom';
  written(pen, lengthText(length), { x: x + 5, y: y - 3 }, colours, colours.ink);
}

export function draw(pen: Pen, scene: Scene): void {
  const { view, colours, sites, planned, chosen } = scene;
  pen.fillStyle = colours.sheet;
  pen.fillRect(0, 0, view.width, view.height);
  outlines(pen, scene);
  person(pen, scene);
  const places = new Places();
  if (scene.covered) places.take(scene.covered);
  places.take({
    west: 0,
    east: 2 * SCALE_LEFT + SCALE_PX,
    north: view.height - SCALE_HIGH,
    south: view.height,
  });
  for (const mark of [...sites, ...planned.map((one) => one.mark)]) {
    const { x, y } = toScreen(view, mark);
    // A round mark leaves its corners free.
    const r = radius(mark.of.length) * 0.8;
    places.take({ west: x - r, east: x + r, north: y - r, south: y + r });
  }
  for (const mark of sites) {
    const at = toScreen(view, mark);
    circle(pen, at, radius(mark.of.length), colours.sheet, colours.ink);
    if (mark.of.length > 1) centred(pen, short(mark.of.length), at, colours.ink);
  }
  for (const { mark, done } of planned) {
    const at = toScreen(view, mark);
    const n = mark.of.length;
    lozenge(
      pen,
      at,
      n === 1 ? LOZENGE : radius(n) + 6,
      done ? colours.sheet : colours.pine,
      done ? colours.pine : colours.sheet,
    );
    if (done) centred(pen, '✓', at, colours.pine);
    else if (n > 1) centred(pen, short(n), at, colours.sheet);
  }
  // In the middle of its ring, and of a site on which the person stands.
  if (scene.me) circle(pen, toScreen(view, scene.me), 3, colours.ink, colours.ink);
  if (chosen) circle(pen, toScreen(view, chosen), radius(chosen.of.length) + 11, undefined, colours.pine, 4);
  markNames(
    pen,
    scene,
    planned.map((one) => one.mark),
    scene.nameOfPlanned,
    places,
  );
  areaNames(pen, scene, places);
  markNames(pen, scene, sites, scene.nameOf, places);
  scaleBar(pen, scene);
}

// The map of the phone: what stands where, that no site is lost or drawn twice at any nearness, what a thumb meets, and
// where a hand can take it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APART_PX,
  boxOf,
  firstView,
  framed,
  hold,
  labelsOf,
  metresOf,
  NEAREST,
  type Placed,
  panned,
  roundLength,
  Sheet,
  scaleOf,
  staysOne,
  toScreen,
  toWorld,
  type View,
  worldOf,
  zoomed,
} from '../../field/map';
import { ringsOf } from '../../field/outlines';
import { distanceM } from '../../shared/rules/review';

const latitude = fc.double({ min: 32.9, max: 33.4, noNaN: true });
const longitude = fc.double({ min: 105.8, max: 106.4, noNaN: true });
const place = fc.record({ latitude, longitude });
const siteAt = ({ latitude, longitude }: { latitude: number; longitude: number }, i = 0): Placed => ({
  site_id: `s${i}`,
  area_id: `a${i % 3}`,
  kind: 'household',
  code: String(i),
  name: { zh: `第${i}户` },
  latitude,
  longitude,
});
const places = fc.array(place, { minLength: 1, maxLength: 120 });
const zoom = fc.double({ min: 6, max: NEAREST, noNaN: true });
const size = { width: 360, height: 480 };
const looking = fc
  .record({ at: place, zoom })
  .map(({ at, zoom }): View => ({ ...worldOf(at), zoom, ...size }));
/** All of one place, at this nearness: a screen as large as it takes, a few hundred marks wide at most. */
const everywhere = (all: Placed[], zoom: number): View => {
  const box = boxOf(all.map(worldOf)) ?? { west: 0, north: 0, east: 0, south: 0 };
  const width = (box.east - box.west) * scaleOf(zoom);
  const height = (box.south - box.north) * scaleOf(zoom);
  return { x: (box.west + box.east) / 2, y: (box.north + box.south) / 2, zoom, width, height };
};
/** So that what is looked at closely is not a whole county. */
const close = fc.integer({ min: 0, max: 12 }).chain((power) =>
  fc
    .record({
      near: fc.array(
        fc.record({
          a: fc.double({ min: 0, max: 0.4, noNaN: true }),
          b: fc.double({ min: 0, max: 0.4, noNaN: true }),
        }),
        {
          minLength: 1,
          maxLength: 120,
        },
      ),
      zoom: fc.double({ min: 6, max: Math.min(8 + power, NEAREST), noNaN: true }),
    })
    .map(({ near, zoom }) => ({
      zoom,
      sites: near.map(({ a, b }, i) =>
        siteAt({ latitude: 33 + a / 2 ** power, longitude: 106 + b / 2 ** power }, i),
      ),
    })),
);

describe('places on the screen', () => {
  it('are found again from the screen, and lie as far apart as they do outside', () => {
    fc.assert(
      fc.property(looking, place, (view, one) => {
        const back = toWorld(view, toScreen(view, worldOf(one)));
        expect(back.x).toBeCloseTo(worldOf(one).x, 10);
        expect(back.y).toBeCloseTo(worldOf(one).y, 10);
        const other = { latitude: one.latitude, longitude: one.longitude + 0.01 };
        const here = { ...view, ...worldOf(one) };
        const px = toScreen(here, worldOf(other)).x - toScreen(here, worldOf(one)).x;
        expect(Math.abs(px * metresOf(here) - distanceM(one, other)) / distanceM(one, other)).toBeLessThan(
          0.01,
        );
      }),
    );
  });

  it('stay under the thumb while it zooms, and follow it while it drags', () => {
    const spot = fc.record({ x: fc.integer({ min: 0, max: 360 }), y: fc.integer({ min: 0, max: 480 }) });
    fc.assert(
      fc.property(looking, spot, fc.double({ min: -2, max: 2, noNaN: true }), (view, at, by) => {
        const held = toWorld(view, at);
        const after = toScreen(zoomed(view, by, at), held);
        expect(Math.hypot(after.x - at.x, after.y - at.y)).toBeLessThan(0.01);
        const dragged = toScreen(panned(view, 30, -20), held);
        expect(Math.hypot(dragged.x - at.x - 30, dragged.y - at.y + 20)).toBeLessThan(0.01);
      }),
    );
  });
});

describe('marks', () => {
  it('hold every site exactly once, at every nearness', () => {
    fc.assert(
      fc.property(close, ({ sites, zoom }) => {
        const seen = new Sheet(sites).seen(everywhere(sites, zoom));
        expect(seen.flatMap(({ of }) => of).sort((a, b) => a - b)).toEqual(sites.map((_, i) => i));
      }),
    );
  });

  it('are never more than a screen has room for', () => {
    // Where no cell of half the distance holds two, no more than four times as many as fit side by side.
    const most =
      4 * Math.ceil((size.width + 96) / APART_PX + 1) * Math.ceil((size.height + 96) / APART_PX + 1);
    const sites = Array.from({ length: 20_000 }, (_, i) =>
      siteAt({ latitude: 33 + (i % 141) * 0.002, longitude: 106 + Math.floor(i / 141) * 0.002 }, i),
    );
    const sheet = new Sheet(sites);
    for (let zoom = 7; zoom <= NEAREST; zoom++)
      expect(
        sheet.seen({ ...worldOf({ latitude: 33.14, longitude: 106.14 }), zoom, ...size }).length,
      ).toBeLessThan(most);
  });

  it('of one site stand where the site is, and a thumb on it meets it', () => {
    fc.assert(
      fc.property(place, zoom, (one, zoom) => {
        const sheet = new Sheet([
          siteAt(one),
          siteAt({ latitude: one.latitude + 2, longitude: one.longitude }, 1),
        ]);
        const view = { ...worldOf(one), zoom, ...size };
        const met = sheet.met(view, { x: size.width / 2 + 12, y: size.height / 2 - 12 });
        expect(met && sheet.sitesOf(met.mark).map((site) => site.site_id)).toEqual(['s0']);
        expect(sheet.met(view, { x: 20, y: size.height / 2 })).toBeUndefined();
      }),
    );
  });

  it('that are tapped open into several, unless all stand on one spot', () => {
    fc.assert(
      fc.property(close, ({ sites, zoom }) => {
        const sheet = new Sheet(sites);
        for (const mark of sheet.seen(everywhere(sites, zoom)).filter(({ of }) => of.length > 1)) {
          const box = sheet.boxOf(mark);
          if (!box) throw new Error('no box');
          const to = framed(box, size);
          if (staysOne(box, to)) continue;
          const inside = sheet.seen(to).filter(({ of }) => of.some((i) => mark.of.includes(i)));
          expect(inside.length).toBeGreaterThan(1);
        }
      }),
    );
  });
});

describe('a hand', () => {
  it('takes the map no farther than there are sites, and no nearer than can be told apart', () => {
    const step = fc.record({
      dx: fc.integer({ min: -900, max: 900 }),
      dy: fc.integer({ min: -900, max: 900 }),
      by: fc.double({ min: -3, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(places, fc.array(step, { maxLength: 20 }), (all, steps) => {
        const box = boxOf(all.map(worldOf));
        if (!box) throw new Error('no box');
        let view = framed(box, size);
        for (const { dx, dy, by } of steps)
          view = hold(zoomed(panned(view, dx, dy), by, { x: 100, y: 100 }), box);
        expect(view.zoom).toBeLessThanOrEqual(NEAREST);
        // All of it in sight is the farthest, and some room around it.
        expect(view.zoom).toBeGreaterThanOrEqual(Math.min(framed(box, size).zoom - 1, NEAREST) - 1e-9);
        const corner = [box.west, box.east].some(
          (x) =>
            Math.abs(toScreen(view, { x, y: view.y }).x - size.width / 2) <=
            (box.east - box.west) * scaleOf(view.zoom) + 1,
        );
        expect(corner).toBe(true);
        expect(view.x >= box.west && view.x <= box.east && view.y >= box.north && view.y <= box.south).toBe(
          true,
        );
      }),
    );
  });

  it('begins with the person and the sites around; with all sites for who is far from all of them', () => {
    fc.assert(
      fc.property(places, place, (all, here) => {
        const points = all.map(worldOf);
        const inside = (view: View, one: { x: number; y: number }) => {
          const { x, y } = toScreen(view, one);
          return x >= 0 && x <= size.width && y >= 0 && y <= size.height;
        };
        const near = firstView(points, worldOf(here), size);
        if (!near) throw new Error('nothing seen');
        expect(inside(near, worldOf(here)) || all.every((one) => distanceM(one, here) > 49_000)).toBe(true);
        const far = firstView(points, worldOf({ latitude: 39.9, longitude: 116.4 }), size);
        if (!far) throw new Error('nothing seen');
        expect(points.every((one) => inside(far, one))).toBe(true);
      }),
    );
    expect(firstView([], worldOf({ latitude: 33, longitude: 106 }), size)).toBeUndefined();
  });
});

it('areas are named in the midst of their sites, the fullest first', () => {
  const sites = [0, 1, 2, 3].map((i) => siteAt({ latitude: 33 + i, longitude: 106 }, i));
  const labels = labelsOf(sites, sites.map(worldOf), (area) => [area, 'township']);
  expect(labels.map(({ id, n }) => [id, n])).toEqual([
    ['township', 4],
    ['a0', 2],
    ['a1', 1],
    ['a2', 1],
  ]);
  const [first, last] = [
    worldOf({ latitude: 33, longitude: 106 }),
    worldOf({ latitude: 36, longitude: 106 }),
  ];
  expect(labels[1]?.y).toBeCloseTo((first.y + last.y) / 2, 12);
});

it('lengths are said as people say them', () => {
  expect([0.7, 1, 3, 9.9, 10, 49, 260, 9999].map(roundLength)).toEqual([0.5, 1, 2, 5, 10, 20, 200, 5000]);
});

it('outlines are read from areas only, and thinned', () => {
  const ring = Array.from({ length: 1000 }, (_, i) => [106 + Math.sin(i / 160), 33 + Math.cos(i / 160)]);
  expect(ringsOf({ type: 'Polygon', coordinates: [ring] })[0]?.length).toBeLessThanOrEqual(240);
  expect(ringsOf({ type: 'MultiPolygon', coordinates: [[ring], [ring]] })).toHaveLength(2);
  for (const wrong of [
    undefined,
    null,
    {},
    { type: 'Point', coordinates: [1, 2] },
    { type: 'Polygon', coordinates: [[[1, 'x'], null, 4]] },
  ])
    expect(ringsOf(wrong)).toEqual([]);
});

// The outlines of the townships that this person's sites lie in: asked for while there is a network, kept sealed, drawn
// without one. A map without them is still a map: nothing waits for them, nothing complains.
import type { Area } from '../shared/wire/messages';
import type { app as here } from './app.svelte';
import { type Point, worldOf } from './map';

interface Kept {
  [area: string]: { rev: string; rings: Point[][] };
}
const NAME = 'outlines';
/** A person of a whole county has some dozens of townships. */
const MOST = 80;
/** A phone's screen shows no more of an outline. */
const CORNERS = 240;

/** Outer lines only. Anything else than GeoJSON areas has none. */
export function ringsOf(geometry: unknown): Point[][] {
  const { type, coordinates } = (geometry ?? {}) as { type?: string; coordinates?: unknown };
  const shapes = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : [];
  if (!Array.isArray(shapes)) return [];
  return shapes.flatMap((shape) => {
    const ring = Array.isArray(shape) ? shape[0] : undefined;
    if (!Array.isArray(ring)) return [];
    const step = Math.ceil(ring.length / CORNERS);
    const points = ring
      .filter((at, i) => i % step === 0 && Array.isArray(at) && at.slice(0, 2).every(Number.isFinite))
      .map(([longitude, latitude]) => worldOf({ latitude, longitude }));
    return points.length > 2 ? [points] : [];
  });
}

/** Tells what is kept at once, and again when more has come. */
export async function outlines(
  app: typeof here,
  areas: Area[],
  told: (rings: Point[][]) => void,
): Promise<void> {
  const home = app.runner?.home;
  if (!home) return;
  const revOf = (id: string) => String(app.engine?.feed.get(id)?.rev);
  const drawn = areas.filter((one) => one.has_boundary && one.level === 'township').slice(0, MOST);
  const kept = (await home.sealed<Kept>(NAME).catch(() => undefined)) ?? {};
  const tell = () => told(drawn.flatMap(({ area_id }) => kept[area_id]?.rings ?? []));
  tell();
  const lacking = drawn.filter(({ area_id }) => kept[area_id]?.rev !== revOf(area_id));
  if (!lacking.length || !app.online) return;
  for (const { area_id } of lacking) {
    const reply = await app.get(`/v1/areas/${area_id}/boundary`);
    if (reply?.status !== 200) break;
    kept[area_id] = { rev: revOf(area_id), rings: ringsOf(reply.body) };
  }
  tell();
  // Of the person whose store it was when it was asked for.
  if (app.runner?.home === home) await home.keepSealed(NAME, kept).catch(() => undefined);
}

// Where the county lies, by the sites whose place is known. Pure.

export interface Placed {
  longitude?: number;
  latitude?: number;
}
export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

export function boundsOf(places: readonly Placed[]): Bounds | undefined {
  let bounds: Bounds | undefined;
  for (const { longitude, latitude } of places) {
    if (longitude === undefined || latitude === undefined) continue;
    const { west, south, east, north } = bounds ?? {
      west: longitude,
      east: longitude,
      south: latitude,
      north: latitude,
    };
    bounds = {
      west: Math.min(west, longitude),
      east: Math.max(east, longitude),
      south: Math.min(south, latitude),
      north: Math.max(north, latitude),
    };
  }
  return bounds;
}

/** Half a degree of room: the next site may lie beyond all that are known, but not in another province. */
const ROOM = 0.5;
export function isNear({ west, south, east, north }: Bounds, longitude: number, latitude: number): boolean {
  return (
    longitude >= west - ROOM &&
    longitude <= east + ROOM &&
    latitude >= south - ROOM &&
    latitude <= north + ROOM
  );
}

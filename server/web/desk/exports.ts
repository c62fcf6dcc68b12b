// A list as a file of the server's: which of the filters in force it knows, and whether what came is what was said. Pure.

/** Filters of the list, and what the server calls them. */
const SAME: Record<string, string> = {
  severity: 'severity',
  township: 'area_id',
  unit: 'unit_id',
  site: 'site_id',
  source: 'source',
};
const FILTERS = [...Object.keys(SAME), 'q', 'stands', 'since', 'closed', 'due'];

export const FORMATS = ['xlsx', 'csv', 'geojson'] as const;
export type Format = (typeof FORMATS)[number];

export interface Asked {
  query: URLSearchParams;
  /** Filters in force that the server's file has not: with one of these it would be another list. */
  lacks: string[];
}

/** `isStage`: whether `stands` is a stage of its own and not a group of them. */
export function exportOf(list: URLSearchParams, format: Format, isStage: (how: string) => boolean): Asked {
  const query = new URLSearchParams({ format });
  const lacks: string[] = [];
  for (const name of FILTERS) {
    const value = list.get(name)?.trim();
    if (!value) continue;
    const theirs = SAME[name];
    if (theirs) query.set(theirs, value);
    else if (name === 'stands' && value === 'overdue') query.set('overdue', 'true');
    else if (name === 'stands' && isStage(value)) query.set('stage', value);
    else lacks.push(name);
  }
  return { query, lacks };
}

/** The SHA-256 of `repr-digest` (RFC 9530), in hexadecimal digits. */
export function digestTold(header: string | null): string | undefined {
  const found = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(header ?? '')?.[1];
  if (!found) return undefined;
  try {
    return [...atob(found)].map((one) => one.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  } catch {
    return undefined;
  }
}

export async function sha256Of(blob: Blob): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return [...new Uint8Array(hash)].map((one) => one.toString(16).padStart(2, '0')).join('');
}

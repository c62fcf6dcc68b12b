// Previews from the server, kept for this page: a supervisor goes back and forth between the same photos.
import { desk } from './desk.svelte';

export type Edge = 320 | 1280;
const KEPT = 400;
const urls = new Map<string, Promise<string | undefined>>();

/** `undefined`: there is no preview (a film, a damaged file, not there yet). */
export function preview(sha: string, edge: Edge): Promise<string | undefined> {
  const key = `${sha} ${edge}`;
  const known = urls.get(key);
  if (known) return known;
  const made = desk
    .blob(`/v1/blobs/${sha}/preview?edge=${edge}`)
    .then((blob) => blob && URL.createObjectURL(blob));
  urls.set(key, made);
  // What was not there may come.
  void made.then((url) => {
    if (!url) setTimeout(() => urls.delete(key), 5000);
  });
  for (const old of [...urls.keys()].slice(0, Math.max(urls.size - KEPT, 0))) {
    void urls.get(old)?.then((url) => url && URL.revokeObjectURL(url));
    urls.delete(old);
  }
  return made;
}

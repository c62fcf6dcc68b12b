// The map library, fetched with the map page only. Draws from the server's own data; no tile, font or picture from
// elsewhere. Its worker is a file of this server's, started through the one policy that the page's rules allow.
import { Map as Drawn, Marker, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';

interface Policy {
  createScriptURL(url: string): string;
}
const { trustedTypes } = globalThis as unknown as {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
};

/** The library starts its worker by a bare address, which the page's rules refuse: this one address, and no other, is
 *  vouched for. */
function vouchForWorker(): void {
  if (!trustedTypes) return;
  const own = new URL(workerUrl, location.href).href;
  const policy = trustedTypes.createPolicy('anfang-worker', {
    createScriptURL(url) {
      if (new URL(url, location.href).href !== own) throw new TypeError('only the worker of the map');
      return url;
    },
  });
  const Native = globalThis.Worker;
  globalThis.Worker = class extends Native {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(policy.createScriptURL(String(url)), options);
    }
  };
}
vouchForWorker();
setWorkerUrl(workerUrl);

export { Drawn, Marker, ScaleControl };

export function hasGraphics(): boolean {
  try {
    return document.createElement('canvas').getContext('webgl2') !== null;
  } catch {
    return false;
  }
}

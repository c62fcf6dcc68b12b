// What only the server can tell, while a page shows it: asked for when its address is known, and again when something
// has moved. Never shows the answer to what is no longer asked.
import { desk } from './desk.svelte';

export class Told<T> {
  body = $state.raw<T | undefined>();
  /** Why the last answer is not there: the server has none, or was not reached. */
  lacks = $state<'none' | 'offline' | undefined>();

  /** No address: nothing to ask yet. `moved` is asked again as soon as it gives something else. */
  constructor(address: () => string | undefined, moved: () => unknown = () => undefined) {
    const path = $derived(address());
    const mark = $derived(moved());
    let shown: string | undefined;
    $effect(() => {
      void mark;
      if (path !== shown) [this.body, this.lacks] = [undefined, undefined];
      shown = path;
      if (!path) return;
      let left = false;
      void desk.get(path).then((reply) => {
        if (left) return;
        this.lacks = !reply ? 'offline' : reply.status === 200 ? undefined : 'none';
        if (reply?.status === 200) this.body = reply.body as T;
      });
      return () => {
        left = true;
      };
    });
  }
}

/** Something has come in. */
export function pulls(): unknown {
  void desk.version;
  return desk.engine?.feed.tally.pulls;
}

/** This one has come in anew. */
export function revOf(id: string | undefined): unknown {
  void desk.version;
  return id && desk.engine?.feed.get(id)?.rev;
}

// The way of a phone's requests to the server where there is no page: addresses without a host go to the server of
// whoever asks, and its weather takes requests and answers away. Requests of others pass untouched.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dice } from './chance';

export interface Link {
  base: string;
  /** Absent: nothing is lost. */
  weather?: Dice;
}

const links = new AsyncLocalStorage<Link>();
const LOST = 0.12;

/** Everything that `work` asks for, now and later, goes by this link. */
export function by<T>(link: Link, work: () => T): T {
  return links.run(link, work);
}

const fetchOf = globalThis.fetch;
async function linked(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const link = links.getStore();
  if (!link || typeof input !== 'string' || !input.startsWith('/')) return fetchOf(input, init);
  const { weather } = link;
  if (weather?.isLucky(LOST)) throw new TypeError('lost on the way there');
  const answer = await fetchOf(link.base + input, init);
  if (!weather?.isLucky(LOST)) return answer;
  // The server has done it; the phone never hears of it.
  await answer.arrayBuffer();
  throw new TypeError('lost on the way back');
}

/** As much of the old kind of request as a part of a file needs. */
class Request {
  status = 0;
  responseText = '';
  readonly upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  onloadend?: () => void;
  private readonly stop = new AbortController();
  private readonly sent: [string, string][] = [];
  private to: [method: string, path: string] = ['', ''];
  private told = new Headers();

  open(method: string, path: string): void {
    this.to = [method, path];
  }
  setRequestHeader(name: string, value: string): void {
    this.sent.push([name, value]);
  }
  getResponseHeader(name: string): string | null {
    return this.told.get(name);
  }
  abort(): void {
    this.stop.abort();
  }

  send(body: Uint8Array<ArrayBuffer>): void {
    const [method, path] = this.to;
    linked(path, { method, headers: this.sent, body, signal: this.stop.signal })
      .then(async (answer) => {
        this.status = answer.status;
        this.told = answer.headers;
        this.responseText = await answer.text();
        this.onload?.();
      })
      .catch(() => (this.stop.signal.aborted ? this.onabort : this.onerror)?.())
      .finally(() => this.onloadend?.());
  }
}

export function lay(): () => void {
  const before = [globalThis.fetch, globalThis.XMLHttpRequest] as const;
  globalThis.fetch = linked as typeof fetch;
  globalThis.XMLHttpRequest = Request as unknown as typeof XMLHttpRequest;
  return () => {
    [globalThis.fetch, globalThis.XMLHttpRequest] = before;
  };
}

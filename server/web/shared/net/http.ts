// Requests to the server that served this page, and their answers in the engine's words. Never follows an address
// that is not the server's own; never puts a secret into one.
import type { Answer } from '../engine/step';
import { readProblem } from '../wire/problem';
import type { Shape } from '../wire/shape';

const TIMEOUT_MS = 60_000;
/** A part whose bytes stand still for so long is given up. */
const STALL_MS = 30_000;
/** Smaller bodies do not gain by compression. */
const COMPRESS_FROM_BYTES = 1024;

export interface Reply {
  status: number;
  body: unknown;
  retry_after_s?: number;
}

/** `undefined`: no answer, or not a whole one. */
export async function ask(
  method: string,
  path: string,
  options: {
    token?: string;
    body?: string;
    /** Sent as it is, instead of a body. */
    file?: Blob;
    headers?: Record<string, string>;
    signal?: AbortSignal;
  } = {},
): Promise<Reply | undefined> {
  const headers: Record<string, string> = { ...options.headers };
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  let body: BodyInit | undefined = options.body ?? options.file;
  if (options.file) headers['content-type'] = options.file.type;
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json';
    if (options.body.length > COMPRESS_FROM_BYTES && 'CompressionStream' in globalThis) {
      body = await compressed(options.body);
      headers['content-encoding'] = 'gzip';
    }
  }
  try {
    const signal = options.signal ?? AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(path, {
      method,
      headers,
      body,
      signal,
      cache: 'no-store',
      redirect: 'error',
      credentials: 'omit',
    });
    const text = method === 'HEAD' ? '' : await response.text();
    const after = Number(response.headers.get('retry-after'));
    const offset = response.headers.get('upload-offset');
    return {
      status: response.status,
      body: offset !== null && response.ok ? Number(offset) : parsed(text),
      ...(after > 0 ? { retry_after_s: after } : {}),
    };
  } catch {
    return undefined;
  }
}

/** Bytes. `undefined`: none, or no answer; 401: the token is spent. */
export async function askBlob(path: string, token: string | undefined): Promise<Blob | 401 | undefined> {
  try {
    const response = await fetch(path, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      credentials: 'omit',
    });
    if (response.status === 401) return 401;
    return response.ok ? await response.blob() : undefined;
  } catch {
    return undefined;
  }
}

export interface Told {
  blob: Blob;
  headers: Headers;
}

/** A file with what the server says of it, or the status of its refusal. `undefined`: no answer. */
export async function askFile(path: string, token: string | undefined): Promise<Told | number | undefined> {
  try {
    const response = await fetch(path, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      credentials: 'omit',
    });
    return response.ok ? { blob: await response.blob(), headers: response.headers } : response.status;
  } catch {
    return undefined;
  }
}

async function compressed(text: string): Promise<Blob> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(stream).blob();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads an answer: what it should be, or a refusal, or (a portal's page, half a body) nothing at all. */
export function answerOf<T>(reply: Reply | undefined, shape: Shape<T>, is: (value: T) => Answer): Answer {
  if (!reply) return { is: 'lost' };
  if (reply.status < 200 || reply.status > 299) return refusalOf(reply);
  try {
    return is(shape.read(reply.body));
  } catch {
    return { is: 'lost' };
  }
}

export function refusalOf({ status, body, retry_after_s }: Reply): Answer {
  const problem = readProblem(body);
  return { is: 'refused', status, problem, retry_after_s: retry_after_s ?? problem?.retry_after_s };
}

/** A part of a file by PATCH. An older kind of request, because only it tells how far it has come. */
export function patch(
  path: string,
  token: string,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
  progress: (sent: number) => void,
): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let stall = setTimeout(() => request.abort(), STALL_MS);
    const alive = () => {
      clearTimeout(stall);
      stall = setTimeout(() => request.abort(), STALL_MS);
    };
    request.open('PATCH', path);
    request.setRequestHeader('authorization', `Bearer ${token}`);
    request.setRequestHeader('tus-resumable', '1.0.0');
    request.setRequestHeader('upload-offset', String(offset));
    request.setRequestHeader('content-type', 'application/offset+octet-stream');
    request.upload.onprogress = ({ loaded }) => {
      alive();
      progress(loaded);
    };
    request.onload = () => {
      const held = request.getResponseHeader('upload-offset');
      const after = Number(request.getResponseHeader('retry-after'));
      const body = request.status === 204 && held !== null ? Number(held) : parsed(request.responseText);
      resolve({ status: request.status, body, ...(after > 0 ? { retry_after_s: after } : {}) });
    };
    request.onerror = request.onabort = () => resolve(undefined);
    request.onloadend = () => clearTimeout(stall);
    request.send(bytes);
  });
}

// Serves dist/ as the server's binary does, with the same headers, and hands /v1 on to a running Anfang server. For
// development and for the tests; never for people.
//   node dev/serve.mjs --api http://127.0.0.1:8620 --port 8700
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url).pathname;
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** What every page is answered with. No inline script or style, nothing from elsewhere. */
export const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html anfang-worker",
  'permissions-policy': 'geolocation=(self), camera=(self), microphone=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

function cacheOf(path) {
  return path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
}

async function answerFile(path, req, res) {
  const inside = path.startsWith('/field/') ? path : `/desk${path}`;
  const file = join(DIST, normalize(inside.endsWith('/') ? `${inside}index.html` : inside));
  const found = file.startsWith(DIST) ? await stat(file).catch(() => undefined) : undefined;
  if (!found?.isFile()) {
    res.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  const zips = /gzip/.test(req.headers['accept-encoding'] ?? '') && extname(file) !== '.png';
  const encoding = zips
    ? { 'content-encoding': 'gzip', vary: 'accept-encoding' }
    : { 'content-length': found.size };
  res.writeHead(200, { ...HEADERS, 'content-type': type, 'cache-control': cacheOf(path), ...encoding });
  const stream = createReadStream(file);
  (zips ? stream.pipe(createGzip()) : stream).pipe(res);
}

function forward(api, req, res) {
  const to = new URL(req.url, api);
  const on = request(to, { method: req.method, headers: { ...req.headers, host: to.host } }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  // The link to the server is gone: so is this one. Nobody makes up an answer.
  on.on('error', () => res.destroy());
  res.on('close', () => on.destroy());
  req.pipe(on);
}

export function serve({ api, port, host = '127.0.0.1' }) {
  const server = createServer((req, res) => {
    const path = decodeURIComponent(new URL(req.url, 'http://x').pathname);
    if (path.startsWith('/v1/')) forward(api, req, res);
    else if (path === '/field') res.writeHead(308, { location: '/field/' }).end();
    else void answerFile(path, req, res);
  });
  return new Promise((resolve) => server.listen(port, host, () => resolve(server)));
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const { values } = parseArgs({
    options: {
      api: { type: 'string', default: 'http://127.0.0.1:8620' },
      port: { type: 'string', default: '8700' },
    },
  });
  await serve({ api: values.api, port: Number(values.port) });
  console.log(`http://127.0.0.1:${values.port}/field/ (server: ${values.api})`);
}

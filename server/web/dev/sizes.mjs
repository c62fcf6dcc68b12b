// What the first load weighs, compressed as the server sends it. Fails above the budget. Of the desk what its first page
// names and what signing in fetches; its other pages and the map come when they are opened. Of the field app all that
// its service worker keeps; the scanner of QR codes comes when somebody scans.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 150_000;
const dist = new URL('../dist/', import.meta.url).pathname;
let failed = false;
for (const app of readdirSync(dist)) {
  const folder = join(dist, app);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(html|js|css|svg|webmanifest)$/.test(name),
  );
  const sizes = files.map((name) => [name, gzipSync(readFileSync(join(folder, name))).length]);
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const isFirst = (name) =>
    (app === 'field' && !/\/Scanner-/.test(name)) ||
    page.includes(name) ||
    /index.html$|works|canonical/.test(name);
  const total = sizes.filter(([name]) => isFirst(name)).reduce((sum, [, size]) => sum + size, 0);
  for (const [name, size] of sizes) console.log(`${app}/${name}  ${size}${isFirst(name) ? '' : '  (later)'}`);
  console.log(`${app}: ${total} bytes compressed, of ${BUDGET_BYTES}`);
  failed ||= total > BUDGET_BYTES;
}
process.exitCode = failed ? 1 : 0;

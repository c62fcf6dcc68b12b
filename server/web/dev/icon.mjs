// Makes the pictures of the icon in field/public/ from icon.svg with a Chromium. Run when the icon changes.
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const folder = new URL('../field/public/', import.meta.url);
const svg = await readFile(new URL('icon.svg', folder), 'utf8');
/** `part`: how much of the edge the drawing takes. Of a maskable icon only the inner four fifths are sure to be seen. */
const PICTURES = [
  { name: 'icon-192.png', edge: 192, part: 1 },
  { name: 'icon-512.png', edge: 512, part: 1 },
  { name: 'icon-maskable-512.png', edge: 512, part: 0.84 },
];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const { name, edge, part } of PICTURES) {
  const page = await browser.newPage({ viewport: { width: edge, height: edge } });
  // The ground of the drawing goes on to the edges.
  const style = `body{margin:0;display:grid;place-content:center;height:100vh;background:#12433a}svg{display:block;width:${edge * part}px}`;
  await page.setContent(`<style>${style}</style>${svg}`);
  await page.screenshot({ path: new URL(name, folder).pathname });
  await page.close();
}
await browser.close();

// Makes field/public/icon-192.png from icon.svg with a Chromium. Run when the icon changes.
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const folder = new URL('../field/public/', import.meta.url);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: 192, height: 192 } });
await page.setContent(
  `<style>body{margin:0}svg{display:block}</style>${await readFile(new URL('icon.svg', folder), 'utf8')}`,
);
await page.screenshot({ path: new URL('icon-192.png', folder).pathname });
await browser.close();

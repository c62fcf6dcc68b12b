// What is checked on every page (axe, invisible text, width), and a picture of it.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const OUT = join(import.meta.dirname, '../shots');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}
interface Found {
  violations: Violation[];
  incomplete: Violation[];
}

/** What is wrong with the page as it stands. */
export async function flaws(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    // By the debugger: the page's own policy lets no script in.
    const debug = await page.context().newCDPSession(page);
    await debug.send('Runtime.evaluate', { expression: `${axe};0` });
    await debug.detach();
  }
  const { violations, invisible, wide } = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(o: unknown): Promise<Found> } }).axe.run;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const all = await run({ runOnly: tags, resultTypes: ['violations', 'incomplete'] });
    // axe calls a text in the colour of its ground undecided. Here nothing is hidden that way.
    const same = all.incomplete
      .flatMap((one) => one.nodes)
      .filter((node) => JSON.stringify(node).includes('equalRatio'));
    return {
      violations: all.violations,
      invisible: same.map((node) => node.html.slice(0, 140)),
      wide: document.documentElement.scrollWidth > innerWidth,
    };
  });
  return [
    ...invisible.map((html) => `cannot be seen: ${html}`),
    ...violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 140)).join(' | ')}`),
    ...(wide ? ['wider than the screen'] : []),
  ];
}

/** Its pictures are decoded, and what was asked to be drawn is. */
const settled = (page: Page) =>
  page.evaluate(async () => {
    await Promise.all([...document.images].map((one) => one.decode().catch(() => undefined)));
    for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
  });

export async function shoot(page: Page, name: string, found: string[], whole = false): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  await settled(page);
  await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: whole });
  await judge(page, name, found);
}

const SIZES = [
  { width: 320, height: 640 },
  { width: 1280, height: 800 },
];
/** As it stands, then on a small phone and on a wide screen. */
export async function shootSizes(page: Page, name: string, found: string[]): Promise<void> {
  const own = page.viewportSize();
  await shoot(page, name, found);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await shoot(page, `${name}-${size.width}`, found);
  }
  if (own) await page.setViewportSize(own);
}

/** Without a picture. */
export async function judge(page: Page, name: string, found: string[]): Promise<void> {
  for (const flaw of await flaws(page)) found.push(`${name}: ${flaw}`);
}

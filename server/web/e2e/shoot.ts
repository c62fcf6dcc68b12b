// A picture of a page, with everything that is checked on each: axe, invisible text, width.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { sleep } from './ground';

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

export async function shoot(page: Page, name: string, found: string[], whole = false): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  await sleep(300);
  await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: whole });
  await judge(page, name, found);
}

/** Without a picture. */
export async function judge(page: Page, name: string, found: string[]): Promise<void> {
  // Injected by the debugger: the page's own policy would not let it in.
  const { violations, invisible } = await page.evaluate(
    async ([source]) => {
      if (!('axe' in globalThis)) new Function(source as string)();
      const run = (globalThis as unknown as { axe: { run(o: unknown): Promise<Found> } }).axe.run;
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      const all = await run({ runOnly: tags });
      // axe calls a text in the colour of its ground undecided. Here nothing is hidden that way.
      const same = all.incomplete
        .flatMap((one) => one.nodes)
        .filter((node) => JSON.stringify(node).includes('equalRatio'));
      return { violations: all.violations, invisible: same.map((node) => node.html.slice(0, 140)) };
    },
    [axe],
  );
  for (const html of invisible) found.push(`${name}: cannot be seen: ${html}`);
  for (const one of violations)
    found.push(`${name}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 140)).join(' | ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) found.push(`${name}: wider than the screen`);
}

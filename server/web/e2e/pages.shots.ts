// Every page in both languages at phone size, into shots/ (ignored by git), with axe on each: no violation passes.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerAll, arrive, Clerk, Ground, inStep, photos, signIn, sleep, watch } from './ground';

const OUT = join(import.meta.dirname, '../shots');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true });
  ground = await Ground.open(8793);
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

interface Found {
  violations: Violation[];
  incomplete: Violation[];
}

async function shoot(page: Page, name: string, found: string[]): Promise<void> {
  await sleep(300);
  await page.screenshot({ path: join(OUT, `${name}.png`) });
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

it.each(['zh', 'en'] as const)('%s', async (language) => {
  const found: string[] = [];
  const site = await clerk.site('household', language === 'zh' ? 8 : 9);
  const files = await photos(ground, 2, 800);
  const geolocation = { latitude: site.latitude + 0.0002, longitude: site.longitude, accuracy: 12 };
  const context = await ground.phone(language, { geolocation, bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  const to = (name: string) => `${language}-${name}`;
  await page.goto(`${ground.url}/field/`);
  await page.waitForSelector('[name=login]');
  await shoot(page, to('01-sign-in'), found);
  await signIn(page, ground.url, 'inspector1a');
  await inStep(page);
  await shoot(page, to('02-home'), found);
  await page.goto(`${ground.url}/field/#/sites`);
  await page.click('.tools .pick');
  await page.waitForSelector('.ruled a.entry');
  await shoot(page, to('03-sites'), found);
  await page.goto(`${ground.url}/field/#/site/${site.site_id}`);
  await page.waitForSelector('dl');
  await shoot(page, to('04-site'), found);
  await page.goto(`${ground.url}/field/#/`);
  await arrive(page, site.code);
  await page.click('.list');
  await shoot(page, to('05-arrival'), found);
  await page.click('.dock .go');
  await page.waitForSelector('article');
  await shoot(page, to('06-item'), found);
  await page.click('.verdict .stop');
  for (const file of files) {
    await page.setInputFiles('input[data-take=camera]', file);
    await sleep(500);
  }
  await page.setInputFiles('input[data-take=gallery]', files[0] as string);
  await sleep(500);
  await shoot(page, to('07-item-fails'), found);
  await page.click('.head .button:last-child');
  await page.waitForSelector('ol.ruled');
  await shoot(page, to('08-whole-list'), found);
  await page.click('.head .button:last-child');
  await page.click('.dock .button:last-child');
  await page.waitForSelector('article');
  await page.locator('article .button.plain').first().click();
  await shoot(page, to('09-not-applicable'), found);
  await answerAll(page, false, []);
  await shoot(page, to('10-finish'), found);
  await page.goto(`${ground.url}/field/#/`);
  await shoot(page, to('11-home-draft'), found);
  await context.setOffline(true);
  await page.click('.ruled a.entry');
  await page.waitForSelector('.dock');
  if (!(await page.locator('.dock .go.big').count())) await page.click('.dock .button:nth-child(2)');
  await page.click('.dock .go.big');
  await page.waitForURL(/#\/record\//);
  await shoot(page, to('12-record-offline'), found);
  await page.goto(`${ground.url}/field/#/outbox`);
  await shoot(page, to('13-outbox-offline'), found);
  await context.setOffline(false);
  await page.goto(`${ground.url}/field/#/`);
  await inStep(page);
  await page.goto(`${ground.url}/field/#/records`);
  await page.waitForSelector('.ruled a.entry');
  await shoot(page, to('14-records'), found);
  await page.click('.ruled a.entry');
  await page.waitForSelector('dl, .thumbs, .ruled');
  await shoot(page, to('15-record'), found);
  await page.goto(`${ground.url}/field/#/outbox`);
  await shoot(page, to('16-outbox-empty'), found);
  await page.goto(`${ground.url}/field/#/settings`);
  await page.waitForSelector('progress');
  await shoot(page, to('17-settings'), found);
  const second = await context.newPage();
  await second.goto(`${ground.url}/field/`);
  await second.waitForSelector('.button.go');
  await shoot(second, to('18-elsewhere'), found);
  await second.close();
  await page.bringToFront();
  await page.locator('.button.stop').last().click();
  await shoot(page, to('19-sign-out'), found);
  await page.click('.note .button.stop');
  await page.waitForSelector('.pick');
  await shoot(page, to('20-people'), found);
  await context.close();
  expect([...found, ...wrong]).toEqual([]);
});

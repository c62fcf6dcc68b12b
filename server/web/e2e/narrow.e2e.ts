// The desk on a phone's width: the navigation is one line that opens, and nothing scrolls sideways. The phone on the smallest
// screen, and with text twice as large: views of a list stay whole.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ground, inStep, office, signIn, signInDesk, watch } from './ground';
import { flaws } from './shoot';

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground?.close());

const PAGES = [
  ...['today', 'inbox', 'list', 'notices', 'plans', 'inspections', 'sites', 'areas', 'units', 'checklists'],
  ...['calendar', 'people', 'ledger', 'media', 'settings', 'imports', 'seal', 'map'],
];
const heightOf = async (page: Page, selector: string) =>
  (await page.locator(selector).boundingBox())?.height ?? 0;

it.each(['zh', 'en'] as const)('the desk at 390 pixels, %s', async (language) => {
  const found: string[] = [];
  const viewport = { width: 390, height: 844 };
  const page = await (await office(ground, language, { viewport, bypassCSP: true })).newPage();
  const wrong = watch(page);
  await page.goto(`${ground.url}/`);
  await signInDesk(page, ground.url, 'supervisor1');
  for (const one of PAGES) {
    await page.goto(`${ground.url}/#/${one}`);
    const name = (await page.title()).split(' · ')[0];
    await page.locator('.menu strong', { hasText: name ?? '?' }).waitFor();
    await page.waitForSelector('main h1');
    expect(await heightOf(page, '.rail'), one).toBeLessThan(60);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), one).toBe(390);
  }

  // By keyboard: it opens, Escape leaves it, a page that was chosen closes it.
  const menu = page.locator('.menu');
  await menu.focus();
  await page.keyboard.press('Enter');
  expect(await menu.getAttribute('aria-expanded')).toBe('true');
  await page.locator('nav a').first().waitFor();
  found.push(...(await flaws(page)));
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#/today');
  await page.keyboard.press('Escape');
  expect(await menu.getAttribute('aria-expanded')).toBe('false');
  expect(await menu.evaluate((one) => one === document.activeElement)).toBe(true);
  expect(await page.locator('nav a:visible').count()).toBe(0);
  await menu.click();
  await page.click('nav a[href="#/units"]');
  await page.waitForSelector('.menu[aria-expanded=false]');
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
  found.push(...(await flaws(page)));
  // Without a network the closed line says so.
  await page.context().setOffline(true);
  await page.locator('.cut', { hasText: /./ }).waitFor();
  await page.context().setOffline(false);
  // On a wide window all of it stands there.
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await page.locator('.menu:visible').count()).toBe(0);
  expect(await page.locator('nav a:visible').count()).toBeGreaterThan(15);
  expect([...found, ...wrong]).toEqual([]);
  await page.context().close();
});

it.each(['zh', 'en'] as const)('views of the items at 320 pixels, %s', async (language) => {
  const context = await ground.phone(language, { viewport: { width: 320, height: 640 }, bypassCSP: true });
  const page = await context.newPage();
  await signIn(page, ground.url, 'secretary1');
  await inStep(page);
  await ground.to(page, 'items');
  const boxes = (selector: string) =>
    page
      .locator(selector)
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect));
  const views = '.views > .button';
  const isWhole = () =>
    page
      .locator(`${views}, nav.dock a`)
      .evaluateAll((all) =>
        all.every((one) => one.scrollWidth <= one.clientWidth && one.getClientRects().length === 1),
      );
  // Beside each other, a line each.
  const small = await boxes(views);
  expect(new Set(small.map(({ top }) => top)).size).toBe(1);
  expect(Math.max(...small.map(({ height }) => height))).toBeLessThan(56);
  expect(await isWhole()).toBe(true);
  // Twice as large: below each other, each in a line, as wide as the page.
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
  });
  const large = await boxes(views);
  expect(new Set(large.map(({ top }) => top)).size).toBeGreaterThan(1);
  for (const { left, right } of large) expect(left >= 0 && right <= 320).toBe(true);
  expect(await isWhole()).toBe(true);
  expect(await flaws(page)).toEqual([]);
  await context.close();
});

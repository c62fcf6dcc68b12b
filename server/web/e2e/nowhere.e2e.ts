// Addresses that lead nowhere, in both apps: a page that there is not, and pages of what there is not. Said in either
// language, with a way on; what is not there is never shown as something else.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Ground, inStep, office, signIn, signInDesk, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground?.close());

/** No page; names that every object of the language has; a sign that is the code of none. */
const NO_PAGE = ['nonsense', 'nonsense/1', 'Today', 'constructor', '__proto__', '%', '%E4%BD'];
/** Pages of one thing, and where all of its kind are. */
const NO_SUCH = [
  ...[`item/${v7()}`, 'item/nonsense', 'item/%', 'item'].map((path) => [path, 'list']),
  ...[`inspection/${v7()}`, 'inspection/nonsense'].map((path) => [path, 'inspections']),
  ...[`site/${v7()}`, 'site/nonsense', 'site'].map((path) => [path, 'sites']),
  ...[`checklist/${v7()}/1`, 'checklist/nonsense', 'checklist'].map((path) => [path, 'checklists']),
  ['imports/nonsense', 'imports'],
] as const;
const NO_SUCH_ADMIN = [
  [`account/${v7()}`, 'accounts'],
  ['account/nonsense', 'accounts'],
  [`editor/${v7()}`, 'checklists'],
] as const;

async function told(page: Page, path: string, of: string): Promise<string> {
  await page.goto(`${ground.url}/#/${path}`);
  await page.waitForSelector(`[data-missing] a[href="#/${of}"]`);
  expect(await page.locator('main h1').count(), path).toBe(1);
  expect(await page.locator('[data-missing] a[href="#/today"]').count(), path).toBe(1);
  // The page before is left by a page that there is.
  await page.click('nav a[href="#/settings"]');
  await page.waitForSelector('[data-missing]', { state: 'detached' });
  return page.title();
}

it.each(['zh', 'en'] as const)('the desk, %s', async (language) => {
  const context = await office(ground, language, { bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  await signInDesk(page, ground.url, 'supervisor1');
  const title = language === 'zh' ? /^没有这个页面/ : /^There is no such page/;
  for (const path of NO_PAGE) {
    await page.goto(`${ground.url}/#/${path}`);
    await page.locator('main h1', { hasText: title }).waitFor();
    expect(await page.title(), path).toMatch(title);
    expect(await page.locator('nav [aria-current]').count(), path).toBe(0);
    await page.click('[data-missing] a[href="#/today"]');
    await page.waitForSelector('nav a[href="#/today"][aria-current]');
    await page.locator('main h1', { hasText: title }).waitFor({ state: 'detached' });
  }
  for (const [path, of] of NO_SUCH) expect(await told(page, path, of), path).not.toMatch(title);
  // A finding that waits no longer is not taken for the first that does.
  await page.goto(`${ground.url}/#/inbox/${v7()}`);
  await page.waitForSelector('[data-gone]');
  await shoot(page, `${language}-91-desk-gone`, found);
  if (await page.locator('.queue a').count()) {
    await page.keyboard.press('j');
    await page.waitForSelector('[data-gone]', { state: 'detached' });
  }
  await page.goto(`${ground.url}/#/nonsense`);
  await page.locator('main h1', { hasText: title }).waitFor();
  await shoot(page, `${language}-90-desk-nowhere`, found);
  await page.goto(`${ground.url}/#/site/nonsense`);
  await page.waitForSelector('[data-missing] a[href="#/sites"]');
  await shoot(page, `${language}-92-desk-no-site`, found);
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot(page, `${language}-92-desk-no-site-390`, found);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

it('the desk of an administrator', async () => {
  const context = await office(ground, 'zh');
  const page = await context.newPage();
  const wrong = watch(page);
  await signInDesk(page, ground.url, 'admin');
  for (const [path, of] of NO_SUCH_ADMIN) await told(page, path, of);
  expect(wrong).toEqual([]);
  await context.close();
});

it.each(['zh', 'en'] as const)('the field app, %s', async (language) => {
  const context = await ground.phone(language, { bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  await signIn(page, ground.url, 'verifier1');
  await inStep(page);
  const title = language === 'zh' ? /^没有这个页面/ : /^There is no such page/;
  for (const path of NO_PAGE) {
    await page.goto(`${ground.url}/field/#/${path}`);
    await page.locator('main h1', { hasText: title }).waitFor();
    expect(await page.title(), path).toMatch(title);
    await page.click('main a[href="#/"].go');
    await page.waitForSelector('[data-page=""] .state');
  }
  const none = language === 'zh' ? '手机上没有这项内容' : 'This is not on the phone';
  for (const name of ['site', 'plan', 'visit', 'record', 'task']) {
    for (const id of [v7(), 'nonsense', '']) {
      await page.goto(`${ground.url}/field/#/${name}/${id}`);
      await page.locator(`[data-page=${name}][data-id="${id}"] h1`, { hasText: none }).waitFor();
      expect(await page.locator('.bar a.button').count(), name).toBe(1);
    }
  }
  await page.goto(`${ground.url}/field/#/nonsense`);
  await page.locator('main h1', { hasText: title }).waitFor();
  await shoot(page, `${language}-90-field-nowhere`, found);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

// Saved filters of the desk, in a real browser: for each list its own, back by one click, also the next time, and dropped.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ground, office, signInDesk } from './ground';

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground?.close());

async function pageOf(login: string): Promise<Page> {
  const page = await (await office(ground, 'zh')).newPage();
  await signInDesk(page, ground.url, login);
  return page;
}

it('filters are saved for each list, come back by one click, also the next time, and are dropped', async () => {
  const page = await pageOf('supervisor1');
  const lists = [
    ['inbox', 'severity=general'],
    ['inspections', 'only=failed'],
    ['media', 'only=inspection'],
    ['list', 'stands=open'],
  ] as const;
  for (const [list, query] of lists) {
    await page.goto(`${ground.url}/#/${list}?${query}`);
    await page.click('[data-save]');
    await page.fill('[data-saved] input', `我的${list}`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-saved] [aria-current=true]');
  }
  await page.reload();
  for (const [list, query] of lists) {
    await page.goto(`${ground.url}/#/${list}`);
    await page.waitForSelector('[data-saved] li');
    expect(await page.locator('[data-saved] li').count()).toBe(1);
    await page.locator('[data-saved] a', { hasText: `我的${list}` }).click();
    expect(await page.evaluate(() => location.hash)).toBe(`#/${list}?${query}`);
    expect(await page.locator('[data-save]').count()).toBe(0);
    await page.click('[data-saved] li button');
    await page.locator('[data-saved] li').waitFor({ state: 'detached' });
  }
});

it('accounts that were looked for are found again by a saved filter', async () => {
  const page = await pageOf('admin');
  await page.goto(`${ground.url}/#/accounts?q=verifier`);
  const names = () => page.locator('tbody tr td:nth-child(2)').allInnerTexts();
  await page.waitForSelector('tbody tr');
  await page.click('[data-save]');
  await page.fill('[data-saved] input', '验收');
  await page.keyboard.press('Enter');
  await page.fill('input[type=search]', 'leader');
  await page.locator('tbody td', { hasText: 'leader1' }).waitFor();
  await page.click('[data-saved] a');
  await page.locator('tbody td', { hasText: 'verifier1' }).waitFor();
  expect((await names()).every((one) => one.includes('verifier'))).toBe(true);
  expect(await page.inputValue('input[type=search]')).toBe('verifier');
});

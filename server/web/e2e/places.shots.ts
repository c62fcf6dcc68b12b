// The forms of sites, units and areas in their states, in both languages, into shots/, with axe on each.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Clerk, Ground, office, signInDesk, sleep, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'admin');
});
afterAll(() => ground?.close());

async function go(page: Page, hash: string, wait: string): Promise<void> {
  await page.goto(`${ground.url}/#/${hash}`);
  await page.waitForSelector(wait);
  await sleep(400);
}

it.each(['zh', 'en'] as const)('places, %s', async (language) => {
  const found: string[] = [];
  const site = await clerk.site('village', 1);
  const context = await office(ground, language, { bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  const to = (name: string) => `places-${language}-${name}`;
  await signInDesk(page, ground.url, 'admin');

  await go(page, `site/${site.site_id}`, 'main header [aria-expanded]');
  await shoot(page, to('01-site'), found);
  await page.click('main header [aria-expanded]');
  await shoot(page, to('02-site-form'), found, true);
  await page.click('[data-save]');
  await page.waitForSelector('form p[role=status]');
  await page.locator('[data-drawing]').click({ position: { x: 60, y: 90 } });
  await page.fill('form [name=radius_m]', '0');
  await page.fill('form [name=incidence_percent]', '120');
  await page.click('[data-save]');
  await page.waitForSelector('form [data-fault]');
  await shoot(page, to('03-site-faults'), found, true);
  await page.selectOption('form [name=kind]', 'school');
  await context.setOffline(true);
  await page.waitForSelector('form .note.warn >> nth=1');
  await shoot(page, to('04-site-kind-offline'), found, true);
  await context.setOffline(false);
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot(page, to('05-site-phone'), found, true);
  await page.setViewportSize({ width: 1440, height: 900 });

  await go(page, 'sites', 'main header [aria-expanded]');
  await page.click('main header [aria-expanded]');
  await page.click('[data-save]');
  await page.waitForSelector('form [data-fault]');
  await shoot(page, to('06-site-new'), found);
  await go(page, 'units', 'td button');
  await page.locator('td button').nth(2).click();
  await page.waitForSelector('form');
  await shoot(page, to('07-unit-form'), found);
  await go(page, 'areas', 'details');
  await page.locator('summary').first().click();
  await page.locator('details td button').nth(1).click();
  await page.waitForSelector('form');
  await shoot(page, to('08-area-form'), found);
  await page.locator('details .tools button').first().click();
  await page.waitForSelector('form [name=sector_zh]');
  await shoot(page, to('09-township-form'), found);
  await context.close();
  expect(found).toEqual([]);
  expect(wrong).toEqual([]);
});

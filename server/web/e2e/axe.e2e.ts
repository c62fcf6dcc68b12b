// Every page of the field app with axe, and none wider than the phone: in Chinese all of them, then in English, switched
// live. One sign-in, of somebody who inspects and verifies.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, inStep, PASSWORD, watch } from './ground';
import { judge } from './shoot';

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground?.close());

const HOUR = 3_600_000;
const inHours = (h: number) => new Date(Date.now() + h * HOUR).toISOString();

/** A plan for this person, and a report. */
async function something(site: { site_id: string; latitude: number; longitude: number }) {
  const supervisor = await Clerk.signIn(ground.api, 'supervisor1');
  const verifier = await Clerk.signIn(ground.api, 'verifier1');
  const { account_id } = await verifier.get<{ account_id: string }>('/v1/me');
  const plan_id = v7();
  const window = { from: inHours(-1), to: inHours(24) };
  const plan = { plan_id, team: [account_id], window, sites: { named: [site.site_id] }, orders: '直奔现场' };
  const { checklists } = await supervisor.get<{ checklists: { checklist_id: string; version: number }[] }>(
    '/v1/checklists',
  );
  // Another file may have published a second version in this county; a plan takes one of each.
  const newest = new Map(checklists.map(({ checklist_id, version }) => [checklist_id, version]));
  const lists = [...newest].map(([checklist_id, version]) => ({ checklist_id, version }));
  await supervisor.give({ type: 'plan.seal', body: { ...plan, checklists: lists } });
  const inspection_id = v7();
  const at = new Date().toISOString();
  const presence = { at, position: { latitude: site.latitude, longitude: site.longitude } };
  const findings = [{ finding_id: v7(), severity: 'general', text: '院内杂物' }];
  const report = { inspection_id, site_id: site.site_id, arrival: presence, departure: presence, findings };
  await verifier.give({ type: 'inspection.submit', body: report });
  const { rectifications } = await verifier.get<{ rectifications: { rectification_id: string }[] }>(
    '/v1/rectifications?limit=200',
  );
  return { plan_id, inspection_id, items: rectifications.map((one) => one.rectification_id).slice(0, 3) };
}

it('every page is clean', async () => {
  const clerk = await Clerk.signIn(ground.api, 'supervisor1');
  const site = await clerk.site('household', 30);
  const { plan_id, inspection_id, items } = await something(site);
  const geolocation = { latitude: site.latitude, longitude: site.longitude, accuracy: 8 };
  const context = await ground.phone('zh', { geolocation, bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  const began = Date.now();
  let judged = 0;
  let language = 'zh';
  const clean = async (name: string) => {
    await judge(page, `${name}, ${language}`, found);
    judged += 1;
  };
  const open = async (hash: string, sign: string) => {
    await ground.to(page, hash);
    await page.locator(`main :is(${sign})`).first().waitFor();
    await clean(hash || 'home');
  };
  const walk = async () => {
    await open('', '.state');
    await open('items', 'h1');
    for (const item of items) await open(`task/${item}`, 'h1');
    await open('sites', '.ruled a.entry');
    await page.click('[data-act=as-map]');
    await page.waitForSelector('[data-part=map] canvas');
    await clean('map');
    await page.click('[data-act=as-list]');
    await open(`site/${site.site_id}`, 'dl.facts');
    await open(`plan/${plan_id}`, '.ruled');
    await open('records', '.ruled a.entry');
    await open(`record/${inspection_id}`, 'dl, .ruled');
    await open('outbox', 'h1');
    await open('settings', 'progress');
    await open(`task/${v7()}`, 'h1');
    await open('nowhere', 'a.go[href="#/"]');
  };

  await page.goto(`${ground.url}/field/`);
  await page.waitForSelector('[name=login]');
  await clean('sign in');
  await page.goto(`${ground.url}/field/#/join`);
  await page.waitForSelector('[name=code]');
  await clean('join');
  await page.goto(`${ground.url}/field/#/`);
  await page.waitForSelector('[name=code]', { state: 'detached' });
  await page.fill('[name=login]', 'verifier1');
  await page.fill('[name=password]', PASSWORD);
  await page.click('form .button.go');
  await inStep(page);
  await walk();
  await visit(page, site.site_id, clean);
  await ground.to(page, 'settings');
  await page.click('button[lang=en]');
  language = 'en';
  await walk();
  console.log(`figures: axe over ${judged} pages of the field app, ${Date.now() - began} ms`);
  expect([...found, ...wrong]).toEqual([]);
  await context.close();
});

/** An inspection being made, page by page. */
async function visit(page: Page, site: string, clean: (name: string) => Promise<void>): Promise<void> {
  await ground.to(page, `site/${site}`);
  await page.click('.button.go.big');
  await page.waitForSelector('.list');
  await page.locator('section .note.good').waitFor();
  await clean('arrival');
  await page.click('.dock .go');
  await page.waitForSelector('article');
  await clean('item');
  const fails = page.locator('.verdict .stop');
  if (await fails.count()) {
    await fails.click();
    await page.waitForSelector('.verdict .stop.on');
  }
  await clean('finding');
  await page.click('.head .button:last-child');
  await page.waitForSelector('ol.ruled');
  await clean('whole list');
  await page.click('.dock .go.big');
  await page.waitForSelector('ol.ruled', { state: 'detached' });
  await clean('finish');
}

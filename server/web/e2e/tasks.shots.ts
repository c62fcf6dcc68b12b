// What a unit and a verifier see on the phone, a plan, the map and joining, in both languages at three sizes, into shots/,
// with axe on each.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, type Household, inStep, photos, signIn, villageOf, watch } from './ground';
import { shootSizes } from './shoot';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

const HOUR = 3_600_000;
const inHours = (h: number) => new Date(Date.now() + h * HOUR).toISOString();

/** An item with a photo of before, handed over. */
async function handedOver(unit_id: string, account_id: string, site: Household, file: string) {
  const rectification_id = v7();
  const { area_id, site_id } = site;
  const finding = { finding_id: v7(), source: 'audit', severity: 'serious', text: '屋顶漏雨', site_id };
  const noted = [{ ...finding, evidence: [await clerk.upload(file)] }];
  const person = { name: '张建国', account_id };
  const order = { unit_id, person, requirement: '修好屋顶，换掉霉变的吊顶', due: { working_days: 10 } };
  await clerk.give(
    { type: 'rectification.list', body: { rectification_id, area_id, noted, text: '屋顶漏雨' } },
    { type: 'rectification.hand_over', body: { rectification_id, ...order } },
  );
  return rectification_id;
}

/** The forms of an item that has been signed for. */
async function forms(page: Page, to: (name: string) => string, found: string[]): Promise<void> {
  await page.click('[data-open=plan]');
  await page.click('[data-calendar]');
  await page.locator('.pick-day').scrollIntoViewIfNeeded();
  await shootSizes(page, to('63-plan-work'), found);
  await page.click('[data-open=extend]');
  await page.fill('[name=said]', '等材料到货');
  await page.click('[data-act=send]');
  await page.locator('[data-open=extend]').scrollIntoViewIfNeeded();
  await shootSizes(page, to('64-more-time-lacks'), found);
  await page.click('[data-days="5"]');
  await shootSizes(page, to('65-more-time'), found);
}

it.each(['zh', 'en'] as const)('%s', async (language) => {
  const [found, wrong] = [[] as string[], [] as string[]];
  const to = (name: string) => `${language}-${name}`;
  const { unit_id, account_id, sites } = await villageOf(clerk, 'secretary1');
  const site = sites[language === 'zh' ? 9 : 10] as Household;
  const [file] = (await photos(ground, 1)) as [string];
  const id = await handedOver(unit_id, account_id, site, file);
  const geolocation = { latitude: site.latitude, longitude: site.longitude, accuracy: 12 };
  const pocket = { geolocation, permissions: ['geolocation', 'camera'], bypassCSP: true };

  const context = await ground.phone(language, pocket);
  const page = await context.newPage();
  wrong.push(...watch(page));
  await page.goto(`${ground.url}/field/#/join`);
  await page.waitForSelector('[name=code]');
  await shootSizes(page, to('60-join'), found);
  await page.goto(`${ground.url}/field/#/`);
  await page.waitForSelector('[name=code]', { state: 'detached' });
  await signIn(page, ground.url, 'secretary1');
  await inStep(page);
  await shootSizes(page, to('61-home-unit'), found);
  await ground.to(page, 'items');
  await shootSizes(page, to('61-items'), found);
  await ground.to(page, `task/${id}`);
  await page.waitForSelector('.photos img');
  await shootSizes(page, to('62-to-sign'), found);
  await page.click('[data-open=decline]');
  await page.locator('[data-act=send]').scrollIntoViewIfNeeded();
  await shootSizes(page, to('62-decline'), found);
  await page.click('[data-act=acknowledge]');
  await page.waitForSelector('[data-act=report]');
  await page.waitForSelector('.toast .note', { state: 'detached' });
  await forms(page, to, found);
  await page.click('[data-act=ghost]');
  await page.locator('[data-act=shutter]:enabled').waitFor();
  await shootSizes(page, to('67-camera'), found);
  await page.click('[data-act=shutter]');
  await page.click('[data-act=photos-done]:enabled');
  await page.waitForSelector('form .thumbs img');
  await page.fill('[name=answer]', '屋顶已修好');
  await shootSizes(page, to('68-answer'), found);
  await page.click('[data-act=report]');
  await ground.to(page, '');
  await inStep(page);
  await context.close();

  const second = await ground.phone(language, pocket);
  const phone = await second.newPage();
  wrong.push(...watch(phone));
  const verifier = await Clerk.signIn(ground.api, 'verifier1');
  const me = await verifier.get<{ account_id: string }>('/v1/me');
  const plan_id = v7();
  const plan = { plan_id, team: [me.account_id], window: { from: inHours(-1), to: inHours(24) } };
  const named = { sites: { named: sites.slice(0, 6).map((one) => one.site_id) } };
  const { checklists } = await clerk.get<{ checklists: { checklist_id: string; version: number }[] }>(
    '/v1/checklists',
  );
  const lists = checklists.map(({ checklist_id, version }) => ({ checklist_id, version }));
  const orders = { orders: '不打招呼，直奔现场，先看厨房', checklists: lists };
  await clerk.give({ type: 'plan.seal', body: { ...plan, ...named, ...orders } });
  await signIn(phone, ground.url, 'verifier1');
  await inStep(phone);
  await phone.waitForSelector('[data-part=plans]');
  await shootSizes(phone, to('70-home-verifier'), found);
  await ground.to(phone, `task/${id}`);
  await phone.waitForSelector('[data-act=accept]');
  await shootSizes(phone, to('71-verify'), found);
  await phone.click('button.stop.wide');
  await phone.locator('[name=reasons]').scrollIntoViewIfNeeded();
  await shootSizes(phone, to('72-return'), found);
  await ground.to(phone, `plan/${plan_id}`);
  await phone.waitForSelector('.ruled .entry');
  await shootSizes(phone, to('73-plan'), found);
  await phone.click('[data-act=as-map]');
  await phone.waitForSelector('[data-part=map] canvas');
  await shootSizes(phone, to('74-plan-map'), found);
  await ground.to(phone, 'sites');
  await phone.click('[data-act=as-map]');
  await phone.waitForSelector('[data-part=map] canvas');
  await shootSizes(phone, to('75-map'), found);
  await ground.to(phone, `site/${site.site_id}`);
  await phone.click('.button.go.big');
  await phone.locator('section .note.good').waitFor();
  await shootSizes(phone, to('76-arrival'), found);
  expect([...found, ...wrong]).toEqual([]);
  await second.close();
});

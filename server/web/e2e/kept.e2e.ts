// What is half written over a page that is loaded anew, in both apps: a hand-over at the desk; on a phone the steps of a
// unit, the words of a verification, the reason for voiding a report. There again for who wrote it, sealed, gone once given.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import {
  Clerk,
  Ground,
  type Household,
  inStep,
  office,
  PASSWORD,
  photos,
  signIn,
  signInDesk,
  villageOf,
  watch,
} from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;
beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

/** The value of this field once the page has drawn it. */
const typedIn = (page: Page, field: string) => page.locator(field).inputValue();

/** Loaded anew as soon as what was typed is on disk; a hand is never as quick as this test. */
async function reloaded(page: Page): Promise<void> {
  await page.locator('[data-kept=false]').waitFor({ state: 'detached' });
  await page.reload();
}

/** Nothing of these words lies in this browser in clear. */
async function sealed(page: Page, words: string[]): Promise<void> {
  const found = await page.evaluate(async (words) => {
    const said: string[] = [JSON.stringify([{ ...localStorage }, { ...sessionStorage }])];
    const readable = (value: unknown): unknown => {
      if (!(value instanceof Uint8Array)) return value;
      return new TextDecoder().decode(value);
    };
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done) => {
        const request = indexedDB.open(name ?? '');
        request.onsuccess = () => done(request.result);
      });
      for (const store of db.objectStoreNames) {
        const all = await new Promise<unknown[]>((done) => {
          const get = db.transaction(store).objectStore(store).getAll();
          get.onsuccess = () => done(get.result);
        });
        said.push(JSON.stringify(all.map(readable)));
      }
      db.close();
    }
    return words.filter((word) => said.some((one) => one.includes(word)));
  }, words);
  expect(found).toEqual([]);
}

async function listed(site: Household, text: string): Promise<string> {
  const rectification_id = v7();
  const finding = { finding_id: v7(), source: 'audit', severity: 'serious', text, site_id: site.site_id };
  const body = { rectification_id, area_id: site.area_id, noted: [finding], text };
  await clerk.give({ type: 'rectification.list', body });
  return rectification_id;
}

it.each(['zh', 'en'] as const)('a hand-over at the desk, %s', async (language) => {
  const { sites } = await villageOf(clerk, 'secretary1');
  const id = await listed(sites[7] as Household, `檐沟堵了 ${language}`);
  const other = await listed(sites[8] as Household, `院墙开裂 ${language}`);
  const context = await office(ground, language, { bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  await signInDesk(page, ground.url, 'supervisor1');
  await page.goto(`${ground.url}/#/inbox/${id}`);
  await page.locator('h2.what', { hasText: '檐沟堵了' }).waitFor();
  const proposed = await typedIn(page, '[name=requirement]');
  await page.fill('[name=requirement]', '两日内清通檐沟');
  await page.fill('[name=person]', '钱守义');
  await page.fill('[data-part=days]', '4');
  await reloaded(page);
  await page.locator('h2.what', { hasText: '檐沟堵了' }).waitFor();
  expect(await typedIn(page, '[name=requirement]')).toBe('两日内清通檐沟');
  expect(await typedIn(page, '[name=person]')).toBe('钱守义');
  expect(await typedIn(page, '[data-part=days]')).toBe('4');
  await shoot(page, `${language}-93-desk-half-written`, found);
  await sealed(page, ['两日内清通檐沟', '钱守义']);
  // Of this case and no other.
  await page.goto(`${ground.url}/#/inbox/${other}`);
  await page.locator('h2.what', { hasText: '院墙开裂' }).waitFor();
  expect(await typedIn(page, '[name=requirement]')).not.toBe('两日内清通檐沟');

  // Somebody else at this computer has none of it; who wrote it has it, signed in again.
  const mine = await page.locator('.foot p').first().innerText();
  const out = async () => {
    await page.goto(`${ground.url}/#/settings`);
    await page.getByRole('button', { name: /^(退出登录|Sign out)$/ }).click();
    await page.locator('.note .button.stop').click();
    await page.waitForSelector('[name=password]');
  };
  await out();
  const enter = async (login?: string) => {
    if (login) {
      await page.locator('.button.pick').last().click();
      await page.fill('[name=login]', login);
    }
    await page.fill('[name=password]', PASSWORD);
    await page.click('form .button.go');
    await page.waitForSelector('.rail');
    await page.goto(`${ground.url}/#/inbox/${id}`);
    await page.locator('h2.what', { hasText: '檐沟堵了' }).waitFor({ timeout: 60_000 });
    return typedIn(page, '[name=requirement]');
  };
  expect(await enter('supervisor2')).toBe(proposed);
  await out();
  await page.locator('.button.pick').filter({ hasText: mine }).click();
  expect(await enter()).toBe('两日内清通檐沟');
  await context.close();
  expect([...wrong, ...found]).toEqual([]);
});

it('once handed over, it is gone', async () => {
  const { unit_id, sites } = await villageOf(clerk, 'secretary1');
  const id = await listed(sites[9] as Household, '水表井盖破损');
  const context = await office(ground, 'zh');
  const page = await context.newPage();
  const wrong = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');
  const opened = async () => {
    await page.goto(`${ground.url}/#/inbox/${id}`);
    await reloaded(page);
    await page.locator('h2.what', { hasText: '水表井盖破损' }).waitFor();
    return typedIn(page, '[data-part=days]');
  };
  const proposed = await opened();
  expect(proposed).not.toBe('4');
  await page.fill('[data-part=days]', '4');
  await page.selectOption('[data-unit]', unit_id);
  await page.fill('[name=person]', '钱守义');
  expect(await opened()).toBe('4');
  await page.click('[data-go]');
  await page.waitForSelector('.toast');
  await expect.poll(async () => (await itemOf(id))?.stage.name, { timeout: 20_000 }).toBe('handed_over');
  // It comes back from the unit: decided anew, by nothing of what was typed then.
  const unit = await Clerk.signIn(ground.api, 'secretary1');
  const body = { rectification_id: id, reason: '不在本村' };
  await unit.give({ type: 'rectification.decline', body });
  await page.locator('.queue', { hasText: '水表井盖破损' }).waitFor();
  expect(await opened()).toBe(proposed);
  expect(wrong).toEqual([]);
  await context.close();
});

interface Item {
  rectification_id: string;
  stage: { name: string };
  remarks?: { text: string }[];
  extensions?: { reason: string; to: { on: string } }[];
}
async function itemOf(id: string): Promise<Item | undefined> {
  const { rectifications } = await clerk.get<{ rectifications: Item[] }>('/v1/rectifications?limit=200');
  return rectifications.find((one) => one.rectification_id === id);
}

/** With a unit, signed for or not. */
async function ordered(login: string, nth: number): Promise<string> {
  const { unit_id, account_id, sites } = await villageOf(clerk, login);
  const id = await listed(sites[nth] as Household, '屋顶漏雨');
  const order = {
    unit_id,
    person: { name: '张建国', account_id },
    requirement: '修好屋顶',
    due: { working_days: 10 },
  };
  await clerk.give({ type: 'rectification.hand_over', body: { rectification_id: id, ...order } });
  return id;
}

it.each(['zh', 'en'] as const)('a unit’s steps, %s', async (language) => {
  const id = await ordered('secretary1', language === 'zh' ? 10 : 11);
  const context = await ground.phone(language, { bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  await signIn(page, ground.url, 'secretary1');
  await inStep(page);
  const anew = async () => {
    await reloaded(page);
    await page.waitForSelector(`[data-page=task][data-id="${id}"] h1`);
  };
  await ground.to(page, `task/${id}`);
  // Declining is for what was not signed for.
  await page.click('[data-open=decline]');
  await page.fill('[name=said]', '不是我们的房子');
  await anew();
  expect(await typedIn(page, '[name=said]')).toBe('不是我们的房子');
  await shoot(page, `${language}-94-begun-decline`, found, true);
  await page.fill('[name=said]', '');
  await page.click('[data-act=acknowledge]');
  await page.waitForSelector('[data-act=acknowledge]', { state: 'detached' });
  await anew();
  // Emptied, it does not open by itself.
  expect(await page.locator('[name=said]').count()).toBe(0);
  await page.click('[data-open=extend]');
  await page.click('[data-days="5"]');
  await anew();
  expect(await page.getAttribute('[data-days="5"]', 'aria-pressed')).toBe('true');
  await page.fill('[name=said]', '等瓦到货');
  // Each step has its own.
  await page.click('[data-open=comment]');
  expect(await typedIn(page, '[name=said]')).toBe('');
  await page.fill('[name=said]', '已经搭了脚手架');
  await anew();
  // One of them is open; that there is another one is said.
  expect(await page.getAttribute('[data-open=extend]', 'aria-expanded')).toBe('true');
  await page.locator('[data-open=comment] .tag').waitFor();
  expect(await typedIn(page, '[name=said]')).toBe('等瓦到货');
  await shoot(page, `${language}-95-begun-extend`, found, true);
  await sealed(page, ['等瓦到货', '已经搭了脚手架', '不是我们的房子']);
  await page.click('[data-act=send]');
  await page.locator('[name=said]').waitFor({ state: 'detached' });
  await expect
    .poll(async () => (await itemOf(id))?.extensions?.map((one) => one.reason), { timeout: 20_000 })
    .toEqual(['等瓦到货']);
  await anew();
  // What was given is gone; what was not is still there.
  expect(await page.getAttribute('[data-open=comment]', 'aria-expanded')).toBe('true');
  expect(await typedIn(page, '[name=said]')).toBe('已经搭了脚手架');
  await page.click('[data-act=send]');
  await expect
    .poll(async () => (await itemOf(id))?.remarks?.map((one) => one.text), { timeout: 20_000 })
    .toEqual(['已经搭了脚手架']);
  await anew();
  expect(await page.locator('[name=said]').count()).toBe(0);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

it('a verifier’s reasons and words, and the reason for voiding', async () => {
  const [file] = await photos(ground, 1);
  const id = await ordered('secretary1', 12);
  const unit = await Clerk.signIn(ground.api, 'secretary1');
  const evidence = [await unit.upload(file as string)];
  await unit.give(
    { type: 'rectification.acknowledge', body: { rectification_id: id } },
    { type: 'rectification.report', body: { rectification_id: id, text: '已修好', evidence } },
  );
  const verifier = await Clerk.signIn(ground.api, 'verifier1');
  const { site_id, latitude, longitude } = await verifier.site('household', 30);
  const arrival = { at: new Date().toISOString(), position: { latitude, longitude } };
  const report = { inspection_id: v7(), site_id, arrival, departure: arrival };
  await verifier.give({ type: 'inspection.submit', body: report });

  const context = await ground.phone('zh');
  const page = await context.newPage();
  const wrong = watch(page);
  await signIn(page, ground.url, 'verifier1');
  await inStep(page);
  const anew = async (name: string, of: string) => {
    await reloaded(page);
    await page.waitForSelector(`[data-page=${name}][data-id="${of}"] h1`);
  };
  await ground.to(page, `task/${id}`);
  await page.fill('[name=words]', '看着不错');
  await anew('task', id);
  expect(await typedIn(page, '[name=words]')).toBe('看着不错');
  await page.getByRole('button', { name: '退回' }).click();
  // What was meant as praise is no reason.
  expect(await typedIn(page, '[name=reasons]')).toBe('');
  await page.fill('[name=reasons]', '屋角还在漏');
  await anew('task', id);
  expect(await typedIn(page, '[name=reasons]')).toBe('屋角还在漏');
  await page.click('[data-act=return]');
  await expect.poll(async () => (await itemOf(id))?.stage.name, { timeout: 20_000 }).toBe('returned');

  await ground.to(page, `record/${report.inspection_id}`);
  await page.getByRole('button', { name: '作废' }).click();
  await page.fill('[name=void-reason]', '走错了门');
  await anew('record', report.inspection_id);
  expect(await typedIn(page, '[name=void-reason]')).toBe('走错了门');
  await sealed(page, ['走错了门', '屋角还在漏']);
  expect(wrong).toEqual([]);
  await context.close();
});

// Three at once, all open from the beginning and never reloaded: an inspector and a unit's officer on their phones, a
// supervisor at the desk. What one does, the others see; what two do at the same time is both kept.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import {
  answerAll,
  arrive,
  Clerk,
  firstList,
  Ground,
  type Household,
  inStep,
  office,
  photos,
  signIn,
  signInDesk,
  sleep,
  submitted,
  villageOf,
  watch,
} from './ground';

const INSPECTOR = 'inspector6b';
const OFFICER = 'secretary1';
const COMMENT = '请注意冬季用水，修好后再查一次水压';
const ANSWER = '水管已更换，水压正常';

let ground: Ground;
let clerk: Clerk;
let admin: Clerk;
/** The grant, as the server calls it. */
let granted = '';

interface Item {
  rectification_id: string;
  stage: { name: string };
  findings: { finding_id: string }[];
  answers?: { text: string; evidence?: { status: string }[] }[];
  remarks?: { text: string }[];
}

/** Whoever went there verifies, too: an inspector alone sees no items of the ledger. */
async function mayVerify(login: string): Promise<void> {
  type Accounts = { accounts: { account_id: string; login: string }[] };
  const { accounts } = await admin.get<Accounts>(`/v1/accounts?q=${login}&limit=200`);
  const account = accounts.find((one) => one.login === login)?.account_id;
  const { areas } = await clerk.get<{ areas: { area_id: string; level: string }[] }>('/v1/areas');
  const area_id = areas.find((one) => one.level === 'county')?.area_id;
  const body = { grant_id: v7(), role: 'verifier', area_id };
  const { grant_id } = await admin.post<{ grant_id: string }>(`/v1/accounts/${account}/grants`, body);
  granted = grant_id;
}

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
  admin = await Clerk.signIn(ground.api, 'admin');
  await mayVerify(INSPECTOR);
});
afterAll(async () => {
  await admin?.remove(`/v1/grants/${granted}`).finally(() => ground.close());
});

async function stageOf(id: string, name: string): Promise<Item> {
  for (let i = 0; i < 150; i++) {
    const item = await clerk.get<Item>(`/v1/rectifications?limit=200`).then((page) => {
      const { rectifications } = page as unknown as { rectifications: Item[] };
      return rectifications.find((one) => one.rectification_id === id);
    });
    if (item?.stage.name === name) return item;
    await sleep(200);
  }
  throw new Error(`never ${name}`);
}

/** A page that is reloaded loses this. */
const mark = (page: Page) =>
  page.evaluate(() => {
    (globalThis as { neverReloaded?: boolean }).neverReloaded = true;
  });
const isMarked = (page: Page) =>
  page.evaluate(() => (globalThis as { neverReloaded?: boolean }).neverReloaded === true);
/** Within the app, as a tap would; looking at the list asks for news. */
async function look(page: Page, id: string): Promise<void> {
  await ground.to(page, 'items');
  await ground.to(page, `task/${id}`);
}

async function reported(phone: Page, site: Household, files: string[]): Promise<string> {
  await arrive(phone, site.code);
  await firstList(phone);
  await phone.click('.dock .go');
  await answerAll(phone, true, files);
  const id = await submitted(phone);
  await ground.to(phone, '');
  await inStep(phone);
  type Report = { findings: { finding_id: string }[] };
  return (await clerk.get<Report>(`/v1/inspections/${id}`)).findings[0]?.finding_id ?? '';
}

async function handedOver(desk: Page, finding: string): Promise<string> {
  await desk.waitForSelector(`.queue a[href*="${finding}"]`, { timeout: 30_000 });
  await desk.click(`.queue a[href*="${finding}"]`);
  await desk.waitForSelector('.stage img');
  await desk.keyboard.press('h');
  if (!(await desk.inputValue('[name=person]'))) await desk.fill('[name=person]', '张建国');
  await desk.keyboard.press('Control+Enter');
  await desk.waitForSelector('.toast');
  for (let i = 0; i < 50; i++) {
    const { rectifications } = await clerk.get<{ rectifications: Item[] }>('/v1/rectifications?limit=200');
    const item = rectifications.find((one) => one.findings.some((f) => f.finding_id === finding));
    if (item?.stage.name === 'handed_over') return item.rectification_id;
    await sleep(200);
  }
  throw new Error('never handed over');
}

/** On the phone, without a network; at the desk, at the same time, somebody has something to say. */
async function answeredMeanwhile(unit: Page, desk: Page, id: string, file: string): Promise<void> {
  await unit.click('[data-act=acknowledge]');
  await unit.waitForSelector('[data-act=report]');
  await unit.setInputFiles('input[data-take=camera]', file);
  await unit.waitForSelector('form .thumbs img');
  await unit.fill('[name=answer]', ANSWER);
  await desk.goto(`${ground.url}/#/item/${id}`);
  await desk.locator('details', { hasText: '留言' }).locator('summary').first().click();
  await desk.locator('details[open] textarea').fill(COMMENT);
  await desk.locator('details[open] form .button').click();
  await desk.waitForSelector(`.remark >> text=${COMMENT}`);
  await unit.click('[data-act=report]');
  await unit.waitForSelector('[data-act=report]', { state: 'detached' });
}

/** The books tell the same story, in its order. */
async function booksTell(desk: Page): Promise<void> {
  await desk.click('.head a[href*="ledger"]');
  await desk.waitForSelector('[data-part=trail] tbody tr:nth-child(7)');
  const rows = await desk.locator('[data-part=trail] tbody tr td:nth-child(3)').allTextContents();
  expect(rows).toEqual(['列入清单', '交办', '留言', '签收', '报验', '验收通过', '销号']);
  await desk.waitForSelector('[data-even=true]');
}

it('three at once: found, handed over, answered and commented on together, verified, closed', async () => {
  const { sites } = await villageOf(clerk, OFFICER);
  const site = sites[7] as Household;
  const files = await photos(ground, 2);
  const geolocation = { latitude: site.latitude, longitude: site.longitude, accuracy: 9 };
  const [contextA, contextB, contextC] = [
    await ground.phone('zh', { geolocation }),
    await ground.phone('zh', { geolocation }),
    await office(ground, 'zh'),
  ];
  const [inspector, unit, desk] = [
    await contextA.newPage(),
    await contextB.newPage(),
    await contextC.newPage(),
  ];
  const all = [inspector, unit, desk];
  const complaints = all.map((page) => watch(page));
  await signIn(inspector, ground.url, INSPECTOR);
  await inStep(inspector);
  await signIn(unit, ground.url, OFFICER);
  await inStep(unit);
  await signInDesk(desk, ground.url, 'supervisor1');
  await desk.click('nav a[href="#/inbox"]');
  await Promise.all(all.map(mark));

  const finding = await reported(inspector, site, files.slice(0, 1));
  const began = Date.now();
  const id = await handedOver(desk, finding);
  console.log(`figures: from the report to the unit in ${Date.now() - began} ms, by machine`);
  await look(unit, id);
  await unit.waitForSelector('.photos img');
  await unit.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await contextB.setOffline(true);
  await answeredMeanwhile(unit, desk, id, files[1] as string);
  expect((await stageOf(id, 'handed_over')).remarks?.map((one) => one.text)).toEqual([COMMENT]);
  await contextB.setOffline(false);
  await ground.to(unit, '');
  await inStep(unit);

  // Both are kept, and both are on both screens.
  const answered = await stageOf(id, 'answered');
  expect(answered.answers?.map((one) => one.text)).toEqual([ANSWER]);
  expect(answered.answers?.[0]?.evidence?.map((one) => one.status)).toEqual(['stored']);
  expect(answered.remarks?.map((one) => one.text)).toEqual([COMMENT]);
  await desk.waitForSelector(`.quote >> text=${ANSWER}`);
  await desk.waitForSelector('.frame .side:nth-child(2) img');
  expect(await desk.locator('.remark', { hasText: COMMENT }).count()).toBe(1);
  await look(unit, id);
  await unit.waitForSelector(`.note >> text=${COMMENT}`);
  await unit.waitForSelector(`.said >> text=${ANSWER}`);

  await look(inspector, id);
  await inspector.click('[data-act=accept]');
  // The desk may close as soon as it is accepted, and is told so.
  await desk.click('[data-act="rectification.close"]');
  await desk.click('.form .button.go');
  await stageOf(id, 'closed');
  await desk.waitForSelector('.standing .stage >> text=销号');
  for (const phone of [unit, inspector]) {
    await look(phone, id);
    await phone.waitForSelector('.tag.good >> text=销号');
  }

  await booksTell(desk);
  expect(await Promise.all(all.map(isMarked))).toEqual([true, true, true]);
  expect(complaints.flat()).toEqual([]);
  await Promise.all([contextA.close(), contextB.close(), contextC.close()]);
});

// A plan on the phone of who goes: sealed at the desk, carried into the field without a network, visited, unsealed by the
// arrival, and told by the desk's progress. To everybody else who holds the same phone it is not there.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import {
  answerAll,
  Clerk,
  Ground,
  inStep,
  office,
  PASSWORD,
  signIn,
  signInDesk,
  sleep,
  submitted,
  watch,
} from './ground';
import { shoot } from './shoot';

let ground: Ground;
let supervisor: Clerk;
let goes: Clerk;
let elsewhere: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  supervisor = await Clerk.signIn(ground.api, 'supervisor1');
  goes = await Clerk.signIn(ground.api, 'inspector2a');
  elsewhere = await Clerk.signIn(ground.api, 'inspector1a');
});
afterAll(() => ground?.close());

interface Site {
  site_id: string;
  code: string;
  name: { zh: string; en?: string };
  latitude: number;
  longitude: number;
}
interface Edition {
  checklist_id: string;
  version: number;
}
const HOUR = 3_600_000;
const inHours = (h: number) => new Date(Date.now() + h * HOUR).toISOString();

/** Earlier plans have told this person of earlier sites. */
let next = Math.floor(Math.random() * 120);
/** Households where this inspector's role reaches, or where only another one's does. */
async function households(n: number, reached: boolean): Promise<Site[]> {
  const whose = reached ? goes : elsewhere;
  const sites = await Promise.all(Array.from({ length: n }, () => whose.site('household', next++)));
  if (!reached) await expect(goes.get(`/v1/sites/${sites[0]?.site_id}`)).rejects.toThrow('404');
  return sites;
}

async function seal(sites: Site[], orders: string): Promise<{ plan_id: string; lists: string[] }> {
  const { account_id } = await goes.get<{ account_id: string }>('/v1/me');
  const { checklists } = await supervisor.get<{ checklists: Edition[] }>('/v1/checklists');
  const fits: Edition[] = [];
  for (const one of checklists) {
    const path = `/v1/checklists/${one.checklist_id}/versions/${one.version}`;
    const { items } = await supervisor.get<{ items: { applies_to?: string[] }[] }>(path);
    if (items.some((item) => !item.applies_to?.length || item.applies_to.includes('household')))
      fits.push(one);
  }
  // Not the one that would be proposed anyway: the last of those that fit.
  const chosen = fits.slice(-1).map(({ checklist_id, version }) => ({ checklist_id, version }));
  const plan_id = v7();
  const body = {
    plan_id,
    team: [account_id],
    window: { from: inHours(-1), to: inHours(24) },
    sites: { named: sites.map((one) => one.site_id) },
    checklists: chosen,
    orders,
  };
  await supervisor.give({ type: 'plan.seal', body });
  return { plan_id, lists: chosen.map((one) => one.checklist_id) };
}

const rows = (page: Page) => page.locator('[data-page=plan] .ruled .entry > :first-child').allTextContents();
const standing = ({ latitude, longitude }: Site) => ({ latitude, longitude, accuracy: 9 });

it.each(['zh', 'en'] as const)(
  'sealed, visited without a network, unsealed by the arrival, %s',
  async (language) => {
    const zh = language === 'zh';
    const called = ({ name }: Site) => (zh ? name.zh : (name.en ?? name.zh));
    const orders = zh ? `不打招呼，先看厨房 ${Date.now()}` : `Straight in; kitchens first ${Date.now()}`;
    const near = (await households(1, true))[0] as Site;
    const [away, other] = (await households(2, false)) as [Site, Site];
    const { plan_id, lists } = await seal([away, other, near], orders);

    const context = await ground.phone(language, { geolocation: standing(near), bypassCSP: true });
    const page = await context.newPage();
    const found: string[] = [];
    const wrong = watch(page);
    const to = (hash: string) => ground.to(page, hash);
    await signIn(page, ground.url, 'inspector2a');
    await inStep(page);
    const entry = page.locator('[data-part=plans] a.entry', { hasText: orders });
    await entry.locator('.tag', { hasText: zh ? '新任务' : 'New' }).waitFor();
    await shoot(page, `${language}-30-home-plan`, found);
    await entry.click();
    await page.waitForSelector('[data-page=plan]');
    await page.locator('.orders', { hasText: orders }).waitFor();
    await page.getByText(/^\d+ (米|m)$/).waitFor();
    expect((await rows(page))[0]).toBe(called(near));
    await shoot(page, `${language}-31-plan`, found, true);

    // On the map it is told apart from the others around, and leads to the plan.
    await page.click('[data-act=as-map]');
    await page.click('[data-act=me]');
    for (let n = 0; n < 8; n++) await page.click('[data-act=nearer]');
    await shoot(page, `${language}-42-plan-map`, found);
    const frame = await page.locator('[data-part=map]').boundingBox();
    if (!frame) throw new Error('no map');
    await page.touchscreen.tap(frame.x + frame.width / 2, frame.y + frame.height / 2);
    const tapped = page.locator('[data-part=chosen]', { hasText: called(near) });
    await tapped.locator('.tag', { hasText: zh ? '任务点位' : 'Of my plan' }).waitFor();
    expect(await tapped.locator('a').getAttribute('href')).toBe(`#/site/${near.site_id}/${plan_id}`);
    await page.click('[data-act=as-list]');

    // The list stays as it is while somebody walks, until it is asked to sort.
    const before = await rows(page);
    await page.locator('.ruled').dispatchEvent('pointerdown');
    await context.setGeolocation(standing(away));
    await sleep(500);
    expect(await rows(page)).toEqual(before);
    await page.click('[data-act=sort]');
    await expect.poll(async () => (await rows(page))[0]).toBe(called(away));

    // Opened is read, here and on the server.
    await page.goBack();
    await entry.locator('.tag', { hasText: zh ? '进行中' : 'Now' }).waitFor();
    await inStep(page);

    await context.setOffline(true);
    await entry.click();
    await page
      .locator('.entry', { hasText: called(away) })
      .first()
      .click();
    await page.waitForSelector('dl.facts');
    await shoot(page, `${language}-32-plan-site`, found);
    await page.click('button.go.big');
    await page.waitForSelector('.note.good');
    expect(await page.locator('.list[aria-pressed=true]').count()).toBe(lists.length);
    await shoot(page, `${language}-33-plan-arrival`, found);
    await page.click('.dock .go');
    await answerAll(page, false, []);
    const id = await submitted(page);
    await to(`plan/${plan_id}`);
    await page.locator('[data-visited]', { hasText: zh ? '已到 1/3' : '1 of 3 visited' }).waitFor();
    await page.locator('.entry.done', { hasText: called(away) }).waitFor();
    await shoot(page, `${language}-34-plan-visited`, found);

    // Nobody at the desk has heard of it, until the phone is heard again.
    const desk = await (await office(ground, language)).newPage();
    const complaints = watch(desk);
    await signInDesk(desk, ground.url, 'supervisor1');
    await desk.click('nav a[href="#/plans"]');
    const card = desk.locator(`[data-plan="${plan_id}"]`);
    await card.locator('.tag.warn').waitFor();
    await context.setOffline(false);
    await to('');
    await inStep(page);
    await card.locator('.tag.good').first().waitFor();
    await card.getByText(zh ? '已到 1，共 3' : '1 of 3 visited').waitFor();
    await card.getByText(zh ? '首个到达' : 'by the first arrival').waitFor();
    const report = await supervisor.get<{
      plan_id?: string;
      site_id: string;
      checklists: { checklist_id: string }[];
    }>(`/v1/inspections/${id}`);
    expect(report).toMatchObject({ plan_id, site_id: away.site_id });
    expect(report.checklists.map((one) => one.checklist_id)).toEqual(lists);
    expect([...found, ...wrong, ...complaints]).toEqual([]);
    await Promise.all([context.close(), desk.context().close()]);
  },
);

/** Everything that stands in the browser's stores, as text where it is text. */
async function atRest(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const told: string[] = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve) => {
        const open = indexedDB.open(name ?? '');
        open.onsuccess = () => resolve(open.result);
      });
      for (const store of db.objectStoreNames) {
        const all = await new Promise<unknown[]>((resolve) => {
          const get = db.transaction(store).objectStore(store).getAll();
          get.onsuccess = () => resolve(get.result);
        });
        for (const value of all)
          told.push(
            value instanceof Uint8Array ? new TextDecoder().decode(value) : (JSON.stringify(value) ?? ''),
          );
      }
      db.close();
    }
    for (const name of await caches.keys())
      for (const one of await (await caches.open(name)).keys()) told.push(one.url);
    return told.join('\n');
  });
}

it('is not there for who holds the phone locked, nor for another person on it; withdrawn, nobody is sent', async () => {
  const orders = `只有本组知道 ${Date.now()}`;
  const [away] = (await households(1, false)) as [Site];
  const { plan_id } = await seal([away], orders);
  const context = await ground.phone('zh', { bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  const told = async () => `${await page.title()}\n${await page.textContent('body')}`;
  const to = (hash: string) => ground.to(page, hash);
  await signIn(page, ground.url, 'inspector2a');
  await inStep(page);
  await to(`plan/${plan_id}`);
  await page.locator('.orders', { hasText: orders }).waitFor();
  expect(await page.title()).not.toContain(orders);
  await inStepAgain(page);

  // Locked.
  await to('settings');
  await page.getByRole('button', { name: '其他人登录' }).click();
  await page.waitForSelector('[name=password]');
  await page.goto(`${ground.url}/field/#/plan/${plan_id}`);
  for (const secret of [orders, away.name.zh]) expect(await told()).not.toContain(secret);
  const kept = await atRest(page);
  for (const secret of [orders, plan_id, away.site_id]) expect(kept).not.toContain(secret);

  // Another person, who has pulled as often.
  await page.click('.pick:last-child');
  await page.fill('[name=login]', 'inspector3a');
  await page.fill('[name=password]', PASSWORD);
  await page.click('form .button.go');
  await to('');
  await inStep(page);
  expect(await page.locator('[data-part=plans]', { hasText: orders }).count()).toBe(0);
  for (const hash of [`plan/${plan_id}`, `site/${away.site_id}/${plan_id}`]) {
    await to(hash);
    await page.getByText('手机上没有这项内容').waitFor();
    for (const secret of [orders, away.name.zh]) expect(await told()).not.toContain(secret);
  }
  await to('sites');
  await page.fill('input[type=search]', away.code);
  await page.getByText('没有符合的点位').waitFor();

  // Back to who goes: it was withdrawn meanwhile.
  await supervisor.give({ type: 'plan.withdraw', body: { plan_id, reason: '天气原因' } });
  await to('settings');
  await page.getByRole('button', { name: '其他人登录' }).click();
  await page.locator('.pick').first().waitFor();
  const names = await page.locator('.pick').allTextContents();
  const me = (await goes.get<{ name: string }>('/v1/me')).name;
  expect(names).toContain(me);
  await page.locator('.pick', { hasText: me }).click();
  await page.fill('[name=password]', PASSWORD);
  await page.click('form .button.go');
  await to(`plan/${plan_id}`);
  await page.getByText('天气原因').waitFor({ timeout: 40_000 });
  expect(await page.locator('[data-page=plan] a.entry').count()).toBe(0);
  await to('');
  expect(await page.locator('[data-part=plans]', { hasText: orders }).count()).toBe(0);
  expect(wrong).toEqual([]);
  await context.close();
});

/** The notice that was read has gone out: nothing waits when the store is locked. */
async function inStepAgain(page: Page): Promise<void> {
  await ground.to(page, '');
  await inStep(page);
}

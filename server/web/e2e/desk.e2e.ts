// At the desk, in a real browser: a hand-over happens when it is meant and once; shortcuts can be switched off; a
// deadline is chosen on the calendar; what is printed has an official head and no controls.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, office, signInDesk, sleep, watch } from './ground';

let ground: Ground;
let clerk: Clerk;
const FINDINGS = 8;

/** Findings that nobody has handed over. */
async function reported(): Promise<void> {
  const inspector = await Clerk.signIn(ground.api, 'inspector5b');
  const { site_id, latitude, longitude } = await inspector.site('household', 5);
  const at = (ago_ms: number) => new Date(Date.now() - ago_ms).toISOString();
  const findings = Array.from({ length: FINDINGS }, (_, i) => ({
    finding_id: v7(),
    severity: 'general',
    text: `屋檐漏雨，第 ${i + 1} 处`,
  }));
  const arrival = { at: at(600_000), position: { latitude, longitude, accuracy_m: 8 } };
  const body = { inspection_id: v7(), site_id, arrival, departure: { at: at(1000) }, findings };
  await inspector.give({ type: 'inspection.submit', body });
}
beforeAll(async () => {
  ground = await Ground.open(8907);
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
  await reported();
});
afterAll(() => ground?.close());

async function open(language: 'zh' | 'en'): Promise<{ page: Page; wrong: string[] }> {
  const page = await (await office(ground, language)).newPage();
  const wrong = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');
  return { page, wrong };
}
async function inbox(page: Page): Promise<void> {
  await page.goto(`${ground.url}/#/inbox`);
  await page.waitForSelector('.queue li');
  // Past the pause after an earlier one.
  await sleep(800);
}
const left = (page: Page) => page.locator('.queue li').count();
const listed = async () =>
  (await clerk.get<{ rectifications: unknown[] }>('/v1/rectifications?limit=200')).rectifications.length;
const filled = async (page: Page) => {
  if (!(await page.inputValue('[name=person]'))) await page.fill('[name=person]', '张建国');
};

describe('Ctrl ⏎', () => {
  it('hands over from nowhere but where it is meant', async () => {
    const { page, wrong } = await open('zh');
    await inbox(page);
    await filled(page);
    const before = await left(page);
    const items = await listed();
    await page.keyboard.press('Escape');
    // Setting aside, with its reason half written; then somewhere else on the page.
    await page.getByRole('button', { name: '不予列入' }).first().click();
    await page.locator('form.note input').fill('重复');
    await page.keyboard.press('Control+Enter');
    await page.click('h2.what');
    await page.keyboard.press('Control+Enter');
    // In the filter above the list.
    await page.locator('header select').focus();
    await page.keyboard.press('Control+Enter');
    await sleep(500);
    expect(await left(page)).toBe(before);
    expect(await listed()).toBe(items);
    // Days that are none: said at the field, nothing sent.
    await page.getByRole('button', { name: '不予列入' }).first().click();
    for (const days of ['', '0', '366', '2.5']) {
      await page.fill('[data-part=days]', days);
      await page.keyboard.press('Control+Enter');
      await page.locator('[data-part=days][aria-invalid=true]').waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('data-part'))).toBe('days');
    }
    expect(await left(page)).toBe(before);
    expect(await listed()).toBe(items);
    await page.fill('[data-part=days]', '7');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.toast');
    expect(await left(page)).toBe(before - 1);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  // Tried once more: in one run of ten its sign-in did not come through within a minute, and nobody knows yet why.
  it('held or pressed twice hands over one, as a double click does', { retry: 1 }, async () => {
    const { page } = await open('en');
    const once = async (press: () => Promise<unknown>) => {
      await inbox(page);
      await filled(page);
      const before = await left(page);
      const items = await listed();
      await press();
      for (let i = 0; i < 150 && (await left(page)) === before; i++) await sleep(100);
      // Whatever else the presses would do, they would have done it by then.
      await sleep(1500);
      expect(await left(page)).toBe(before - 1);
      for (let i = 0; i < 150 && (await listed()) === items; i++) await sleep(100);
      expect(await listed()).toBe(items + 1);
    };
    await once(async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.down('Control');
      for (let i = 0; i < 6; i++) {
        await page.keyboard.down('Enter');
        await sleep(250);
      }
      await page.keyboard.up('Enter');
      await page.keyboard.up('Control');
    });
    await once(async () => {
      await page.keyboard.press('Control+Enter');
      await page.keyboard.press('Control+Enter');
    });
    await once(() => page.dblclick('[data-go]'));
    await page.context().close();
  });
});

it('shortcuts of one key are off when they are switched off, also the next time', async () => {
  const { page } = await open('en');
  const current = () => page.locator('.queue [aria-current]').getAttribute('href');
  await inbox(page);
  const first = await current();
  await page.keyboard.press('j');
  expect(await current()).not.toBe(first);
  await page.goto(`${ground.url}/#/settings`);
  await page.uncheck('[data-shortcuts]');
  await sleep(300);
  for (const again of [false, true]) {
    if (again) await page.reload();
    await inbox(page);
    const at = await current();
    for (const key of ['j', 'd', '3', '?', 'q']) await page.keyboard.press(key);
    expect(await current()).toBe(at);
    expect(await page.locator('form.note').count()).toBe(0);
    expect(await page.locator('.decide kbd:visible').allTextContents()).toEqual(['Ctrl ⏎']);
    await page.keyboard.press('ArrowDown');
    expect(await current()).not.toBe(at);
  }
  // Another person's are theirs.
  const other = await (await office(ground, 'en')).newPage();
  await signInDesk(other, ground.url, 'leader1');
  await other.goto(`${ground.url}/#/settings`);
  expect(await other.isChecked('[data-shortcuts]')).toBe(true);
  await page.context().close();
  await other.context().close();
});

it('a deadline is chosen on the calendar by keys, and told for what it is', async () => {
  const { page } = await open('zh');
  await inbox(page);
  await page.click('[data-calendar]');
  const day = () => page.locator('[data-due]').getAttribute('data-due');
  const counted = await day();
  expect(await page.locator('[aria-selected=true] button').getAttribute('data-day')).toBe(counted);
  expect(await page.locator('[role=grid] [tabindex="0"]').count()).toBe(1);
  // On to the next Sunday.
  await page.locator('[role=grid] [tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const sunday = (await day()) ?? '';
  expect(new Date(`${sunday}T00:00:00Z`).getUTCDay()).toBe(0);
  const told = await page.locator('[data-due]').textContent();
  expect(told).toMatch(/月.*日星期日.*\d+ 个工作日/);
  expect(told).toMatch(/休息日|放假|调休/);
  // Days that are typed lead it on.
  await page.fill('[data-part=days]', '3');
  expect(await day()).not.toBe(sunday);
  expect(await page.locator('[aria-selected=true] button').getAttribute('data-day')).toBe(await day());
  await page.context().close();
});

it.each([
  ['zh', 'list?stands=open', '整改台账', '未销号'],
  ['zh', 'sites?kind=village', '点位', '村'],
  ['en', 'inspections', 'Inspections', ''],
  ['en', 'units', 'Units', ''],
  ['zh', 'areas', '行政区划', ''],
  ['zh', 'calendar', '工作日历', ''],
  ['zh', 'media', '影像', ''],
] as const)('%s: the sheet of %s has a head and no controls', async (language, hash, title, narrowed) => {
  const { page } = await open(language);
  await page.goto(`${ground.url}/#/${hash}`);
  await page.waitForSelector('[data-print]');
  await page.waitForSelector('tbody tr, ol, .wall li, summary');
  expect(await page.title()).toContain(title);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({ media: 'print' });
  const head = (await page.locator('.paper').innerText()).replace(/\s+/g, ' ');
  for (const part of [
    title,
    narrowed,
    language === 'zh' ? '打印时间' : 'Printed',
    language === 'zh' ? '打印人' : 'by',
  ])
    expect(head).toContain(part);
  expect(await page.locator('.button:visible, .input:visible, .rail:visible, h1:visible').count()).toBe(0);
  if (hash.startsWith('sites')) {
    const villages = await clerk.get<{ sites: unknown[] }>('/v1/sites?kind=village&limit=200');
    expect(await page.locator('tbody tr').count()).toBe(villages.sites.length);
  }
  if (hash.startsWith('list')) expect(await page.locator('.sign p:visible').count()).toBe(3);
  await page.context().close();
});

it('the administrators’ sheet has it, too', async () => {
  const page = await (await office(ground, 'zh')).newPage();
  await signInDesk(page, ground.url, 'admin');
  await page.goto(`${ground.url}/#/accounts`);
  await page.waitForSelector('tbody tr');
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('.paper').innerText()).toContain('用户账号');
  expect(await page.locator('.button:visible, .input:visible').count()).toBe(0);
  await page.context().close();
});

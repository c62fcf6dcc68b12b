// The first time: how many taps and fields a first report takes on a phone, and how many clicks and keys the first
// hand-over takes at the desk, each from the sign-in page. The numbers stand in docs/FIELD.md and docs/DESK.md; one more
// tap or click fails here, so that the way in does not grow longer unnoticed.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clerk, Ground, office, PASSWORD, photos, watch } from './ground';

const REPORT = { taps: 10, fields: 3 };
const HAND_OVER = { taps: 3, fields: 2, keys: 0 };

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

/** Counts what a hand does on a page, by the browser's own word: presses, fields that were written in, keys. */
async function counted(page: Page): Promise<() => Promise<{ taps: number; fields: number; keys: number }>> {
  await page.addInitScript(() => {
    const seen = { taps: 0, fields: new Set<EventTarget | null>(), keys: 0 };
    addEventListener('pointerdown', () => (seen.taps += 1), { capture: true });
    addEventListener('keydown', () => (seen.keys += 1), { capture: true });
    const written = (event: Event) => {
      const field = event.target as HTMLInputElement;
      if (field.type !== 'file') seen.fields.add(field);
    };
    addEventListener('input', written, { capture: true });
    Object.assign(globalThis, { told: () => ({ ...seen, fields: seen.fields.size }) });
  });
  return () =>
    page.evaluate(() =>
      (globalThis as unknown as { told(): { taps: number; fields: number; keys: number } }).told(),
    );
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function signedIn(page: Page, login: string, zh: boolean): Promise<void> {
  await page.getByLabel(zh ? '账号' : 'Login').fill(login);
  await page.getByLabel(zh ? '密码' : 'Password').fill(PASSWORD);
  await button(page, zh ? '登录' : 'Sign in').click();
}

describe.each([
  { language: 'zh', nth: 0 },
  { language: 'en', nth: 1 },
] as const)('the first time, in $language', ({ language, nth }) => {
  const zh = language === 'zh';
  const words = zh ? `窗户缺玻璃，用塑料布挡着 ${Date.now()}` : `No glass in the window ${Date.now()}`;

  it('a report with a photo, until the server has it', async () => {
    const site = await clerk.site('household', nth);
    const [file] = await photos(ground, 1);
    const { latitude, longitude } = site;
    const pocket = await ground.phone(language, { geolocation: { latitude, longitude, accuracy: 9 } });
    const page = await pocket.newPage();
    const wrong = watch(page);
    const told = await counted(page);
    await page.goto(`${ground.url}/field/`);
    await signedIn(page, 'inspector6a', zh);
    await page.getByText(zh ? '全部已送达' : 'Everything has arrived').waitFor({ timeout: 60_000 });
    const began = Date.now();
    await page.getByRole('link', { name: zh ? '开始检查' : 'Start an inspection' }).click();
    await button(page, zh ? '离我最近' : 'Nearest first').click();
    await page
      .getByText(/^\d+ (米|m)$/)
      .first()
      .waitFor();
    await page.getByRole('listitem').first().click();
    await button(page, zh ? '到达，开始检查' : 'I have arrived: inspect').click();
    await page.getByText(zh ? '在点位范围内' : 'At the site').waitFor();
    // Of the two that fit, one is chosen already.
    expect(await page.locator('.list').count()).toBeGreaterThan(1);
    expect(await page.locator('.list[aria-pressed=true]').count()).toBe(1);
    await button(page, zh ? '开始逐项检查' : 'Begin').click();
    await button(page, zh ? '不合格' : 'Fail').click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByText(zh ? '拍照' : 'Photo', { exact: true }).click();
    await (await chooser).setFiles(file as string);
    await page.waitForSelector('.thumbs img');
    await page.getByLabel(zh ? '问题描述' : 'What is wrong').fill(words);
    await button(page, zh ? '结束检查' : 'Finish').click();
    await button(page, zh ? '提交' : 'Submit').click();
    await page
      .getByText(zh ? '服务器已收到' : 'Received')
      .first()
      .waitFor({ timeout: 60_000 });
    const { taps, fields } = await told();
    console.log(`figures: first report: ${taps} taps, ${fields} fields, ${Date.now() - began} ms by machine`);
    expect(taps).toBeLessThanOrEqual(REPORT.taps);
    expect(fields).toBeLessThanOrEqual(REPORT.fields);
    expect(wrong).toEqual([]);
    await pocket.close();
  });

  it('a finding handed over, to a unit where somebody can take it', async () => {
    const context = await office(ground, language);
    const page = await context.newPage();
    const wrong = watch(page);
    const told = await counted(page);
    await page.goto(`${ground.url}/`);
    await signedIn(page, 'supervisor1', zh);
    const waiting = page.locator('.todo a', { hasText: zh ? '待交办' : 'To hand over' });
    await waiting.first().waitFor({ timeout: 60_000 });
    const began = Date.now();
    await waiting.first().click();
    await page.waitForSelector('.queue li');
    const before = await page.locator('.queue li').count();
    const unit = await page.inputValue('[data-unit]');
    const { people } = await clerk.get<{ people: { unit_id?: string }[] }>('/v1/people?limit=200');
    expect(people.map((one) => one.unit_id)).toContain(unit);
    await page.getByRole('button', { name: zh ? /^交办/ : /^Hand over/ }).click();
    await page.waitForSelector('.toast');
    const done = await told();
    console.log(`figures: hand-over: ${JSON.stringify(done)}, ${Date.now() - began} ms by machine`);
    expect(await page.locator('.queue li').count()).toBe(before - 1);
    expect(done.taps).toBeLessThanOrEqual(HAND_OVER.taps);
    expect(done.fields).toBeLessThanOrEqual(HAND_OVER.fields);
    expect(done.keys).toBeLessThanOrEqual(HAND_OVER.keys);
    expect(wrong).toEqual([]);
    await context.close();
  });
});

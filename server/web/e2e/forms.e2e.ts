// Fields that are not right say so themselves: at the field, in the language of the app and not of the browser, to a screen
// reader, too. Days are chosen on the working calendar and nowhere on the browser's own.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ground, inStep, office, PASSWORD, signInDesk, watch } from './ground';
import { flaws } from './shoot';

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground?.close());

/** What is said of a field, and whether a screen reader learns of it. */
async function saidOf(page: Page, field: string): Promise<string> {
  const one = page.locator(`${field}[aria-invalid=true]`);
  await one.waitFor();
  const id = (await one.getAttribute('aria-describedby'))?.split(' ').at(-1);
  return page.locator(`#${id}`).innerText();
}
const focused = (page: Page) => page.evaluate(() => (document.activeElement as HTMLInputElement).name);
const invalid = (page: Page) => page.locator('[aria-invalid=true]').count();

it.each([
  ['/', 'zh', '此处必须填写', 'A value is needed here'],
  ['/field/', 'en', 'A value is needed here', '此处必须填写'],
] as const)('signing in at %s, %s', async (path, language, needed, other) => {
  const found: string[] = [];
  // The browser itself speaks the other language.
  const context = await ground.browser.newContext({
    locale: language === 'zh' ? 'en-GB' : 'zh-CN',
    viewport: { width: 390, height: 844 },
    bypassCSP: true,
  });
  const page = await context.newPage();
  const wrong = watch(page);
  await page.goto(ground.url + path);
  await page.click(`button[lang^=${language}]`);
  await page.click('form .button.go');
  expect(await saidOf(page, '[name=login]')).toBe(needed);
  expect(await saidOf(page, '[name=password]')).toBe(needed);
  expect(await focused(page)).toBe('login');
  // Its name is what it was.
  const label = language === 'zh' ? '账号' : 'Login';
  expect(await page.getByRole('textbox', { name: label, exact: true }).count()).toBe(1);
  found.push(...(await flaws(page)));
  // What is told follows the language and what is written; blanks are nothing.
  await page.click(`button[lang^=${language === 'zh' ? 'en' : 'zh'}]`);
  expect(await saidOf(page, '[name=login]')).toBe(other);
  await page.fill('[name=login]', '  ');
  expect(await saidOf(page, '[name=login]')).toBe(other);
  await page.fill('[name=password]', 'whatever');
  expect(await invalid(page)).toBe(1);
  await page.click('form .button.go');
  expect(await saidOf(page, '[name=login]')).toBe(other);
  expect(await focused(page)).toBe('login');
  await page.fill('[name=login]', 'nobody');
  expect(await invalid(page)).toBe(0);
  expect(await page.locator('.fault').count()).toBe(0);
  await page.click('form .button.go');
  await page.waitForSelector('.note.bad[role=alert]');
  expect([...found, ...wrong]).toEqual([]);
  await context.close();
});

it('dialogs and editors at the desk', async () => {
  const found: string[] = [];
  const page = await (await office(ground, 'zh', { bypassCSP: true, locale: 'en-GB' })).newPage();
  const wrong = watch(page);
  await page.goto(`${ground.url}/`);
  await page.click('button[lang^=zh]');
  await signInDesk(page, ground.url, 'admin');

  await page.goto(`${ground.url}/#/settings`);
  await page.fill('[autocomplete=current-password]', PASSWORD);
  await page.locator('[autocomplete=new-password]').pressSequentially('short');
  await page.press('[autocomplete=new-password]', 'Enter');
  expect(await saidOf(page, '[autocomplete=new-password]')).toBe('至少 8 个字符，现在 5 个');
  await page.locator('[autocomplete=new-password]').pressSequentially('er');
  expect(await saidOf(page, '[autocomplete=new-password]')).toBe('至少 8 个字符，现在 7 个');

  await page.goto(`${ground.url}/#/accounts`);
  await page.click('header .button.go');
  await page.fill('[name=new-login]', 'two words');
  await page.click('form .button.go');
  expect(await saidOf(page, '[name=name]')).toBe('此处必须填写');
  expect(await saidOf(page, '[name=new-login]')).toBe('不能有空格');
  expect(await focused(page)).toBe('name');
  found.push(...(await flaws(page)));
  await page.click('tbody a');
  await page.check('[name^=over-][value=area]');
  await page.waitForSelector('[name=area]');
  await page.click('form[aria-label] .button');
  expect(await saidOf(page, '[name=area]')).toBe('请选择一项');
  // The field goes, and what was said of it with it.
  await page.check('[name^=over-][value=unit]');
  await page.waitForSelector('[name=grant-unit]');
  expect(await page.locator('.fault').count()).toBe(0);
  expect([...found, ...wrong]).toEqual([]);
  await page.context().close();
});

const NATIVE = ['date', 'datetime-local', 'time', 'month', 'week'].map((one) => `input[type=${one}]`).join();

it('days of a plan and of the books, by the working calendar', async () => {
  const found: string[] = [];
  const page = await (await office(ground, 'zh', { bypassCSP: true })).newPage();
  const wrong = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');
  await page.goto(`${ground.url}/#/seal`);
  const from = page.locator('[data-field=from]');
  const before = await from.locator('[data-calendar]').innerText();
  expect(before).toMatch(/^\d+月\d+日星期.$/);
  await from.locator('[data-calendar]').focus();
  await page.keyboard.press('Enter');
  await from.locator('td button[tabindex="0"]').focus();
  await page.keyboard.press('ArrowRight');
  found.push(...(await flaws(page)));
  await page.keyboard.press('Enter');
  // It closes, and the focus is where it was opened.
  await from.locator('.pick-day').waitFor({ state: 'detached' });
  expect(await from.locator('[data-calendar]').innerText()).not.toBe(before);
  expect(await from.locator('[data-calendar]').evaluate((one) => one === document.activeElement)).toBe(true);
  // The end lies before the beginning now: it says so where the days stand.
  await page.click('form > .row .button.go');
  await page.locator('form section >> nth=0').locator('[role=alert]').waitFor();
  expect(await saidOf(page, '[name=to-time]')).toBe(await page.innerText('form [role=alert]'));
  expect(
    await page.evaluate(() => document.activeElement?.closest('[data-field]')?.getAttribute('data-field')),
  ).toBe('from');
  expect(await page.locator(NATIVE).count()).toBe(0);
  // Fields with bounds say what they are.
  await page.fill('[name=count]', '0');
  await page.click('form > .row .button.go');
  expect(await saidOf(page, '[name=count]')).toBe('请填 1 到 500 之间的数');

  await page.goto(`${ground.url}/#/ledger`);
  await page.waitForSelector('[data-even]');
  const since = page.locator('[data-part=reconciled] [data-field=from]');
  await since.locator('[data-calendar]').click();
  await since.locator('.head button >> nth=0').click();
  await since.locator('[data-day$="-05"]').click();
  await page.waitForURL(/from=\d{4}-\d\d-05/);
  expect(await since.locator('[data-calendar]').innerText()).toMatch(/5日/);
  // Not after its end, and nothing after today.
  await page.locator('[data-part=reconciled] [data-field=to] [data-calendar]').click();
  const today = page.locator('[data-field=to] [aria-current=date]');
  await today.waitFor();
  const days = await page
    .locator('[data-field=to] [data-day]')
    .evaluateAll((all) =>
      all.map((one) => [(one as HTMLElement).dataset.day, (one as HTMLButtonElement).disabled] as const),
    );
  const now = await today.getAttribute('data-day');
  for (const [day = '', off] of days) expect(off, day).toBe(day > (now ?? ''));
  expect(await page.locator(NATIVE).count()).toBe(0);
  found.push(...(await flaws(page)));
  expect([...found, ...wrong]).toEqual([]);
  await page.context().close();
});

it('the phone says what it lacks', async () => {
  const context = await ground.phone('en');
  const page = await context.newPage();
  const wrong = watch(page);
  await page.goto(`${ground.url}/field/#/join`);
  await page.waitForSelector('[name=code]');
  await page.click('form .button.go');
  expect(await invalid(page)).toBe(4);
  expect(await focused(page)).toBe('login');
  await page.goto(`${ground.url}/field/#/`);
  await page.fill('[name=login]', 'inspector1a');
  await page.fill('[name=password]', PASSWORD);
  await page.click('form .button.go');
  await inStep(page);
  expect(await page.locator('.fault').count()).toBe(0);
  expect(wrong).toEqual([]);
  await context.close();
});

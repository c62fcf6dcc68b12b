// An administrator mends one site, unit and area at the desk, and adds new ones, against the real server: what is wrong
// stands at its field, the page and an inspector's phone show what is new, and nobody else is offered the form.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Clerk, Ground, inStep, office, signIn, signInDesk, watch } from './ground';

let ground: Ground;
let clerk: Clerk;
const RUN = Date.now().toString(36);
/** Whatever breaks a table. */
const ODD = `李家"二房", 东院; ${RUN}`;

beforeAll(async () => {
  ground = await Ground.open(8893);
  clerk = await Clerk.signIn(ground.api, 'admin');
});
afterAll(() => ground?.close());

interface Told {
  name: { zh: string; en?: string };
  latitude: number;
  longitude: number;
  attributes: Record<string, unknown>;
}
const told = (id: string) => clerk.get<Told>(`/v1/sites/${id}`);
const save = (page: Page) => page.click('[data-save]');
/** At which fields something is wrong, and what. */
const faultsOf = (page: Page) =>
  page
    .locator('form .field:has([data-fault]), form fieldset:has(> ul [data-fault])')
    .evaluateAll((fields) =>
      fields.map((one) => [
        one.querySelector('[aria-invalid=true]')?.getAttribute('name'),
        one.querySelector('[data-fault]')?.getAttribute('data-fault'),
      ]),
    );
/** A page that is reloaded loses this. */
const mark = (page: Page) => page.evaluate(() => Object.assign(globalThis, { neverReloaded: true }));
const isMarked = (page: Page) => page.evaluate(() => 'neverReloaded' in globalThis);

it.each(['zh', 'en'] as const)('a site is renamed and moved, in %s; a phone has it', async (language) => {
  const zh = language === 'zh';
  const site = await clerk.site('household', zh ? 4 : 5);
  const before = await told(site.site_id);
  const phone = await (await ground.phone(language)).newPage();
  const desk = await (await office(ground, language)).newPage();
  const wrong = [watch(phone), watch(desk)];
  await signIn(phone, ground.url, zh ? 'inspector5a' : 'inspector5b');
  await inStep(phone);
  await phone.goto(`${ground.url}/field/#/site/${site.site_id}`);
  await signInDesk(desk, ground.url, 'admin');
  await desk.goto(`${ground.url}/#/site/${site.site_id}`);
  await desk.click('header [aria-expanded]');
  await mark(desk);
  // The code stays, and nothing is written where nothing changed.
  expect(await desk.locator('form [name=code]').getAttribute('readonly')).not.toBeNull();
  await save(desk);
  await desk.waitForSelector('form p[role=status]');

  await desk.fill('form [name=name_zh]', '');
  await desk.fill('form [name=latitude]', '134');
  await save(desk);
  await desk.waitForSelector('form [data-fault=cell_missing]');
  await desk.fill('form [name=name_zh]', ODD);
  await desk.fill('form [name=name_en]', `Moved ${RUN}`);
  await desk.fill('form [name=members]', '4.5');
  await save(desk);
  await desk.waitForSelector('form [data-fault=number_out_of_range]');
  expect(await faultsOf(desk)).toEqual([['latitude', 'number_out_of_range']]);
  // Gone to, and told together with the field.
  const field = desk.locator('form [name=latitude]');
  expect(await field.evaluate((one) => one === document.activeElement)).toBe(true);
  const why = await desk.locator(`[id="${await field.getAttribute('aria-describedby')}"]`).innerText();
  expect(/[\u3400-\u9fff]/.test(why)).toBe(zh);
  await desk.fill('form [name=latitude]', String(before.latitude));
  await save(desk);
  await desk.waitForSelector('form [data-fault=number_invalid]');
  expect(await faultsOf(desk)).toEqual([['members', 'number_invalid']]);
  expect(await told(site.site_id)).toEqual(before);

  await desk.fill('form [name=members]', '5');
  await desk.locator('[data-drawing]').click({ position: { x: 40, y: 60 } });
  expect(await field.inputValue()).not.toBe(String(before.latitude));
  await desk.context().setOffline(true);
  await desk.waitForSelector('form .note.warn');
  expect(await desk.locator('[data-save]').isDisabled()).toBe(true);
  await desk.context().setOffline(false);
  const [latitude, longitude] = [await field.inputValue(), await desk.inputValue('form [name=longitude]')];
  await desk.click('[data-save]:not([disabled])');
  await desk.waitForSelector('form', { state: 'detached' });
  const name = zh ? ODD : `Moved ${RUN}`;
  await desk.waitForSelector(`h1 >> text=${RUN}`);
  expect(await desk.innerText('h1')).toContain(name);
  expect(await isMarked(desk)).toBe(true);
  expect(await told(site.site_id)).toMatchObject({
    name: { zh: ODD, en: `Moved ${RUN}` },
    latitude: Number(latitude),
    longitude: Number(longitude),
    attributes: { ...before.attributes, members: 5 },
  });
  // What a phone does when it finds a network.
  await phone.evaluate(() => dispatchEvent(new Event('online')));
  await phone.waitForSelector(`h1 >> text=${RUN}`);
  expect(await phone.innerText('h1')).toBe(name);
  expect(wrong.flat()).toEqual([]);
  await phone.context().close();
  await desk.context().close();
});

it('a site is added, and takes no other’s code', async () => {
  const other = await clerk.site('household', 6);
  const desk = await (await office(ground, 'zh')).newPage();
  const wrong = watch(desk);
  await signInDesk(desk, ground.url, 'admin');
  await desk.click('nav a[href="#/sites"]');
  await desk.click('header [aria-expanded]');
  await save(desk);
  await desk.waitForSelector('form [data-fault]');
  const lacks = (await faultsOf(desk)).map(([field]) => field);
  expect(lacks).toEqual(['name_zh', 'code', 'kind', 'area_code-top']);
  await desk.fill('form [name=name_zh]', `卫生室 ${RUN}`);
  await desk.fill('form [name=code]', other.code);
  await desk.selectOption('form [name=kind]', 'clinic');
  await desk.selectOption('form [name=area_code-top]', { index: 2 });
  await desk.selectOption('form [name=area_code]', { index: 1 });
  await desk.locator('form [name=longitude]').evaluate((field) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', '104.5812, 34.9125');
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await save(desk);
  await desk.waitForSelector('form [data-fault=taken]');
  expect((await told(other.site_id)).name).toEqual(other.name);
  await desk.fill('form [name=code]', `WSS-${RUN}`);
  await save(desk);
  await desk.waitForSelector(`tbody tr:only-child >> text=WSS-${RUN}`);
  await desk.click('tbody a');
  await desk.waitForSelector('dl >> text=34.91250, 104.58120');
  expect(wrong).toEqual([]);
  await desk.context().close();
});

it('a unit and an area are added and mended, by an administrator only', async () => {
  const desk = await (await office(ground, 'en')).newPage();
  const wrong = watch(desk);
  await signInDesk(desk, ground.url, 'admin');
  await desk.click('nav a[href="#/units"]');
  await desk.click('header [aria-expanded]');
  await desk.fill('form [name=code]', `ju_${RUN}`);
  await desk.fill('form [name=name_zh]', '新局');
  await desk.selectOption('form [name=kind]', 'department');
  await save(desk);
  const unit = desk.locator('tbody tr', { hasText: `ju_${RUN}` });
  await unit.locator('button').click();
  await desk.fill('form [name=name_en]', `Bureau ${RUN}`);
  await save(desk);
  await unit.locator(`text=Bureau ${RUN}`).waitFor();

  await desk.click('nav a[href="#/areas"]');
  const township = desk.locator('details').first();
  await township.locator('summary').click();
  await township.locator('.tools button').last().click();
  await desk.fill('form [name=name_zh]', '新村');
  await desk.fill('form [name=code]', '12');
  await save(desk);
  await desk.waitForSelector('form [data-fault=area_code_invalid]');
  const code = `9901269${String(Date.now()).slice(-5)}`;
  await desk.fill('form [name=code]', code);
  await save(desk);
  const village = township.locator('tbody tr', { hasText: code });
  await village.locator('button').click();
  await desk.fill('form [name=name_en]', `Village ${RUN}`);
  await save(desk);
  await village.locator(`text=Village ${RUN}`).waitFor();
  expect(wrong).toEqual([]);
  await desk.context().close();

  const other = await (await office(ground, 'en')).newPage();
  await signInDesk(other, ground.url, 'supervisor1');
  for (const page of ['sites', 'units', 'areas']) {
    await other.click(`nav a[href="#/${page}"]`);
    await other.waitForSelector('h1 .numbers');
    expect(await other.locator('header [aria-expanded], td button').count()).toBe(0);
  }
  await other.context().close();
});

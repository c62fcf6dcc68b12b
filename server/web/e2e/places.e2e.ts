// An administrator mends one site at the desk and adds another, against the real server: what is wrong stands at its
// field, the page and an inspector's phone show what is new. Units and areas: admin.e2e.ts.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Clerk, Ground, inStep, office, signIn, signInDesk, watch } from './ground';

let ground: Ground;
let clerk: Clerk;
const RUN = Date.now().toString(36);
/** Whatever breaks a table. */
const ODD = `李家"二房", 东院; ${RUN}`;

beforeAll(async () => {
  ground = await Ground.open();
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
/** Which fields are wrong, and what is told with each. */
const faultsOf = (page: Page) =>
  page.locator('form [aria-invalid=true]').evaluateAll((fields) =>
    fields.map((one) => {
      const why = document.getElementById(one.getAttribute('aria-describedby') ?? '');
      return [one.getAttribute('name'), why?.querySelector('[data-fault]')?.getAttribute('data-fault')];
    }),
  );
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'));

it.each(['zh', 'en'] as const)('a site is renamed and moved, in %s; a phone has it', async (language) => {
  const zh = language === 'zh';
  const site = await clerk.site('household', zh ? 4 : 5);
  const before = await told(site.site_id);
  const phone = await (await ground.phone(language)).newPage();
  const desk = await (await office(ground, language)).newPage();
  const wrong = [watch(phone), watch(desk)];
  await signIn(phone, ground.url, zh ? 'inspector5a' : 'inspector5b');
  await inStep(phone);
  await ground.to(phone, `site/${site.site_id}`);
  await signInDesk(desk, ground.url, 'admin');
  await desk.goto(`${ground.url}/#/site/${site.site_id}`);
  await desk.click('main header [aria-expanded]');
  // A page that is reloaded loses this.
  await desk.evaluate(() => Object.assign(globalThis, { neverReloaded: true }));
  // The code stays, and nothing is written where nothing changed.
  expect(await desk.locator('form [name=code]').getAttribute('readonly')).not.toBeNull();
  await save(desk);
  await desk.waitForSelector('form p[role=status]');

  // What the server says stands at the field, and that is gone to.
  await desk.fill('form [name=name_zh]', '');
  await save(desk);
  await desk.waitForSelector('form [data-fault=cell_missing]');
  await desk.fill('form [name=name_zh]', ODD);
  await desk.fill('form [name=name_en]', `Moved ${RUN}`);
  await desk.fill('form [name=latitude]', '134');
  await desk.fill('form [name=members]', '4.5');
  await save(desk);
  await desk.waitForSelector('form [data-fault=number_out_of_range]');
  expect((await faultsOf(desk))[0]).toEqual(['latitude', 'number_out_of_range']);
  expect(await focused(desk)).toBe('latitude');
  await desk.fill('form [name=latitude]', String(before.latitude));
  await save(desk);
  await desk.waitForSelector('form [data-fault=number_invalid]');
  expect(await faultsOf(desk)).toEqual([['members', 'number_invalid']]);
  expect(await told(site.site_id)).toEqual(before);

  await desk.fill('form [name=members]', '5');
  await desk.locator('[data-drawing]').click({ position: { x: 40, y: 60 } });
  await desk.context().setOffline(true);
  await desk.waitForSelector('form .note.warn');
  expect(await desk.locator('[data-save]').isDisabled()).toBe(true);
  await desk.context().setOffline(false);
  const latitude = Number(await desk.inputValue('form [name=latitude]'));
  const longitude = Number(await desk.inputValue('form [name=longitude]'));
  expect(latitude).not.toBe(before.latitude);
  await desk.click('[data-save]:not([disabled])');
  await desk.waitForSelector('form', { state: 'detached' });
  const name = zh ? ODD : `Moved ${RUN}`;
  await desk.waitForSelector(`h1 >> text=${RUN}`);
  expect(await desk.innerText('h1')).toContain(name);
  expect(await desk.evaluate(() => 'neverReloaded' in globalThis)).toBe(true);
  expect(await told(site.site_id)).toMatchObject({
    name: { zh: ODD, en: `Moved ${RUN}` },
    latitude,
    longitude,
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
  await desk.click('main header [aria-expanded]');
  await save(desk);
  await desk.waitForSelector('form [data-fault]');
  expect((await faultsOf(desk)).map(([name]) => name)).toEqual(['name_zh', 'code', 'kind', 'area_code-top']);
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

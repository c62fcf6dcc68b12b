// Every page of administration, in both languages, into shots/, with axe on each: no violation passes.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { invitationAddress } from '../shared/rules/invitation';
import { Clerk, Ground, office, signInDesk, sleep, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'admin');
});
afterAll(() => ground?.close());

async function go(page: Page, hash: string, wait: string): Promise<void> {
  await page.goto(`${ground.url}/#/${hash}`);
  await page.waitForSelector(wait);
  await sleep(600);
}

const table = (text: string) => ({
  name: '责任单位-2026.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(text),
});

it.each(['zh', 'en'] as const)('administration, %s', async (language) => {
  const found: string[] = [];
  const context = await office(ground, language, { bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  const to = (name: string) => `admin-${language}-${name}`;
  const login = `sun.li.${language}.${Date.now().toString(36)}`;
  await signInDesk(page, ground.url, 'admin');

  await go(page, 'accounts', 'tbody tr');
  await shoot(page, to('01-accounts'), found);
  await page.click('header .button.go');
  await page.fill('[name=name]', '孙丽');
  await page.fill('[name=new-login]', 'inspector1a');
  await page.selectOption('[name=unit]', { index: 3 });
  await page.click('form .button.go');
  await page.waitForSelector('form .note.bad');
  await shoot(page, to('02-account-new'), found);
  await page.fill('[name=new-login]', login);
  await page.click('form .button.go');
  await page.waitForURL(/#\/account\//);
  await page.waitForSelector('form[aria-label]');
  await sleep(600);
  await shoot(page, to('03-account-fresh'), found, true);
  await page.selectOption('[name=area]', { index: 2 });
  await page.click('form[aria-label] .button');
  await page.waitForSelector('tbody tr');
  await page.selectOption('[name=role]', 'administrator');
  await page.selectOption('[name=area]', { index: 3 });
  await page.click('tbody .button');
  await page.locator('section:nth-of-type(2) .button.go').click();
  const code = await page.innerText('[data-code]');
  await sleep(4200);
  await shoot(page, to('04-invitation'), found, true);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 1020, height: 720 });
  await shoot(page, to('05-invitation-print'), found);
  await page.emulateMedia({ media: 'screen' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await go(page, 'accounts?q=inspector', 'tbody tr');
  await page.click('tbody a');
  await page.waitForSelector('section:nth-of-type(3) tbody tr');
  await page.click('section:nth-of-type(4) .button');
  await shoot(page, to('06-account'), found, true);
  await go(page, 'accounts?q=zzzz', '.note');
  await shoot(page, to('07-accounts-none'), found);
  await go(page, `account/${v7()}`, 'h1');
  await sleep(500);
  await shoot(page, to('08-account-unknown'), found);

  await go(page, 'imports/units', '.drop');
  await shoot(page, to('10-imports'), found);
  await go(page, 'imports/sites', '.drop');
  await shoot(page, to('11-imports-sites'), found);
  await go(page, 'imports/units', '.drop');
  await page.setInputFiles(
    'input[type=file]',
    table(
      '单位代码,单位名称,类别,区划代码\nbad code,某局,department,\nlin_ye,林业局,bureau,99\nlin_ye,林业局,department,990126999999\n',
    ),
  );
  await page.waitForSelector('[data-fault]');
  await shoot(page, to('12-imports-faults'), found, true);
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot(page, to('12b-imports-faults-phone'), found, true);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator('.sheet > .row > .button').last().click();
  await page.setInputFiles(
    'input[type=file]',
    table(`单位代码,单位名称,类别\nlin_ye_${login.replaceAll('.', '_')},林业局,department\n`),
  );
  await page.waitForSelector('[data-import]');
  await shoot(page, to('13-imports-ready'), found);
  await page.click('[data-import]');
  await page.waitForSelector('[data-import]', { state: 'detached' });
  await page.waitForSelector('dl');
  await shoot(page, to('14-imports-done'), found);

  // Of every kind: rows that differ in all ways, rules, a checklist.
  const { areas } = await clerk.get<{ areas: { code: string; level: string }[] }>('/v1/areas');
  const [one, two] = areas.filter(({ level }) => level === 'village').map(({ code }) => code);
  const site = await clerk.site('household', 3);
  const { rules } = await clerk.get<{ rules: { look_back: { days: object } } & Record<string, unknown> }>(
    '/v1/terms',
  );
  const { checklists } = await clerk.get<{ checklists: { checklist_id: string; version: number }[] }>(
    '/v1/checklists',
  );
  const [{ checklist_id = '', version = 1 } = {}] = checklists;
  const list = await clerk.get<{ code: string; items: object[] }>(
    `/v1/checklists/${checklist_id}/versions/${version}`,
  );
  const files = [
    [
      'sites',
      `编码,名称,类别,区划代码,纬度,经度,户主,状态\n${site.code},改名户,户,${two},33.1,${site.longitude},王大山,已脱贫\nX-1,新点位,户,${one},,,李小河,边缘户\nX-2,坏点位,宫殿,${one},33.1,,,富\n`,
    ],
    [
      'deadlines',
      JSON.stringify({
        ...rules,
        version: 9,
        receipt_hours: 12,
        ladder: [],
        look_back: { ...rules.look_back, days: { general: 90, serious: 45, grave: 30 } },
      }),
    ],
    [
      'checklists',
      JSON.stringify({
        code: list.code,
        title: { zh: '入户核查表（新）', en: 'Household check (new)' },
        items: [...list.items.slice(1), list.items[0]],
      }),
    ],
  ] as const;
  for (const [what, text] of files) {
    await go(page, `imports/${what}`, '.drop');
    await page.setInputFiles('input[type=file]', table(text));
    await page.waitForSelector('[data-row]');
    await shoot(page, to(`15-imports-rows-${what}`), found, true);
    await page.setViewportSize({ width: 390, height: 844 });
    await shoot(page, to(`16-imports-rows-${what}-phone`), found, true);
    await page.setViewportSize({ width: 1440, height: 900 });
  }

  await go(page, 'checklists', 'tbody tr');
  await shoot(page, to('20-checklists'), found);
  await page.click('tbody tr:nth-child(2) a');
  await page.waitForSelector('.phone');
  await shoot(page, to('20b-checklist'), found);
  await page.click('header a.button');
  await page.waitForSelector('.frame');
  await shoot(page, to('21-editor'), found);
  await page.click('.frame .verdict .stop, .frame .pick, .frame .number .button');
  await shoot(page, to('22-editor-failing'), found, true);
  await page.locator('nav[aria-label] .button.wide').click();
  await page.locator('input[type=radio][value=choice]').check();
  await shoot(page, to('23-editor-flaws'), found, true);
  await page.locator('input[type=radio][value=number]').check();
  await page.fill('[name=item-code]', 'water.pressure');
  await page.fill('[name=item-title-zh]', '末梢水压');
  await page.fill('[name=item-title-en]', 'Pressure at the tap');
  await page.fill('[name=pass_min]', '15');
  await shoot(page, to('24-editor-number'), found, true);
  await page.click('header .button.go');
  await page.waitForSelector('[data-publish]:not([disabled])');
  await shoot(page, to('25-editor-publish'), found);
  await page.click('.note.stack .row .button:last-child');
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot(page, to('26-editor-phone'), found, true);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator('.button', { hasText: /放弃草稿|Discard/ }).click();
  await page.locator('.asks .button.stop').click();
  await go(page, 'editor/new', '.three');
  await shoot(page, to('27-editor-new'), found, true);
  await page.setViewportSize({ width: 390, height: 844 });
  await go(page, 'accounts', 'tbody tr');
  await shoot(page, to('28-accounts-phone'), found);
  await page.setViewportSize({ width: 1440, height: 900 });
  await context.setOffline(true);
  await go(page, 'imports/areas', '.note.warn');
  await shoot(page, to('30-imports-offline'), found);
  await go(page, 'accounts', '.note');
  await shoot(page, to('31-accounts-offline'), found);
  await context.close();

  const other = await office(ground, language, { bypassCSP: true });
  const desk = await other.newPage();
  wrong.push(...watch(desk));
  await signInDesk(desk, ground.url, 'supervisor1');
  await go(desk, 'accounts', '.note');
  await shoot(desk, to('32-accounts-not-allowed'), found);
  await desk.click('nav a[href="#/imports"]');
  await desk.waitForSelector('.drop');
  await shoot(desk, to('33-imports-findings'), found);
  await go(desk, 'people', 'section:nth-of-type(2) tbody tr');
  await shoot(desk, to('34-people'), found, true);
  await other.close();

  const pocket = await ground.phone(language, { bypassCSP: true });
  const phone = await pocket.newPage();
  wrong.push(...watch(phone));
  await phone.goto(`${ground.url}/field/`);
  await phone.waitForSelector('[name=login]');
  await shoot(phone, to('40-field-first'), found, true);
  await phone.click('a[href="#/join"]');
  await phone.waitForSelector('[name=code]');
  await shoot(phone, to('41-join-by-hand'), found, true);
  await phone.goto(invitationAddress(ground.url, { jurisdiction: '990126', login, code: 'AAAA-BBBB-CCCC' }));
  await phone.waitForSelector('.login');
  await phone.fill('[name=password]', 'long enough');
  await phone.fill('[name=again]', 'long enough');
  await phone.click('form .button.go');
  await phone.waitForSelector('[role=alert]');
  await shoot(phone, to('42-join-wrong'), found, true);
  await phone.goto(`${ground.url}/field/#/`);
  await phone.goto(invitationAddress(ground.url, { jurisdiction: '990126', login, code }));
  await phone.waitForSelector('.login');
  await shoot(phone, to('43-join'), found, true);
  await pocket.close();
  expect(found).toEqual([]);
  expect(wrong).toEqual([]);
});

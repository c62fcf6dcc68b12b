// What administrators do, against the real server: an account is made, gets a role, is invited, and the phone is in; a
// file with a fault is refused and mended; a checklist is published and is on the phone; a unit and an area by their forms.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invitationAddress } from '../shared/rules/invitation';
import { arrive, Clerk, Ground, inStep, office, signInDesk, watch } from './ground';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'admin');
});
afterAll(() => ground?.close());

/** A county may be kept for several runs. */
const RUN = Date.now().toString(36);
const FIRST = 'first password';
const SECOND = 'another password';

/** The file as somebody at a desk has it. */
const csv = (text: string, name = 'units.csv') => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(`\ufeff${text}`),
});

async function numberOf(desk: Page, title: string): Promise<string> {
  return desk.locator('dl.numbers > div', { hasText: title }).locator('dd').innerText();
}

/** A map and rules: what the server tells of them row by row. Nothing is written. */
async function everyKind(desk: Page): Promise<void> {
  const { areas } = await clerk.get<{ areas: { area_id: string; code: string; has_boundary?: boolean }[] }>(
    '/v1/areas',
  );
  const area = areas.find((one) => one.has_boundary);
  const site = await clerk.site('household', 2);
  const terms = await clerk.get<{ years: object[]; rules: object; tiers: object }>('/v1/terms');
  const feature = (code: string | undefined, geometry: unknown) => ({
    type: 'Feature',
    properties: { code },
    geometry,
  });
  const moved = { type: 'Point', coordinates: [site.longitude + 0.001, site.latitude] };
  const collection = (one: object) => ({ type: 'FeatureCollection', features: [one] });
  const files = [
    [
      'areas',
      collection(feature(area?.code, await clerk.get(`/v1/areas/${area?.area_id}/boundary`))),
      'unchanged',
    ],
    ['sites', collection(feature(site.code, moved)), 'changed'],
    ['calendar', terms.years, ''],
    ['deadlines', terms.rules, ''],
    ['tiers', terms.tiers, ''],
  ] as const;
  for (const [what, file, is] of files) {
    await desk.goto(`${ground.url}/#/imports/${what}`);
    await desk.waitForSelector(`nav a[href="#/imports/${what}"][aria-current]`);
    await desk.setInputFiles('input[type=file]', {
      name: `${what}.json`,
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(file)),
    });
    await desk.waitForSelector(is ? `[data-row=${is}]` : '[data-row]');
  }
  // Of a long file the first rows are shown, and how many there are.
  await desk.goto(`${ground.url}/#/imports/units`);
  await desk.waitForSelector('nav a[href="#/imports/units"][aria-current]');
  const long = Array.from({ length: 1100 }, (_, n) => `long_${n},某局,department`);
  await desk.setInputFiles('input[type=file]', csv(`code,name_zh,kind\n${long.join('\n')}\n`));
  expect(await desk.innerText('[data-told="1000"]')).toMatch(/1,100.*1,000/);
  expect(await desk.locator('[data-row=new]').count()).toBe(100);
}

async function setPassword(phone: Page, password: string): Promise<void> {
  await phone.fill('[name=password]', password);
  await phone.fill('[name=again]', password);
  await phone.click('form .button.go');
}

/** The code as it stands on the screen, in large letters. */
async function invite(desk: Page, again = false): Promise<string> {
  await desk.locator('section:has(h2) .button', { hasText: /邀请|invitation|重新生成|another/ }).click();
  if (again) await desk.locator('.asks .button.go').click();
  const code = await desk.innerText('[data-code]');
  expect(code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/);
  return code;
}

describe.each(['zh', 'en'] as const)('administration in %s', (language) => {
  const login = `zhou.${language}.${RUN}`;
  const zh = language === 'zh';

  it('account, role, invitation, phone; the password forgotten; out', async () => {
    const desk = await (await office(ground, language)).newPage();
    const wrong = watch(desk);
    await signInDesk(desk, ground.url, 'admin');
    await desk.click('nav a[href="#/accounts"]');
    await desk.click('header .button.go');
    await desk.fill('[name=name]', '周海燕');
    // Somebody has this one.
    await desk.fill('[name=new-login]', 'inspector1a');
    await desk.click('form .button.go');
    await desk.waitForSelector('form .note.bad');
    await desk.fill('[name=new-login]', login);
    await desk.click('form .button.go');
    await desk.waitForURL(/#\/account\//);
    await desk.selectOption('[name=role]', 'inspector');
    await desk.selectOption('[name=area]', { index: 2 });
    await desk.click('form[aria-label] .button');
    await desk.waitForSelector('section table tbody tr');
    const code = await invite(desk);
    const address = invitationAddress(ground.url, { jurisdiction: '', login, code });

    const pocket = await ground.phone(language);
    const phone = await pocket.newPage();
    wrong.push(...watch(phone));
    await phone.goto(address);
    await phone.waitForSelector('[name=password]');
    expect(await phone.innerText('.login strong')).toBe(login);
    // Nobody finds the code in the history.
    expect(phone.url()).toBe(`${ground.url}/field/#/join`);
    await phone.fill('[name=password]', FIRST);
    await phone.fill('[name=again]', SECOND);
    await phone.click('form .button.go');
    expect(await phone.innerText('[name=again][aria-invalid=true] ~ .fault')).toMatch(
      zh ? '不一样' : 'differ',
    );
    await setPassword(phone, 'short');
    expect(await phone.innerText('[name=password][aria-invalid=true] ~ .fault')).toMatch(
      zh ? '太短' : 'too short',
    );
    await pocket.setOffline(true);
    await setPassword(phone, FIRST);
    await phone.waitForSelector('[role=alert] >> text=/信号|signal/');
    await pocket.setOffline(false);
    await setPassword(phone, FIRST);
    await inStep(phone);
    expect(phone.url()).toBe(`${ground.url}/field/#/`);

    // The code was good once; typed by hand, however it is written.
    const stranger = await (await ground.phone(language)).newPage();
    await stranger.goto(`${ground.url}/field/`);
    await stranger.click('a[href="#/join"]');
    await stranger.fill('[name=login]', login);
    await stranger.fill('[name=code]', code.toLowerCase().replaceAll('-', ' '));
    await setPassword(stranger, SECOND);
    await stranger.waitForSelector('[role=alert] >> text=/用过|was used/');
    expect(await stranger.inputValue('[name=code]')).toBe(code);
    await stranger.context().close();

    // Active now, with a device; the password is forgotten, on the same phone.
    await desk.reload();
    await desk.waitForSelector('.state.full');
    expect(await desk.locator('section:has(h2) table').last().locator('tbody tr').count()).toBe(1);
    const second = await invite(desk);
    await phone.goto(invitationAddress(ground.url, { jurisdiction: '', login, code: second }));
    await phone.reload();
    await phone.goto(invitationAddress(ground.url, { jurisdiction: '', login, code: second }));
    await phone.waitForSelector('.login strong');
    await setPassword(phone, SECOND);
    // What is on the phone is locked with the first one.
    await phone.waitForSelector('[name=earlier]', { timeout: 40_000 });
    if (zh) {
      await phone.fill('[name=earlier]', 'not this one');
      await phone.click('form .button.go');
      await phone.waitForSelector('[role=alert]');
      await phone.fill('[name=earlier]', FIRST);
      await phone.click('form .button.go');
    } else {
      await phone.click('.button.plain');
      await phone.click('.note .button.stop');
    }
    await inStep(phone);

    // Out within a second.
    await desk.locator('section').last().locator('.button').click();
    await desk.locator('.asks .button.stop').click();
    await desk.waitForSelector('.state.bad');
    await phone.reload();
    await phone.waitForSelector('.note.warn .button, [name=password]');
    await phone.context().close();
    expect(wrong).toEqual([]);
    await desk.context().close();
  });

  it('a file with a fault, and without', async () => {
    const desk = await (await office(ground, language)).newPage();
    const wrong = watch(desk);
    await signInDesk(desk, ground.url, 'admin');
    await desk.click('nav a[href="#/imports"]');
    await desk.click('a[href="#/imports/units"]');
    await desk.waitForSelector('nav a[href="#/imports/units"][aria-current]');
    const code = `bureau_${language}_${RUN}`;
    const heads = zh ? '单位代码,单位名称,英文名,类别' : 'code,name_zh,name_en,kind';
    await desk.setInputFiles(
      'input[type=file]',
      csv(`${heads}\n${code},新设局,New bureau,department\nbad code,某局,Some,department\n`),
    );
    await desk.waitForSelector('[data-fault]');
    expect(await desk.locator('[data-fault]').count()).toBe(1);
    // At its row, which comes first; the other one is told, too.
    expect(await desk.locator('[data-row]').first().innerText()).toMatch(/^3\s/);
    expect(await desk.locator('[data-row=faulty] [data-fault]').count()).toBe(1);
    expect(await desk.innerText('[data-row=new]')).toMatch(/^2\s/);
    // On a phone the cells of a row stand below each other: nothing scrolls sideways.
    await desk.setViewportSize({ width: 390, height: 844 });
    const tooWide = (all: Element[]) => all.filter((one) => one.scrollWidth > one.clientWidth).length;
    expect(await desk.locator('html, .scroll').evaluateAll(tooWide)).toBe(0);
    expect(await desk.locator('[data-row] .what').first().isVisible()).toBe(true);
    await desk.setViewportSize({ width: 1440, height: 900 });
    // In both languages, the person's own first.
    const reasons = await desk.locator('[data-fault] span').allInnerTexts();
    expect(reasons.map((text) => /[\u3400-\u9fff]/.test(text))).toEqual([zh, !zh]);
    expect(await desk.locator('[data-import]').count()).toBe(0);
    const known = async () =>
      (await clerk.get<{ units: { code: string }[] }>('/v1/units')).units.some((one) => one.code === code);
    expect(await known()).toBe(false);

    await desk.locator('.button', { hasText: zh ? '换一个文件' : 'Another file' }).click();
    const good = csv(`${heads}\n${code},新设局,New bureau,department\n`);
    // Dropped, this time.
    const dropped = await desk.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'units.csv', { type: 'text/csv' }));
      return data;
    }, good.buffer.toString());
    await desk.dispatchEvent('.drop', 'drop', { dataTransfer: dropped });
    await desk.waitForSelector('[data-import]');
    expect(await numberOf(desk, zh ? '新增' : 'New')).toBe('1');
    // Row by row: what is new, with what it has.
    expect(await desk.locator('[data-row]').count()).toBe(1);
    const row = (await desk.innerText('[data-row=new]')).replace(/\s+/g, ' ');
    for (const part of ['2', code, '新设局', 'New bureau', zh ? '部门' : 'Department'])
      expect(row).toContain(part);
    // A dry run writes nothing.
    expect(await known()).toBe(false);
    await desk.click('[data-import]');
    await desk.waitForSelector('[data-import]', { state: 'detached' });
    await desk.waitForSelector('.note.good');
    expect(await known()).toBe(true);
    // The same again is nothing new.
    await desk.locator('.button', { hasText: zh ? '换一个文件' : 'Another file' }).click();
    await desk.setInputFiles('input[type=file]', good);
    await desk.waitForSelector('dl');
    expect(await numberOf(desk, zh ? '不变' : 'Unchanged')).toBe('1');
    expect(await desk.locator('[data-import]').count()).toBe(0);
    expect(await desk.locator('[data-row]').count()).toBe(1);
    expect(await desk.locator('[data-row=unchanged]').count()).toBe(1);
    // Another name: what it was and what it becomes.
    await desk.locator('.button', { hasText: zh ? '换一个文件' : 'Another file' }).click();
    await desk.setInputFiles('input[type=file]', csv(`${heads}\n${code},改名局,New bureau,department\n`));
    await desk.waitForSelector('[data-row=changed]');
    expect(await desk.locator('[data-row] del').allInnerTexts()).toEqual(['新设局']);
    expect(await desk.locator('[data-row] ins').allInnerTexts()).toEqual(['改名局']);
    if (zh) await everyKind(desk);
    expect(wrong).toEqual([]);
    await desk.context().close();
  });

  it('problems from elsewhere, by a supervisor', async () => {
    const { areas } = await clerk.get<{ areas: { code: string; level: string }[] }>('/v1/areas');
    const village = areas.find(({ level }) => level === 'village')?.code;
    const desk = await (await office(ground, language)).newPage();
    const wrong = watch(desk);
    await signInDesk(desk, ground.url, 'supervisor1');
    // Accounts are not theirs.
    expect(await desk.locator('nav a[href="#/accounts"]').count()).toBe(0);
    await desk.click('nav a[href="#/imports"]');
    const heads = zh ? '编号,区划代码,来源,严重程度,问题' : 'code,area_code,source,severity,text';
    const row = (source: string) =>
      csv(`${heads}\nZY-${RUN}-${language},${village},${source},较重,饮水管网漏损 ${RUN}\n`, 'zhongyang.csv');
    await desk.setInputFiles('input[type=file]', row('传闻'));
    await desk.waitForSelector('[data-fault=word_unknown]');
    await desk.locator('.button', { hasText: zh ? '换一个文件' : 'Another file' }).click();
    await desk.setInputFiles('input[type=file]', row('中央反馈'));
    expect(await desk.locator('[data-row=new]').innerText()).toContain(`ZY-${RUN}-${language}`);
    await desk.click('[data-import]');
    await desk.waitForSelector('[data-import]', { state: 'detached' });
    await desk.waitForSelector('.note.good');
    // It is on the ledger, and on this desk.
    await desk.goto(`${ground.url}/#/list?source=central&q=${RUN}`);
    await desk.waitForSelector('tbody tr');
    expect(wrong).toEqual([]);
    await desk.context().close();
  });

  it('a checklist, from the table to the phone', async () => {
    const site = await clerk.site('household', zh ? 0 : 1);
    const desk = await (await office(ground, language)).newPage();
    const wrong = watch(desk);
    const phone = await (
      await ground.phone(language, {
        geolocation: { latitude: site.latitude, longitude: site.longitude, accuracy: 8 },
      })
    ).newPage();
    wrong.push(...watch(phone));
    await signInDesk(desk, ground.url, 'admin');
    await desk.click('nav a[href="#/checklists"]');
    await desk.click('a[href="#/editor/new"]');
    await desk.fill('[name=list-code]', `test.${language}.${RUN}`);
    await desk.fill('[name=list-title-zh]', `试用表${RUN}`);
    await desk.fill('[name=list-title-en]', `Trial ${RUN}`);
    await desk.click('[data-item]');
    await desk.fill('[name=item-code]', 'Water!');
    // Validated as one types.
    await desk.waitForSelector('[name=item-code][aria-invalid=true]');
    await desk.fill('[name=item-code]', 'water');
    await desk.waitForSelector('[name=item-code][aria-invalid=false]');
    await desk.fill('[name=item-title-zh]', '水压够吗');
    await desk.fill('[name=item-title-en]', 'Is there pressure');
    // The phone beside it is the field app's own question, and it answers.
    expect(await desk.innerText('.frame h2')).toBe(zh ? '水压够吗' : 'Is there pressure');
    await desk.click('.frame .verdict .stop');
    await desk.waitForSelector('.frame fieldset .choice');
    // A second item, moved up by keyboard.
    await desk.locator('nav .button.wide').click();
    await desk.fill('[name=item-code]', 'note');
    await desk.fill('[name=item-title-zh]', '其他情况');
    await desk.fill('[name=item-title-en]', 'Anything else');
    await desk.keyboard.press('Alt+ArrowUp');
    expect(await desk.locator('[data-item]').first().innerText()).toMatch(zh ? '其他情况' : 'Anything else');
    // A reload loses nothing.
    await desk.waitForTimeout(800);
    await desk.reload();
    await desk.waitForSelector('[data-item]');
    expect(await desk.locator('[data-item]').first().innerText()).toMatch(zh ? '其他情况' : 'Anything else');
    await desk.click('header .button.go');
    await desk.click('[data-publish]:not([disabled])');
    await desk.click('.note.good a[href^="#/checklist/"]');
    // The next version begins from it; published by hand and eye, not by accident.
    await desk.click('header a.button');
    await desk.waitForSelector('.three');
    expect(await desk.locator('header .button.go').isDisabled()).toBe(true);
    await desk.fill('[name=item-title-en]', 'Anything else, at all');
    const [kept] = await Promise.all([
      desk.waitForEvent('download'),
      desk.locator('header .button', { hasText: 'JSON' }).click(),
    ]);
    expect(kept.suggestedFilename()).toBe(`test.${language}.${RUN}-v2.json`);
    await desk.click('header .button.go');
    await desk.click('[data-publish]:not([disabled])');
    await desk.waitForSelector('.note.good a[href$="/2"]');
    await desk.waitForSelector('header .button.go[disabled]');
    expect(await desk.locator('.note.warn').count()).toBe(0);
    // The file that was kept is what was published.
    await desk.goto(`${ground.url}/#/imports/checklists`);
    await desk.setInputFiles('input[type=file]', await kept.path());
    await desk.waitForSelector('dl');
    expect(await numberOf(desk, zh ? '不变' : 'Unchanged')).toBe('1');
    expect(await desk.locator('[data-fault], [data-import]').count()).toBe(0);
    expect(await desk.locator('[data-row=unchanged]').innerText()).toContain(`test.${language}.${RUN}`);

    await phone.goto(`${ground.url}/field/`);
    await phone.fill('[name=login]', zh ? 'inspector5a' : 'inspector5b');
    await phone.fill('[name=password]', 'anfang-demo-2026');
    await phone.click('form .button.go');
    await inStep(phone);
    await arrive(phone, site.code);
    const lists = await phone.innerText('main');
    expect(lists).toContain(zh ? `试用表${RUN}` : `Trial ${RUN}`);
    await phone.context().close();
    expect(wrong).toEqual([]);
    await desk.context().close();
  });
});

it('a unit and an area are added and mended, by an administrator only', async () => {
  const desk = await (await office(ground, 'en')).newPage();
  const wrong = watch(desk);
  await signInDesk(desk, ground.url, 'admin');
  await desk.click('nav a[href="#/units"]');
  await desk.click('main header [aria-expanded]');
  await desk.fill('form [name=code]', `ju_${RUN}`);
  await desk.fill('form [name=name_zh]', '新局');
  await desk.selectOption('form [name=kind]', 'department');
  await desk.click('[data-save]');
  const unit = desk.locator('tbody tr', { hasText: `ju_${RUN}` });
  await unit.locator('button').click();
  await desk.fill('form [name=name_en]', `Bureau ${RUN}`);
  await desk.click('[data-save]');
  await unit.locator('th', { hasText: `Bureau ${RUN}` }).waitFor();

  await desk.click('nav a[href="#/areas"]');
  const township = desk.locator('details').first();
  await township.locator('summary').click();
  await township.locator('.tools button').last().click();
  await desk.fill('form [name=name_zh]', '新村');
  await desk.fill('form [name=code]', '12');
  await desk.click('[data-save]');
  await desk.waitForSelector('form [data-fault=area_code_invalid]');
  const code = `9901269${String(Date.now()).slice(-5)}`;
  await desk.fill('form [name=code]', code);
  await desk.click('[data-save]');
  const village = township.locator('tbody tr', { hasText: code });
  await village.locator('button').click();
  await desk.fill('form [name=name_en]', `Village ${RUN}`);
  await desk.click('[data-save]');
  await village.locator('th', { hasText: `Village ${RUN}` }).waitFor();
  expect(wrong).toEqual([]);
  await desk.context().close();

  const other = await (await office(ground, 'en')).newPage();
  await signInDesk(other, ground.url, 'supervisor1');
  for (const page of ['sites', 'units', 'areas']) {
    await other.click(`nav a[href="#/${page}"]`);
    await other.waitForSelector('h1 .numbers');
    expect(await other.locator('main header [aria-expanded], td button').count()).toBe(0);
  }
  await other.context().close();
});

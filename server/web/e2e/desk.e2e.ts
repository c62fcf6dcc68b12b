// At the desk, in a real browser: a hand-over happens when it is meant and once; shortcuts can be switched off; days are
// chosen on the working calendar; what is printed has an official head and no controls; every page
// passes axe. One sign-in for each person: it is most of what such a test costs.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, office, signInDesk, sleep, watch } from './ground';
import { flaws } from './shoot';

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
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
  await reported();
});
afterAll(() => ground?.close());

const complaints: string[][] = [];
const pages = new Map<string, Promise<Page>>();
/** This person's page, signed in once, in this language from now on. */
async function pageOf(login: string, language: 'zh' | 'en' = 'zh'): Promise<Page> {
  const signedIn = async () => {
    const made = await (await office(ground, language)).newPage();
    complaints.push(watch(made));
    await signInDesk(made, ground.url, login);
    return made;
  };
  if (!pages.has(login)) pages.set(login, signedIn());
  const page = (await pages.get(login)) as Page;
  await page.emulateMedia({ media: 'screen' });
  await speak(page, language);
  return page;
}
async function speak(page: Page, language: 'zh' | 'en'): Promise<void> {
  const [tag, shown] = language === 'zh' ? ['zh-CN', 'zh-CN'] : ['en', 'en-GB'];
  if ((await page.getAttribute('html', 'lang')) === shown) return;
  await page.goto(`${ground.url}/#/settings`);
  await page.click(`[role=group] [lang=${tag}]`);
  await page.waitForSelector(`html[lang=${shown}]`);
}
async function inbox(page: Page): Promise<void> {
  await page.goto(`${ground.url}/#/inbox`);
  await page.waitForSelector('.queue li');
  // Past the pause after an earlier one.
  await sleep(800);
}
const left = (page: Page) => page.locator('.queue li').count();
/** Items that were handed over: among what waits may be one that is listed already, a problem from elsewhere. */
const handedOver = async () => {
  const { rectifications } = await clerk.get<{ rectifications: { stage: { name: string } }[] }>(
    '/v1/rectifications?limit=200',
  );
  return rectifications.filter(({ stage }) => stage.name !== 'listed').length;
};
const filled = async (page: Page) => {
  if (!(await page.inputValue('[name=person]'))) await page.fill('[name=person]', '张建国');
};

describe('Ctrl ⏎', () => {
  it('hands over from nowhere but where it is meant', async () => {
    const page = await pageOf('supervisor1');
    await inbox(page);
    await filled(page);
    const before = await left(page);
    const items = await handedOver();
    await page.keyboard.press('Escape');
    // Setting aside, with its reason half written; then somewhere else on the page.
    await page.getByRole('button', { name: '不予列入' }).first().click();
    await page.locator('form.note input').fill('重复');
    await page.keyboard.press('Control+Enter');
    await page.click('h2.what');
    await page.keyboard.press('Control+Enter');
    // In the filter above the list.
    await page.locator('header select').first().focus();
    await page.keyboard.press('Control+Enter');
    await sleep(500);
    expect(await left(page)).toBe(before);
    expect(await handedOver()).toBe(items);
    // Days that are none: said at the field, nothing sent.
    await page.getByRole('button', { name: '不予列入' }).first().click();
    for (const days of ['', '0', '366', '2.5']) {
      await page.fill('[data-part=days]', days);
      await page.keyboard.press('Control+Enter');
      await page.locator('[data-part=days][aria-invalid=true]').waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('data-part'))).toBe('days');
    }
    expect(await left(page)).toBe(before);
    expect(await handedOver()).toBe(items);
    await page.fill('[data-part=days]', '7');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.toast');
    expect(await left(page)).toBe(before - 1);
  });

  it('held or pressed twice hands over one, as a double click does', async () => {
    const page = await pageOf('supervisor1', 'en');
    const once = async (press: () => Promise<unknown>) => {
      await inbox(page);
      await filled(page);
      const before = await left(page);
      const items = await handedOver();
      await press();
      for (let i = 0; i < 150 && (await left(page)) === before; i++) await sleep(100);
      // Whatever else the presses would do, they would have done it by then.
      await sleep(1500);
      expect(await left(page)).toBe(before - 1);
      for (let i = 0; i < 150 && (await handedOver()) === items; i++) await sleep(100);
      expect(await handedOver()).toBe(items + 1);
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
  });
});

it('a hand-over half written is there again after a look elsewhere, and no other has it', async () => {
  const page = await pageOf('supervisor1');
  await inbox(page);
  await page.fill('[name=requirement]', '三日内修好，换新的');
  await page.fill('[data-part=days]', '4');
  await page.click('nav a[href="#/sites"]');
  await page.waitForURL(/#\/sites/);
  await page.goBack();
  expect(await page.inputValue('[name=requirement]')).toBe('三日内修好，换新的');
  expect(await page.inputValue('[data-part=days]')).toBe('4');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.waitForFunction((old) => {
    const at = document.querySelector<HTMLTextAreaElement>('[name=requirement]');
    return at && at.value !== old;
  }, '三日内修好，换新的');
  await page.keyboard.press('k');
  await page.waitForFunction(
    (own) => document.querySelector<HTMLTextAreaElement>('[name=requirement]')?.value === own,
    '三日内修好，换新的',
  );
});

it('a day of the calendar leads to what is due on it', async () => {
  const page = await pageOf('supervisor1');
  await page.goto(`${ground.url}/#/calendar`);
  const day = page.locator('a[href*="due="]').first();
  const said = Number(await day.innerText());
  await day.click();
  await page.waitForSelector('tbody tr');
  expect(await page.locator('tbody tr').count()).toBe(said);
  expect(await page.innerText('.bar')).toContain(String(said));
});

it('a word on what was done is gone with the next press', async () => {
  const page = await pageOf('supervisor1');
  await inbox(page);
  await filled(page);
  await page.click('[data-go]');
  await page.waitForSelector('.toast');
  await page.click('h2.what');
  expect(await page.locator('.toast').count()).toBe(0);
});

it('shortcuts of one key are off when they are switched off, also the next time', async () => {
  const page = await pageOf('supervisor1', 'en');
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
  const other = await pageOf('leader1', 'en');
  await other.goto(`${ground.url}/#/settings`);
  expect(await other.isChecked('[data-shortcuts]')).toBe(true);
  await page.goto(`${ground.url}/#/settings`);
  await page.check('[data-shortcuts]');
});

it('a deadline is chosen on the calendar by keys, and told for what it is', async () => {
  const page = await pageOf('supervisor1');
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
  // The next test wants it closed again.
  await page.click('[data-calendar]');
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
  const page = await pageOf('supervisor1', language);
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
});

it.each([
  ['item', 'list', '整改事项单', '责任单位：'],
  ['inspection', 'inspections', '暗访记录单', '暗访人员：'],
])(
  'one %s is a sheet that stands upright, with a head and places to sign',
  async (one, list, title, signs) => {
    const page = await pageOf('supervisor1');
    await page.goto(`${ground.url}/#/${list}`);
    await page.click(`a[href^="#/${one}/"]`);
    await page.waitForSelector('main h2');
    await page.emulateMedia({ media: 'print' });
    const number = (await page.evaluate(() => location.hash)).split('/')[2]?.slice(-6) ?? '?';
    const head = await page.locator('.paper').innerText();
    for (const part of [title, '打印时间', '打印人', number]) expect(head).toContain(part);
    expect(await page.locator('.sign p:visible').count()).toBe(3);
    expect(await page.locator('.sign').innerText()).toContain(signs);
    expect(await page.locator('.button:visible, .input:visible, input:visible, .rail:visible').count()).toBe(
      0,
    );
    const sheet = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const sizes = [...sheet.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, w, h]) => [
      Number(w),
      Number(h),
    ]);
    expect(sizes.length).toBeGreaterThan(0);
    // A4 in points.
    for (const [w, h] of sizes) expect([Math.round(w ?? 0), Math.round(h ?? 0)]).toEqual([595, 842]);
  },
);

it('an action asks for its day on the working calendar, and says when it lacks one', async () => {
  const page = await pageOf('supervisor1');
  await page.goto(`${ground.url}/#/list?stands=handed_over`);
  await page.click('a[href^="#/item/"]');
  await page.click('[data-act="rectification.suspend"]');
  const form = page.locator('.form');
  expect(await page.locator('input[type=date]').count()).toBe(0);
  await form.locator('[name=reason]').fill('须县级立项');
  await form.locator('.button.plain').first().waitFor();
  await form.locator('button:not([type])').last().click();
  await form.locator('[data-field=review_on] [role=alert]').waitFor();
  expect(await form.locator('[role=grid] [data-day]:disabled').count()).toBeGreaterThan(0);
  const day = form.locator('[role=grid] [data-day]:enabled').last();
  const on = await day.getAttribute('data-day');
  await day.click();
  expect(await form.locator('[data-due]').getAttribute('data-due')).toBe(on);
  expect(await form.locator('[role=alert]').count()).toBe(0);
  await form.locator('button:not([type])').last().click();
  await page.waitForSelector('.form', { state: 'detached' });
  const id = (await page.evaluate(() => location.hash)).split('/')[2];
  for (let i = 0; i < 100; i++) {
    const { trail } = await clerk.get<{ trail: { type: string }[] }>(`/v1/rectifications/${id}/trail`);
    if (trail.some(({ type }) => type === 'rectification.suspend')) return;
    await sleep(100);
  }
  throw new Error('the server never learned of it');
});

it('an acceptance on site names a visit that saw the work, and says when there is none', async () => {
  const unit = await Clerk.signIn(ground.api, 'secretary1');
  const verifier = await Clerk.signIn(ground.api, 'verifier1');
  const me = await unit.get<{ account_id: string; grants: { scope: { unit?: string } }[] }>('/v1/me');
  const unit_id = me.grants.find(({ scope }) => scope.unit)?.scope.unit ?? '';
  const { units } = await clerk.get<{ units: { unit_id: string; area_id: string }[] }>('/v1/units');
  const area_id = units.find((one) => one.unit_id === unit_id)?.area_id;
  const { sites } = await clerk.get<{ sites: { site_id: string }[] }>(
    `/v1/sites?kind=household&area_id=${area_id}`,
  );
  const visit = async (site?: { site_id: string }) => {
    const [inspection_id, presence] = [v7(), { at: new Date().toISOString() }];
    const body = { inspection_id, site_id: site?.site_id, arrival: presence, departure: presence };
    await verifier.give({ type: 'inspection.submit', body });
    return inspection_id;
  };
  // Before the order, and elsewhere: neither can have seen the work.
  await visit(sites[0]);
  const rectification_id = v7();
  const noted = [
    {
      finding_id: v7(),
      source: 'audit',
      severity: 'general',
      text: '院墙开裂',
      site_id: sites[0]?.site_id,
    },
  ];
  const person = { name: '张建国', account_id: me.account_id };
  const order = { rectification_id, unit_id, person, requirement: '修好院墙', due: { working_days: 10 } };
  await clerk.give(
    { type: 'rectification.list', body: { rectification_id, area_id, noted } },
    { type: 'rectification.hand_over', body: order },
  );
  await visit(sites[1]);
  await unit.give(
    { type: 'rectification.acknowledge', body: { rectification_id } },
    { type: 'rectification.report', body: { rectification_id, text: '院墙已修好' } },
  );
  const page = await pageOf('verifier1');
  await page.goto(`${ground.url}/#/item/${rectification_id}`);
  await page.click('[data-act="rectification.accept"]');
  const [form, button] = [page.locator('.form'), page.locator('.form .button.go')];
  expect(await form.locator('[name=inspection_id]').count()).toBe(0);
  expect(await button.isEnabled()).toBe(true);
  await form.locator('[name=method]').selectOption('on_site');
  await form.locator('[data-no-visit]').waitFor();
  expect(await button.isEnabled()).toBe(false);
  const suits = await visit(sites[0]);
  const offered = form.locator('[name=inspection_id] option:not([value=""])');
  await offered.first().waitFor({ state: 'attached' });
  expect(await offered.evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))).toEqual([
    suits,
  ]);
  await form.locator('[name=inspection_id]').selectOption(suits);
  await button.click();
  await form.waitFor({ state: 'detached' });
  const acceptance = async () => {
    const { rectifications } = await clerk.get<{
      rectifications: { rectification_id: string; stage: { acceptance?: unknown } }[];
    }>('/v1/rectifications?limit=200');
    return rectifications.find((one) => one.rectification_id === rectification_id)?.stage.acceptance;
  };
  await expect
    .poll(acceptance, { timeout: 10_000 })
    .toMatchObject({ method: 'on_site', inspection_id: suits });
});

it('the administrators’ sheet has it, too', async () => {
  const page = await pageOf('admin');
  await page.goto(`${ground.url}/#/accounts`);
  await page.waitForSelector('tbody tr');
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('.paper').innerText()).toContain('用户账号');
  expect(await page.locator('.button:visible, .input:visible').count()).toBe(0);
});

const file = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8');
/** Every page there is, by the table that opens them. */
const ROUTES = [
  ...['today', 'inbox', 'list', 'item'],
  ...[
    ...(/const LATER = \{([\s\S]*?)\}/.exec(file('desk/Ready.svelte'))?.[1] ?? '').matchAll(/(\w+): \(\)/g),
  ].map(([, one]) => one as string),
];
/** What shows that a page has drawn what it has, and those that stand for one of many: the list they are opened from. */
const DRAWN: Record<string, string> = {
  inbox: '.queue li',
  list: 'tbody tr',
  map: '.township-name',
  inspections: 'tbody tr',
  sites: 'tbody tr',
  areas: 'summary',
  units: 'tbody tr',
  checklists: 'tbody tr',
  checklist: '.phone',
  people: 'tbody tr',
  calendar: 'ol',
  media: '.wall li, .note',
  accounts: 'tbody tr',
  account: 'section h2',
  imports: '.drop',
  editor: '.three',
};
const ONE_OF: Record<string, string> = {
  item: 'list',
  inspection: 'inspections',
  site: 'sites',
  checklist: 'checklists',
  account: 'accounts',
  editor: 'editor/new',
};
const ADMINS = ['accounts', 'account', 'imports', 'editor'];

async function visit(page: Page, route: string): Promise<void> {
  const from = ONE_OF[route];
  await page.goto(`${ground.url}/#/${from ?? route}`);
  if (from && !from.includes('/')) await page.click(`a[href^="#/${route}/"]`);
  await page.waitForSelector(`main h1`);
  await page.waitForSelector(DRAWN[route] ?? 'main h1');
}

describe('every page', () => {
  it.each(['supervisor1', 'admin'])('passes axe, and fits a phone in English: those of %s', async (login) => {
    expect(ROUTES).toHaveLength(25);
    const mine = ROUTES.filter((one) => ADMINS.includes(one) === (login === 'admin'));
    const found: string[] = [];
    const page = await pageOf(login);
    for (const route of mine) {
      await visit(page, route);
      // To its end: whatever scrolls under the button that stays in sight can be reached there.
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      for (const flaw of await flaws(page)) found.push(`${route}: ${flaw}`);
    }
    await speak(page, 'en');
    await page.setViewportSize({ width: 390, height: 844 });
    for (const route of mine) {
      await visit(page, route);
      const closed = page.locator('main details:not([open]) > summary').first();
      if (await closed.isVisible()) await closed.click();
      const text = await page.innerText('main');
      if (/\{\w+\}|undefined|\[object|NaN/.test(text))
        found.push(`${route}: unfinished: ${text.slice(0, 200)}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) found.push(`${route}: ${wide} pixels wider than a phone`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(found).toEqual([]);
  });

  it('nowhere did a page complain', () => {
    expect(complaints.flat()).toEqual([]);
  });
});

it('the kept types are true to this server', async () => {
  const root = join(import.meta.dirname, '..');
  const told = await promisify(execFile)(process.execPath, ['dev/types.mjs', 'check', ground.api], {
    cwd: root,
  });
  expect(told.stdout).toContain('true to the server');
});

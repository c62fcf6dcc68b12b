// Pages on which plans, files and the books are worked with, in both languages, into shots/, with axe on each.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, office, signInDesk, sleep, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;
/** An item of two findings that is with nobody. */
const several = v7();

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
  const { areas } = await clerk.get<{ areas: { area_id: string; level: string }[] }>('/v1/areas');
  const area_id = areas.find((one) => one.level === 'township')?.area_id;
  const note = (text: string) => ({ finding_id: v7(), source: 'audit', severity: 'serious', text });
  const noted = [note('村级光伏收益未按时分配'), note('公益岗工资拖欠两个月')];
  await clerk.give({
    type: 'rectification.list',
    body: { rectification_id: several, area_id, noted, text: '审计反馈：两项资金问题' },
  });
});
afterAll(() => ground?.close());

async function go(page: Page, hash: string, wait: string): Promise<void> {
  await page.goto(`${ground.url}/#/${hash}`);
  await page.waitForSelector(wait);
  await sleep(500);
}

async function sealed(page: Page, to: (name: string) => string, found: string[]): Promise<void> {
  await go(page, 'seal', '[name=team]');
  await page.click('form > .row .button.go');
  await shoot(page, to('40-seal-missing'), found, true);
  await page.check('[name=team] >> nth=1');
  await page.check('[name=team] >> nth=4');
  await page.check('[name=kind][value=village]');
  await page.fill('[name=above]', '2');
  await page.fill('[name=count]', '6');
  const round = `2026-12 ${Date.now() % 100_000}`;
  await page.fill('[name=round]', round);
  await page.check('[name=checklist] >> nth=0');
  await page.fill('[name=orders]', '不打招呼，直奔现场');
  await page.click('[data-part=frame] summary');
  await shoot(page, to('41-seal'), found, true);
  await page.click('form > .row .button.go');
  await page.waitForSelector('[data-act=seal]');
  await shoot(page, to('42-seal-ask'), found);
  await page.click('[data-act=seal]');
  await page.waitForSelector(`[data-plan] >> text=${round}`);
  const card = page.locator('[data-plan]', { hasText: round });
  await card.locator('[data-act=unseal]').click();
  await shoot(page, to('43-plans'), found);
  await card.locator('[data-act=unseal-really]').click();
  await card.locator('[data-act=repeat]').click();
  await card.locator('[data-right=true]').waitFor();
  await page.locator('.toast').waitFor({ state: 'detached' });
  await shoot(page, to('44-plan-unsealed'), found);
  await go(page, 'seal', '[name=how]');
  await page.check('[name=how][value=named]');
  await page.fill('[data-part=sites] input[type=search]', '卫生室');
  await sleep(300);
  const add = page.locator('[data-add]');
  if (await add.count()) await add.first().click();
  await shoot(page, to('45-seal-named'), found, true);
}

it.each(['zh', 'en'] as const)('work at the desk, %s', async (language) => {
  const found: string[] = [];
  const to = (name: string) => `desk-${language}-${name}`;
  const context = await office(ground, language, { bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');
  await sealed(page, to, found);

  await go(page, 'list', 'tbody tr');
  await page.click('[data-act=export]');
  const saved = page.waitForEvent('download');
  await page.click('[data-format=xlsx]');
  await saved;
  await page.waitForSelector('[data-right=true]');
  await shoot(page, to('46-export'), found);
  await go(page, 'list?stands=to_close&q=x', 'h1');
  if (!(await page.locator('[data-format]').count())) await page.click('[data-act=export]');
  await shoot(page, to('47-export-lacks'), found);
  await go(page, `item/${several}`, '[data-act="rectification.split"]');
  await page.click('[data-act="rectification.split"]');
  await shoot(page, to('48-split'), found);
  await page.click('[data-act="rectification.add_finding"]');
  await shoot(page, to('49-add-finding'), found, true);
  await go(page, 'inbox', '.decide');
  await shoot(page, to('50-inbox'), found, true);
  await go(page, 'ledger', '[data-even=true]');
  await page.click('[data-part=reconciled] summary');
  await shoot(page, to('51-books'), found, true);
  await go(page, `ledger?item=${several.slice(-8)}`, '[data-part=trail] tbody tr');
  await shoot(page, to('52-trail'), found, true);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 1020, height: 720 });
  await shoot(page, to('53-trail-print'), found);
  await page.emulateMedia({ media: 'screen' });
  await page.setViewportSize({ width: 390, height: 844 });
  await go(page, 'seal', '[name=team]');
  await shoot(page, to('54-seal-phone'), found, true);
  await page.setViewportSize({ width: 1440, height: 900 });
  await context.setOffline(true);
  await go(page, 'ledger', '.note.warn');
  await shoot(page, to('55-books-offline'), found);
  await context.setOffline(false);

  const auditor = await (await office(ground, language, { bypassCSP: true })).newPage();
  wrong.push(...watch(auditor));
  await signInDesk(auditor, ground.url, 'auditor');
  await go(auditor, 'ledger', '[data-even=true]');
  await shoot(auditor, to('56-books-auditor'), found);
  await go(auditor, 'seal', '.note');
  await shoot(auditor, to('57-seal-not-for'), found);
  await auditor.context().close();
  expect(found).toEqual([]);
  expect(wrong).toEqual([]);
  await context.close();
});

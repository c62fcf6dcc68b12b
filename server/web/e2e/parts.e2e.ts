// Parts of items at the desk, and the list as a file: split, noted, added from the inbox, joined again; what the server
// then says, and what the file has.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, office, signInDesk, sleep, watch } from './ground';

let ground: Ground;
let clerk: Clerk;
const whole = v7();
const added = v7();
const NAME = `并拆-${Date.now()}`;

interface Item {
  rectification_id: string;
  text: string;
  stage: { name: string };
  findings: { finding_id: string; text: string }[];
}
interface Report {
  inspection_id: string;
  area_id: string;
  site_id: string;
  findings?: { finding_id: string; text: string }[];
}

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

const items = async () =>
  (await clerk.get<{ rectifications: Item[] }>('/v1/rectifications?limit=200')).rectifications;
async function until(what: string, is: (all: Item[]) => boolean): Promise<Item[]> {
  for (let i = 0; i < 100; i++) {
    const all = await items();
    if (is(all)) return all;
    await sleep(200);
  }
  throw new Error(`never: ${what}`);
}
const textsOf = (item: Item | undefined) => item?.findings.map((one) => one.text).sort();

/** A report whose findings are on no list, at a site where an item is open. */
async function prepared(): Promise<{ report: Report; finding: string }> {
  const { sites } = await clerk.get<{ sites: { site_id: string; area_id: string }[] }>(
    '/v1/sites?kind=household&limit=30',
  );
  const site = sites[20] as { site_id: string; area_id: string };
  const [inspection_id, finding_id] = [v7(), v7()];
  const at = new Date().toISOString();
  const finding = { finding_id, severity: 'general', text: `${NAME} 待交办` };
  await clerk.give({
    type: 'inspection.submit',
    body: {
      inspection_id,
      site_id: site.site_id,
      arrival: { at, no_position: '室内' },
      departure: { at },
      findings: [finding],
    },
  });
  const noted = (text: string) => ({
    finding_id: v7(),
    source: 'audit',
    severity: 'serious',
    text,
    site_id: site.site_id,
  });
  const { area_id } = site;
  await clerk.give(
    {
      type: 'rectification.list',
      body: { rectification_id: whole, area_id, text: NAME, noted: [noted('一'), noted('二'), noted('三')] },
    },
    {
      type: 'rectification.list',
      body: { rectification_id: added, area_id, text: `${NAME} 另项`, noted: [noted('四')] },
    },
  );
  return { report: { inspection_id, ...site }, finding: finding_id };
}

async function act(page: Page, type: string): Promise<void> {
  await page.click(`[data-act="rectification.${type}"]`);
  await page.waitForSelector('.form form');
}

/** The list as a file: the filter in force, the number, the bytes. */
async function exported(page: Page): Promise<void> {
  await page.goto(`${ground.url}/#/list?source=audit`);
  await page.waitForSelector('tbody tr');
  await page.click('[data-act=export]');
  for (const format of ['csv', 'geojson', 'xlsx']) {
    const waits = page.waitForEvent('download');
    await page.click(`[data-format=${format}]`);
    const bytes = readFileSync(await (await waits).path());
    await page.waitForSelector('[data-right=true]');
    const sha = createHash('sha256').update(bytes).digest('hex');
    expect(await page.textContent('section .hash')).toBe(sha);
    const n = (await items()).filter((one) => (one as Item & { source: string }).source === 'audit').length;
    expect(await page.getAttribute('[data-count]', 'data-count')).toBe(String(n));
    expect(await page.locator('section .tag.warn').count()).toBe(0);
    if (format === 'csv') expect(bytes.toString('utf8')).toContain(NAME);
  }
}

it('split, noted, added, joined: as the server says afterwards', async () => {
  const { finding } = await prepared();
  const page = await (await office(ground, 'zh')).newPage();
  const complaints = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');

  // Split: not all of them can go.
  await page.goto(`${ground.url}/#/item/${whole}`);
  await act(page, 'split');
  for (let i = 0; i < 3; i++) await page.check(`.form [name=finding] >> nth=${i}`);
  await page.waitForSelector('.form .note.warn');
  await page.uncheck('.form [name=finding] >> nth=0');
  await page.fill('.form [name=reason]', '分属两个部门');
  await page.click('.form form > .row .button');
  const after = await until(
    'split',
    (all) => all.find((one) => one.rectification_id === whole)?.findings.length === 1,
  );
  const parted = after.find(
    (one) => one.findings.some((f) => f.text === '二') && one.rectification_id !== whole,
  );
  expect(textsOf(parted)).toEqual(['三', '二'].sort());
  expect(textsOf(after.find((one) => one.rectification_id === whole))).toEqual(['一']);

  // One from elsewhere, noted on the spot.
  await act(page, 'add_finding');
  await page.fill('.form [name=noted]', '五');
  await page.click('.form form > .row .button');
  await until(
    'noted',
    (all) => textsOf(all.find((one) => one.rectification_id === whole))?.includes('五') ?? false,
  );

  // From the inbox, to the item that is open at the same site.
  await page.goto(`${ground.url}/#/inbox/${finding}`);
  await page
    .locator('.decide .line', { hasText: `${NAME} 另项` })
    .locator('[data-act=add]')
    .click();
  const joined = await until(
    'added',
    (all) => all.find((one) => one.rectification_id === added)?.findings.length === 2,
  );
  expect(joined.filter((one) => one.findings.some((f) => f.finding_id === finding))).toHaveLength(1);
  await page.waitForSelector(`.queue a[href*="${finding}"]`, { state: 'detached' });

  // And together again.
  await page.goto(`${ground.url}/#/item/${whole}`);
  await act(page, 'join');
  await page.selectOption('.form [name=other_id]', added);
  await page.fill('.form [name=reason]', '同一户，一并整改');
  await page.click('.form form > .row .button');
  const end = await until(
    'joined',
    (all) => all.find((one) => one.rectification_id === added)?.stage.name === 'cancelled',
  );
  expect(textsOf(end.find((one) => one.rectification_id === whole))).toEqual(
    ['一', '五', '四', `${NAME} 待交办`].sort(),
  );

  await exported(page);
  expect(complaints).toEqual([]);
});

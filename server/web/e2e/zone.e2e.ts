// Times and days are the jurisdiction's on every computer: two desks and a phone whose clocks are set to other zones show
// the same, and name the zone where their own differs.
import { execFileSync } from 'node:child_process';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, inStep, office, signIn, signInDesk, watch } from './ground';

let ground: Ground;
let clerk: Clerk;
/** 04:40 in Shanghai, and the day before west of it. */
const ARRIVED = '2026-11-20T20:40:00Z';
const TEXT = `时区-${Date.now()}`;
let visit: string;

/** As the county's headquarters would set it, beside the running server. */
function setZone(zone: string): void {
  const jurisdiction = ['--name', '云岫县', '--name-en', 'Yunxiu County', '--time-zone', zone];
  execFileSync(inject('bin'), [
    'admin',
    '--data-dir',
    ground.data,
    '--jurisdiction',
    '990126',
    'jurisdiction',
    ...jurisdiction,
  ]);
}

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'inspector1a');
  const { sites } = await clerk.get<{ sites: { site_id: string }[] }>('/v1/sites?kind=household&limit=1');
  visit = v7();
  await clerk.give({
    type: 'inspection.submit',
    body: {
      inspection_id: visit,
      site_id: sites[0]?.site_id,
      arrival: { at: ARRIVED, no_position: '室内' },
      departure: { at: '2026-11-20T21:10:00Z' },
      findings: [{ finding_id: v7(), severity: 'general', text: TEXT }],
    },
  });
});
afterAll(async () => {
  setZone('Asia/Shanghai');
  await ground?.close();
});

interface Seen {
  today: string;
  paper: string;
  note: string | null;
}

/** What a desk on a computer of this zone shows, once it shows when the visit was. */
async function seen(computer: string, language: 'zh' | 'en', arrived: string): Promise<Seen> {
  const context: BrowserContext = await office(ground, language, { timezoneId: computer });
  const page = await context.newPage();
  const complaints = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');
  await page.goto(`${ground.url}/#/inspection/${visit}`);
  await page.locator('main dd.numbers', { hasText: arrived }).first().waitFor();
  await page.goto(`${ground.url}/#/today`);
  const today = (await page.textContent('main h1 .soft')) ?? '';
  await page.goto(`${ground.url}/#/list`);
  await page.waitForSelector('.paper .when span', { state: 'attached' });
  const paper = (await page.textContent('.paper .when span')) ?? '';
  const notes = await page.locator('.foot [data-zone]').allTextContents();
  expect(complaints).toEqual([]);
  await context.close();
  return { today, paper, note: notes[0] ?? null };
}

const there = (zone: string, language: 'zh' | 'en', at: string | number, how: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { ...how, timeZone: zone }).format(
    new Date(at),
  );
const HOUR = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

describe.each(['Asia/Kathmandu', 'America/Sao_Paulo', 'Asia/Shanghai'])('a county in %s', (zone) => {
  it.each(['zh', 'en'] as const)('desks in other zones show the same (%s)', async (language) => {
    setZone(zone);
    const day = there(zone, language, ARRIVED, {
      month: language === 'zh' ? 'long' : 'short',
      day: 'numeric',
    });
    const arrived = `${day} ${there(zone, language, ARRIVED, HOUR)}`;
    const far = await seen('America/Los_Angeles', language, arrived);
    const here = await seen(zone, language, arrived);
    // Midnight may have passed between the two looks.
    const days = [-60_000, 0].map((ago) =>
      there(zone, language, Date.now() + ago, { year: 'numeric', month: 'long', day: 'numeric' }),
    );
    expect(days).toContain(far.today.trim());
    expect(days).toContain(here.today.trim());
    expect(here.note).toBeNull();
    expect(far.note).toContain(zone);
    expect(far.paper).toContain(zone);
    expect(here.paper).not.toContain(zone);
  });
});

it('the field app says the times of the county, and names its zone', async () => {
  setZone('Asia/Urumqi');
  const phone = await ground.phone('zh', { timezoneId: 'America/Los_Angeles' });
  const page: Page = await phone.newPage();
  const complaints = watch(page);
  await signIn(page, ground.url, 'inspector1a');
  await inStep(page);
  await page.waitForSelector('[data-zone]');
  expect(await page.textContent('[data-zone]')).toContain('Asia/Urumqi');
  await ground.to(page, `record/${visit}`);
  await page.waitForSelector('text=11月21日 02:40');
  // Without a network the zone is known from before.
  await phone.setOffline(true);
  await page.reload();
  await page.waitForSelector('text=11月21日 02:40');
  expect(complaints).toEqual([]);
  await phone.close();
});

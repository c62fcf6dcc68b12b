// The page's camera, and a verification on site. The unit takes its photo of after from the same place as the one of
// before, seen through it; a verifier goes there, takes several photos in a row, and accepts on site by that visit: others,
// that the server would refuse, are not offered.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { dueOf } from '../shared/rules/item';
import { addWorkingDays, plusDays } from '../shared/rules/workdays';
import type { Rectification } from '../shared/wire/items';
import {
  answerAll,
  arrive,
  Clerk,
  fillDisk,
  firstList,
  Ground,
  type Household,
  inStep,
  photos,
  signIn,
  sleep,
  submitted,
  villageOf,
  watch,
} from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

interface Item {
  stage: {
    name: string;
    order?: { due: { on: string } };
    acceptance?: { method: string; inspection_id?: string };
  };
  extensions?: { to: { on: string } }[];
  answers?: { evidence?: { status: string; source: string; taken_at?: string }[] }[];
}
interface Report {
  findings?: { evidence?: string[] }[];
  evidence?: {
    evidence_id: string;
    source: string;
    taken_at: string;
    position?: { latitude: number; accuracy_m?: number };
  }[];
}

/** A bare visit, given by the protocol. */
async function visited(by: Clerk, { site_id, latitude, longitude }: Household): Promise<string> {
  const at = new Date().toISOString();
  const presence = { at, position: { latitude, longitude, accuracy_m: 9, at } };
  const inspection_id = v7();
  const body = { inspection_id, site_id, arrival: presence, departure: presence };
  await by.give({ type: 'inspection.submit', body });
  return inspection_id;
}

const to = (page: Page, hash: string) => ground.to(page, hash);
async function itemOf(id: string): Promise<Item | undefined> {
  const path = '/v1/rectifications?limit=200';
  const { rectifications } = await clerk.get<{ rectifications: (Item & { rectification_id: string })[] }>(
    path,
  );
  return rectifications.find((one) => one.rectification_id === id);
}

/** By thumb some working days on, each said as a day; by keyboard the one after it. */
async function asksForTime(page: Page, id: string, found: string[]): Promise<void> {
  await page.click('[data-open=extend]');
  await page.fill('[name=said]', '等材料到货');
  await page.click('[data-act=send]');
  await page.locator('form [role=alert]', { hasText: '请选一天' }).waitFor();
  const due = dueOf((await itemOf(id)) as unknown as Rectification)?.on ?? '';
  const on = addWorkingDays(due, 5);
  const step = page.locator('[data-days="5"]');
  expect(await step.textContent()).toContain(`${Number(on.slice(5, 7))}月${Number(on.slice(8))}日星期`);
  await step.click();
  expect(await page.locator('form [role=alert]').count()).toBe(0);
  await page.click('[data-calendar]');
  await page.focus(`[data-day="${on}"]`);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  expect(await step.getAttribute('aria-pressed')).toBe('false');
  await page.locator('.pick-day').scrollIntoViewIfNeeded();
  await shoot(page, 'zh-46-more-time', found);
  await page.click('[data-act=send]');
  const asked = async () => (await itemOf(id))?.extensions?.map((one) => one.to.on);
  await expect.poll(asked, { timeout: 20_000 }).toEqual([plusDays(on, 1)]);
}

it('seen through the photo of before; several photos in a row; accepted on site by the visit that suits', async () => {
  const { unit_id, account_id, sites } = await villageOf(clerk, 'secretary1');
  const [site, other] = sites.slice(4) as [Household, Household];
  const [file] = await photos(ground, 1);
  const verifier = await Clerk.signIn(ground.api, 'verifier1');
  // Before the order, and somewhere else: neither can have seen the work.
  const early = await visited(verifier, site);
  const rectification_id = v7();
  const finding = {
    finding_id: v7(),
    source: 'audit',
    severity: 'serious',
    text: '屋顶漏雨',
    site_id: site.site_id,
  };
  const noted = [{ ...finding, evidence: [await clerk.upload(file as string)] }];
  const { area_id } = site;
  await clerk.give(
    { type: 'rectification.list', body: { rectification_id, area_id, noted, text: '屋顶漏雨' } },
    {
      type: 'rectification.hand_over',
      body: {
        rectification_id,
        unit_id,
        person: { name: '张建国', account_id },
        requirement: '修好屋顶',
        due: { working_days: 10 },
      },
    },
  );
  const elsewhere = await visited(verifier, other);

  const geolocation = { latitude: site.latitude, longitude: site.longitude, accuracy: 7 };
  const pocket = { geolocation, permissions: ['geolocation', 'camera'], bypassCSP: true };
  const unitPhone = await ground.phone('zh', pocket);
  const unit = await unitPhone.newPage();
  const [wrong, found] = [watch(unit), [] as string[]];
  await signIn(unit, ground.url, 'secretary1');
  await inStep(unit);
  await to(unit, `task/${rectification_id}`);
  // A step that cannot be kept is not taken, and that is said.
  const makeRoom = await fillDisk(unit);
  await unit.click('[data-act=acknowledge]');
  await unit.locator('.above .note.bad', { hasText: '空间已满' }).waitFor();
  await makeRoom();
  await unit.click('.above .note.bad .button');
  await unit.click('[data-act=acknowledge]');
  await asksForTime(unit, rectification_id, found);
  // Written first: nothing but handing it in hands it in.
  await unit.fill('[name=answer]', '屋顶已修好');
  await unit.click('[data-act=ghost]');
  const through = unit.locator('dialog .view img');
  await through.waitFor();
  const shutter = unit.locator('[data-act=shutter]:enabled');
  await shutter.waitFor();
  expect(
    await through.evaluate((one) => [
      getComputedStyle(one).opacity,
      (one as HTMLImageElement).naturalWidth > 0,
    ]),
  ).toEqual(['0.45', true]);
  await unit.locator('dialog input[type=range]').fill('80');
  expect(await through.evaluate((one) => getComputedStyle(one).opacity)).toBe('0.8');
  await shoot(unit, 'zh-43-camera-before', found);
  const pressed = Date.now();
  await shutter.click();
  await unit.getByText('已拍 1 张').waitFor();
  await shutter.click();
  await unit.getByText('已拍 2 张').waitFor();
  await unit.click('[data-act=photos-done]');
  await unit.click('form .thumbs li:nth-child(2) .drop');
  await unit.waitForSelector('form .thumbs li:nth-child(2)', { state: 'detached' });
  await unit.waitForSelector('form .thumbs li:nth-child(1) img');
  await unit.click('[data-act=report]');
  await to(unit, '');
  await inStep(unit);
  await expect
    .poll(async () => (await itemOf(rectification_id))?.stage.name, { timeout: 20_000 })
    .toBe('answered');
  expect((await itemOf(rectification_id))?.answers?.[0]?.evidence?.length).toBe(1);
  const photo = async () => (await itemOf(rectification_id))?.answers?.[0]?.evidence?.[0];
  // The text goes out first, the photo after it.
  await expect.poll(async () => (await photo())?.status, { timeout: 20_000 }).toBe('stored');
  const after = await photo();
  expect(after).toMatchObject({ status: 'stored', source: 'camera' });
  const off = Date.parse(after?.taken_at ?? '') - pressed;
  expect(off).toBeGreaterThanOrEqual(0);
  expect(off).toBeLessThan(10_000);
  await unitPhone.close();

  const context = await ground.phone('en', pocket);
  const page = await context.newPage();
  wrong.push(...watch(page));
  await signIn(page, ground.url, 'verifier1');
  await inStep(page);
  await to(page, `task/${rectification_id}`);
  // Neither visit that was made is offered: there is none yet.
  await page.getByText('To verify on site').waitFor();
  expect(await page.locator('[name=visit]').count()).toBe(0);
  await to(page, '');
  await arrive(page, site.code);
  await firstList(page);
  await page.click('.dock .go');
  await page.click('.verdict .stop');
  await page.click('[data-act=camera]');
  const press = page.locator('[data-act=shutter]:enabled');
  await press.waitFor();
  // The place is that of each press, not that of the first.
  for (const n of [1, 2, 3]) {
    await context.setGeolocation({ ...geolocation, accuracy: 7 + n });
    await sleep(400);
    await press.click();
    await page.getByText(`${n} taken`).waitFor();
  }
  await shoot(page, 'en-44-camera', found);
  await page.click('[data-act=photos-done]');
  await page.waitForSelector('.thumbs li:nth-child(3) img');
  await page.click('.dock .button:last-child');
  await answerAll(page, false, []);
  const id = await submitted(page);
  await to(page, '');
  await inStep(page);
  const report = await clerk.get<Report>(`/v1/inspections/${id}`);
  const taken = report.evidence ?? [];
  expect(taken.map((one) => one.source)).toEqual(['camera', 'camera', 'camera']);
  expect(report.findings?.[0]?.evidence).toEqual(taken.map((one) => one.evidence_id));
  expect(taken.map((one) => one.position?.accuracy_m)).toEqual([8, 9, 10]);
  const times = taken.map((one) => Date.parse(one.taken_at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(3);

  await to(page, `task/${rectification_id}`);
  const offered = page.locator('[name=visit] option');
  await offered.first().waitFor({ state: 'attached' });
  const values = await offered.evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
  expect(values).toEqual(['', id]);
  expect(values).not.toContain(early);
  expect(values).not.toContain(elsewhere);
  await page.selectOption('[name=visit]', id);
  await shoot(page, 'en-45-verify-on-site', found, true);
  await page.click('[data-act=accept]');
  await expect
    .poll(async () => (await itemOf(rectification_id))?.stage.acceptance, { timeout: 20_000 })
    .toMatchObject({ method: 'on_site', inspection_id: id });
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

// A plan at the desk, against the real server: sealed from a frame that is seen, known to nobody else, unsealed by hand,
// and its draw repeated in the browser.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Clerk, Ground, office, signInDesk, watch } from './ground';

let ground: Ground;
const ROUND = `轮次-${Date.now()}`;
const ORDERS = '不打招呼，直奔现场，先看厨房';

beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground?.close());

interface Plans {
  plans: { plan_id: string; round?: string; sites: string[]; stage: { name: string } }[];
}
interface Draw {
  frame: { site_id: string }[];
  exclusions: string[];
  sites: string[];
}

async function fill(page: Page, person: string): Promise<number[]> {
  await page.click('nav a[href="#/plans"]');
  await page.click('a[href="#/seal"]');
  await page.waitForSelector('[name=team]');
  // Nothing is chosen: it says what is missing, and seals nothing.
  await page.click('form > .row .button.go');
  await page.waitForSelector('[role=alert]');
  await page.fill('input[type=search]', person);
  await page.check(`[name=team] >> nth=0`);
  await page.fill('[name=round]', ROUND);
  await page.fill('[name=count]', '4');
  await page.check('[name=state][value=marginal]');
  await page.check('[name=checklist] >> nth=0');
  await page.fill('[name=orders]', ORDERS);
  const told = (await page.textContent('[data-part=frame] [role=status]')) ?? '';
  return [...told.replaceAll(',', '').matchAll(/\d+/g)].map(([n]) => Number(n));
}

async function personOf(login: string): Promise<{ name: string; clerk: Clerk }> {
  const clerk = await Clerk.signIn(ground.api, login);
  return { name: (await clerk.get<{ name: string }>('/v1/me')).name, clerk };
}
const plansOf = async (clerk: Clerk) =>
  (await clerk.get<Plans>('/v1/plans?limit=200')).plans.filter((one) => one.round === ROUND);

it('sealed, known to nobody else, unsealed, its draw repeated', async () => {
  const goes = await personOf('inspector3a');
  const others = await Promise.all(
    ['supervisor2', 'inspector3b', 'auditor', 'leader1', 'admin'].map(personOf),
  );
  const context = await office(ground, 'zh');
  const page = await context.newPage();
  const complaints = watch(page);
  await signInDesk(page, ground.url, 'supervisor1');
  // Somebody else's desk stands open beside it all the time.
  const beside = await (await office(ground, 'zh')).newPage();
  complaints.push(...watch(beside));
  await signInDesk(beside, ground.url, 'supervisor2');
  await beside.click('nav a[href="#/plans"]');

  const [all = 0, out = 0, left = 0] = await fill(page, goes.name);
  expect(all - out).toBe(left);
  expect(left).toBeGreaterThan(4);
  await page.click('form > .row .button.go');
  await page.click('[data-act=seal]');
  const card = page.locator(`[data-plan]`, { hasText: ROUND });
  await card.waitFor();
  const commitment = (await card.locator('[data-commitment]').textContent()) ?? '';
  expect(commitment).toMatch(/^[0-9a-f]{64}$/);
  expect(await card.locator('.tag.warn').count()).toBe(1);

  // The team has it; to everybody else it is not there.
  expect(await plansOf(goes.clerk)).toHaveLength(1);
  for (const { name, clerk } of others) expect(await plansOf(clerk), name).toEqual([]);
  await beside.evaluate(() => window.dispatchEvent(new Event('focus')));
  expect(await beside.textContent('main')).not.toContain(ROUND);
  const [plan] = await plansOf(goes.clerk);
  const sites = plan?.sites ?? [];
  expect(new Set(sites).size).toBe(4);
  // The draw is told to nobody yet, not even to who sealed it.
  const supervisor = (await personOf('supervisor1')).clerk;
  await expect(supervisor.get(`/v1/plans/${plan?.plan_id}/draw`)).rejects.toThrow('404');
  expect(await card.locator('[data-act=repeat]').count()).toBe(0);

  await card.locator('[data-act=unseal]').click();
  await card.locator('[data-act=unseal-really]').click();
  await card.locator('[data-act=repeat]').click();
  await card.locator('[data-right=true]').waitFor();
  expect(await card.locator('tbody tr').count()).toBe(4);
  const draw = await supervisor.get<Draw>(`/v1/plans/${plan?.plan_id}/draw`);
  // What was seen before is what was drawn from.
  const inFrame = draw.frame.filter((one) => draw.exclusions.includes(one.site_id));
  expect([draw.frame.length, inFrame.length]).toEqual([all, out]);
  expect(draw.sites).toEqual(sites);
  expect(await card.locator('[data-commitment]').textContent()).toBe(commitment);
  // Now it stands on the other desk, too, without reload.
  await beside.locator('[data-plan]', { hasText: ROUND }).waitFor();

  // The households of that round stay out of the next one, unless told otherwise.
  await page.click('a[href="#/seal"]');
  await page.waitForSelector(`[name=round_out][value="${ROUND}"]:checked`);
  await page.check('[name=state][value=marginal]');
  const next = await page.textContent('[data-part=frame] [role=status]');
  expect(next?.replaceAll(',', '').match(/\d+/g)?.map(Number)).toEqual([all, 4, all - 4]);
  expect(complaints).toEqual([]);
});

// What only a browser shows of the phone's small rules: an arrival without a position, a file that the server refuses,
// little room, a film, the titles of pages.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerAll, arrive, Clerk, Ground, inStep, signIn, sleep, submitted, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

interface Report {
  arrival: { position?: unknown; no_position?: string };
  departure: { no_position?: string };
  evidence?: { status: string; media_type: string }[];
}
const to = (page: Page, hash: string) => ground.to(page, hash);

it('an arrival without a position says why, in the language of the record; titles tell the page', async () => {
  const site = await clerk.site('household', 12);
  const context = await ground.phone('en', { permissions: [], bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  // A phone that searches and does not find: neither a position nor a refusal.
  await page.addInitScript(() => {
    navigator.geolocation.watchPosition = () => 1;
    navigator.geolocation.getCurrentPosition = () => undefined;
  });
  await page.goto(`${ground.url}/field/`);
  await page.waitForSelector('[name=login]');
  expect(await page.title()).toBe('Sign in · Anfang');
  await signIn(page, ground.url, 'inspector1a');
  await inStep(page);
  expect(await page.title()).toBe('Home · Anfang');
  await to(page, 'sites');
  await page.click('[data-act=as-map]');
  await page.getByText('Finding your position').waitFor();
  await shoot(page, 'en-41-map-no-position', found);
  await page.click('[data-act=as-list]');
  await to(page, '');
  await arrive(page, site.code);
  expect(await page.title()).toBe('Inspecting · Anfang');
  const begin = page.locator('.dock .button.go');
  expect(await begin.isDisabled()).toBe(true);
  await page.getByText('Finding your position').waitFor();
  await shoot(page, 'en-35-arrival-no-position', found, true);
  await page.click('[data-why="3"]');
  expect(await begin.isDisabled()).toBe(true);
  await page.click('[data-why="0"]');
  await begin.click();
  await answerAll(page, false, []);
  const id = await submitted(page);
  await to(page, '');
  await inStep(page);
  const report = await clerk.get<Report>(`/v1/inspections/${id}`);
  expect(report.arrival.position).toBeUndefined();
  expect([report.arrival.no_position, report.departure.no_position]).toEqual([
    '室内没有信号',
    '室内没有信号',
  ]);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

it('a file that the server refuses can be sent again, and let go; its report stands', async () => {
  const site = await clerk.site('household', 14);
  const geolocation = { latitude: site.latitude, longitude: site.longitude, accuracy: 9 };
  const context = await ground.phone('zh', { geolocation, bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  // The phone has little room left.
  await page.addInitScript(() => {
    navigator.storage.estimate = async () => ({ usage: 900_000_000, quota: 1_000_000_000 });
  });
  await signIn(page, ground.url, 'inspector1a');
  await inStep(page);
  await arrive(page, site.code);
  await page.getByText('在点位范围内').waitFor();
  await page.waitForSelector('[data-part=low-space]');
  await page.click('.dock .go');
  await page.click('.verdict .stop');
  await page.waitForSelector('[data-part=low-space]');
  const buffer = Buffer.from(`no picture at all ${Date.now()}`);
  await page.setInputFiles('input[data-take=camera]', { name: 'a.jpg', mimeType: 'image/jpeg', buffer });
  await page.waitForSelector('.thumbs li');
  await page.click('.dock .button:last-child');
  await answerAll(page, false, []);
  const id = await submitted(page);
  await to(page, 'outbox');
  const refused = page.locator('[data-refused]');
  await refused.waitFor({ timeout: 60_000 });
  await refused.getByText('怎么办').waitFor();
  await page.waitForSelector('nav .mark');
  await shoot(page, 'zh-36-outbox-refused', found, true);
  // The server has not changed its mind.
  await page.click('[data-act=file-again]');
  await refused.waitFor({ state: 'detached' });
  await refused.waitFor({ timeout: 60_000 });
  await page.click('[data-act=file-ask]');
  await page.getByText('报告里会显示缺这一个').waitFor();
  await page.click('[data-act=file-drop]');
  await refused.waitFor({ state: 'detached' });
  expect(await page.locator('nav .mark').count()).toBe(0);
  await to(page, '');
  await inStep(page);
  await to(page, `record/${id}`);
  await page.getByText('这部手机不会再发').first().waitFor();
  await shoot(page, 'zh-37-record-lacks', found, true);
  const report = await clerk.get<Report>(`/v1/inspections/${id}`);
  expect(report.evidence?.map((one) => one.status)).toEqual(['missing']);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

/** Two seconds of a moving picture, as this browser makes one. */
async function film(page: Page): Promise<{ type: string; bytes: Buffer }> {
  const told = await page.evaluate(async () => {
    const type = ['video/mp4', 'video/webm'].find((one) => MediaRecorder.isTypeSupported(one)) ?? '';
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 240];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    let n = 0;
    const paint = setInterval(() => {
      n += 9;
      context.fillStyle = `hsl(${n} 80% 50%)`;
      context.fillRect(0, 0, 320, 240);
    }, 40);
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: type });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const ended = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    recorder.stop();
    await ended;
    clearInterval(paint);
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return { type, bytes: btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join('')) };
  });
  return { type: told.type, bytes: Buffer.from(told.bytes, 'base64') };
}

it('a film shows a picture of itself, how long it is and when it was made', async () => {
  const site = await clerk.site('household', 16);
  const geolocation = { latitude: site.latitude, longitude: site.longitude, accuracy: 9 };
  const context = await ground.phone('zh', { geolocation, bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  await signIn(page, ground.url, 'inspector1a');
  await inStep(page);
  const { type, bytes } = await film(page);
  expect(type).toBe('video/mp4');
  await arrive(page, site.code);
  await page.getByText('在点位范围内').waitFor();
  await page.click('.dock .go');
  await page.click('.verdict .stop');
  const file = { name: 'film.mp4', mimeType: 'video/mp4', buffer: bytes };
  await page.setInputFiles('input[data-take=video]', file);
  await page.waitForSelector('.thumbs img');
  expect(await page.textContent('.thumbs [data-film]')).toMatch(/录像 0:0[12] · .*KB · \d\d:\d\d/);
  const lit = await page.evaluate(async () => {
    const picture = document.querySelector('.thumbs img') as HTMLImageElement;
    await picture.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.drawImage(picture, 0, 0);
    return Math.max(...context.getImageData(0, 0, canvas.width, canvas.height).data.slice(0, 3));
  });
  expect(lit).toBeGreaterThan(100);
  await shoot(page, 'zh-38-film', found);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

it('the list of sites does not move under a thumb; on the map a thumb finds the same sites', async () => {
  const [one, other] = [await clerk.site('household', 20), await clerk.site('household', 90)];
  const at = ({ latitude, longitude }: { latitude: number; longitude: number }) => ({
    latitude,
    longitude,
    accuracy: 5,
  });
  const context = await ground.phone('zh', { geolocation: at(one), bypassCSP: true });
  const page = await context.newPage();
  const [wrong, found] = [watch(page), [] as string[]];
  await signIn(page, ground.url, 'inspector1a');
  await inStep(page);
  await to(page, 'sites');
  await page.click('.tools .pick');
  await page
    .getByText(/^\d+ 米$/)
    .first()
    .waitFor();
  const names = () => page.locator('.ruled .entry > :first-child').allTextContents();
  const before = (await names()).slice(0, 10);
  expect(before[0]).toBe(one.name.zh);
  await context.setGeolocation(at(other));
  await sleep(500);
  expect((await names()).slice(0, 10)).toEqual(before);
  await page.click('[data-act=sort]');
  await expect.poll(async () => (await names())[0]).toBe(other.name.zh);
  await byMap(page, found, one, other);
  expect([...wrong, ...found]).toEqual([]);
  await context.close();
});

interface Named {
  site_id: string;
  code: string;
  name: { zh: string };
}
/** Standing at `other`. */
async function byMap(page: Page, found: string[], one: Named, other: Named): Promise<void> {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/boundary')) asked.push(request.url());
  });
  await page.click('[data-act=as-map]');
  await page.getByText('已定位').waitFor();
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  await shoot(page, 'zh-39-map', found);
  const card = page.locator('[data-part=chosen]');
  const frame = await page.locator('[data-part=map]').boundingBox();
  if (!frame) throw new Error('no map');
  const [x, y] = [frame.x + frame.width / 2, frame.y + frame.height / 2];
  const putAway = async () => {
    await card.getByText('收起').click();
    await card.waitFor({ state: 'detached' });
  };
  const meets = async (px: number, py: number, site: Named) => {
    await page.touchscreen.tap(px, py);
    await card.getByText(site.name.zh, { exact: true }).waitFor();
  };
  await page.click('[data-act=me]');
  for (let n = 0; n < 8; n++) await page.click('[data-act=nearer]');
  await sleep(100);
  await meets(x, y, other);
  await shoot(page, 'zh-40-map-chosen', found);
  await putAway();
  await page.click('[data-act=farther]');
  // The paper follows a finger; two fingers twice as far apart bring it twice as near.
  const touch = await page.context().newCDPSession(page);
  const fingers = async (type: string, ...points: [number, number][]) => {
    const touchPoints = points.map(([px, py], id) => ({ x: px, y: py, id }));
    await touch.send('Input.dispatchTouchEvent', { type: type as 'touchMove', touchPoints });
  };
  await fingers('touchStart', [x, y]);
  for (const part of [0.25, 0.5, 0.75, 1]) await fingers('touchMove', [x - 60 * part, y - 40 * part]);
  await fingers('touchEnd');
  await meets(x - 60, y - 40, other);
  await putAway();
  await fingers('touchStart', [x - 40, y], [x + 40, y]);
  for (const wide of [50, 60, 70, 80]) await fingers('touchMove', [x - wide, y], [x + wide, y]);
  await fingers('touchEnd');
  await meets(x - 120, y - 80, other);
  // There and back: the map as it was left.
  await card.getByText('打开点位').click();
  await page.waitForURL(new RegExp(`#/site/${other.site_id}`));
  await page.click('header a.plain');
  await page.locator('[data-part=map] canvas').waitFor();
  await sleep(300);
  await meets(x - 120, y - 80, other);
  const before = asked.length;
  // What is searched comes into sight by itself.
  await page.fill('input[type=search]', one.code);
  await card.waitFor({ state: 'detached' });
  await sleep(200);
  await meets(x, y, one);
  expect(asked.length).toBe(before);
  await page.fill('input[type=search]', 'there is none');
  await page.getByText('没有符合的点位').waitFor();
}

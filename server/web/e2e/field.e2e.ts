// An inspector's day in a real browser against the real server.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerAll,
  arrive,
  Clerk,
  firstList,
  Ground,
  inStep,
  photos,
  signIn,
  sleep,
  submitted,
  watch,
} from './ground';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

interface Report {
  inspection_id: string;
  site_id: string;
  flags?: string[];
  verdict: { passed: number; failed: number };
  arrival: { position?: { latitude: number } };
  evidence?: { sha256: string; status: string; source: string; taken_at?: string; position?: unknown }[];
}

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

const at = ({ latitude, longitude }: { latitude: number; longitude: number }) => ({
  latitude,
  longitude,
  accuracy: 9,
});

async function opened(context: BrowserContext): Promise<{ page: Page; wrong: string[] }> {
  const page = await context.newPage();
  return { page, wrong: watch(page) };
}

async function allReceived(page: Page): Promise<void> {
  await ground.to(page, '');
  await inStep(page);
}

async function submitAndFind(page: Page, site: string): Promise<Report> {
  const id = await submitted(page);
  await ground.to(page, '');
  await inStep(page);
  const report = await clerk.get<Report>(`/v1/inspections/${id}`);
  expect(report.site_id).toBe(site);
  return report;
}

/** The server holds exactly these files, byte for byte. */
async function holds(report: Report, files: string[]): Promise<void> {
  expect(report.evidence?.map((one) => one.sha256).sort()).toEqual(files.map(hash).sort());
  for (const one of report.evidence ?? []) {
    expect(one.status).toBe('stored');
    const bytes = await clerk.bytes(one.sha256);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(one.sha256);
  }
}

describe('an inspector', () => {
  it('signs in, goes offline, starts cold, inspects with two photos, comes back: all received, equal bytes', async () => {
    const site = await clerk.site('household');
    const files = await photos(ground, 2);
    const context = await ground.phone('zh', { geolocation: at(site) });
    const { page, wrong } = await opened(context);
    await signIn(page, ground.url, 'inspector1a');
    await inStep(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await context.setOffline(true);
    await page.close();

    const cold = await opened(context);
    const began = Date.now();
    await cold.page.goto(`${ground.url}/field/`);
    await cold.page.waitForSelector('a[href="#/sites"].button');
    const shown = Date.now() - began;
    const start = Date.now();
    await arrive(cold.page, site.code);
    await firstList(cold.page);
    await cold.page.click('.dock .go');
    const taps = 5 + (await answerAll(cold.page, true, files));
    console.log(
      `figures: cold start offline ${shown} ms; a first report ${taps + 1} taps, ${Date.now() - start} ms by machine`,
    );
    const judged = await cold.page.locator('.row.numbers .tag').allTextContents();
    const id = await submitted(cold.page);
    await cold.page.waitForSelector('.state.hollow');
    await context.setOffline(false);
    await allReceived(cold.page);
    const report = await clerk.get<Report>(`/v1/inspections/${id}`);
    await holds(report, files);
    // The phone and the server judge by the same rules.
    const said = judged.slice(0, 2).map((text) => Number(text.replace(/\D/g, '')));
    expect(said).toEqual([report.verdict.passed, report.verdict.failed]);
    expect(report.verdict.failed).toBeGreaterThan(0);
    expect(report.flags ?? []).not.toContain('far_from_site');
    expect(report.flags ?? []).not.toContain('no_position');
    expect(report.evidence?.[0]).toMatchObject({
      source: 'camera',
      taken_at: expect.any(String),
      position: expect.anything(),
    });
    expect([...wrong, ...cold.wrong]).toEqual([]);
    await context.close();
  });

  it('loses the tab in the middle, and goes on where it was', async () => {
    const site = await clerk.site('household', 3);
    const files = await photos(ground, 1);
    const context = await ground.phone('en', { geolocation: at(site) });
    const { page } = await opened(context);
    await signIn(page, ground.url, 'inspector1b');
    await inStep(page);
    await arrive(page, site.code);
    await firstList(page);
    await page.click('.dock .go');
    await page.click('.verdict .stop');
    await page.setInputFiles('input[data-take=camera]', files);
    await page.waitForSelector('.thumbs img');
    // Half written: the field is not left.
    await page.fill('article textarea', 'The roof lets in');
    await expect.poll(() => page.innerText('body')).toContain('Saved');
    const crash = await context.newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    void crash.send('Page.crash').catch(() => undefined);
    await crashed;
    const again = await opened(context);
    await again.page.goto(`${ground.url}/field/`);
    await again.page.click('.ruled a.entry');
    await again.page.waitForSelector('.thumbs img');
    expect(await again.page.locator('.verdict .stop').getAttribute('aria-pressed')).toBe('true');
    expect(await again.page.inputValue('article textarea')).toBe('The roof lets in');
    await again.page.click('.dock .button:last-child');
    await answerAll(again.page, false, []);
    const report = await submitAndFind(again.page, site.site_id);
    await holds(report, files);
    expect(again.wrong).toEqual([]);
    await context.close();
  });

  it('keeps every byte when the server is killed in the middle of an upload', async () => {
    const files = await photos(ground, 2, 2600);
    let own = await Clerk.signIn(ground.api, 'inspector2a');
    const site = await own.site('household', 5);
    const context = await ground.phone('zh', { geolocation: at(site) });
    const { page } = await opened(context);
    await signIn(page, ground.url, 'inspector2a');
    await inStep(page);
    await arrive(page, site.code);
    await firstList(page);
    await page.click('.dock .go');
    await answerAll(page, true, files);
    // A thin link, so that there is a middle to be killed in.
    const link = await context.newCDPSession(page);
    await link.send('Network.enable');
    await link.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 20,
      downloadThroughput: 400_000,
      uploadThroughput: 400_000,
    });
    const id = await submitted(page);
    await ground.to(page, 'outbox');
    await page.waitForSelector('progress[value]:not([value="0"])', { timeout: 30_000 });
    await ground.killServer();
    await sleep(500);
    await link.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
    await ground.startServer();
    await page.click('.choice .button:last-child');
    await allReceived(page);
    clerk = await Clerk.signIn(ground.api, 'supervisor1');
    own = await Clerk.signIn(ground.api, 'inspector2a');
    const report = await own.get<Report>(`/v1/inspections/${id}`);
    expect(report.evidence?.map((one) => one.status)).toEqual(['stored', 'stored']);
    for (const one of report.evidence ?? []) {
      const bytes = await own.bytes(one.sha256);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(one.sha256);
    }
    expect(report.evidence?.map((one) => one.sha256).sort()).toEqual(files.map(hash).sort());
    await context.close();
  });

  it('writes on one page at a time; another can take over, and neither loses anything', async () => {
    const context = await ground.phone('zh');
    const first = await opened(context);
    await signIn(first.page, ground.url, 'inspector1a');
    await inStep(first.page);
    const second = await opened(context);
    await second.page.goto(`${ground.url}/field/`);
    await second.page.waitForSelector('text=正在另一个页面使用');
    await second.page.click('.button.go');
    await second.page.waitForSelector('a[href="#/sites"].button');
    await first.page.waitForSelector('text=正在另一个页面使用');
    await first.page.click('.button.go');
    await first.page.waitForSelector('a[href="#/sites"].button');
    await second.page.waitForSelector('text=正在另一个页面使用');
    expect([...first.wrong, ...second.wrong]).toEqual([]);
    await context.close();
  });
});

describe('the phone', () => {
  it('says when the sign-in has run out, keeps all, and goes on after signing in again', async () => {
    const context = await ground.phone('zh');
    const { page, wrong } = await opened(context);
    await signIn(page, ground.url, 'inspector3a');
    await inStep(page);
    const own = await Clerk.signIn(ground.api, 'inspector3a');
    const { account_id } = await own.get<{ account_id: string }>('/v1/me');
    const devices = await own.get<{ device_id: string; name: string }[]>('/v1/devices');
    expect(account_id).toBeTruthy();
    const phone = devices.find((one) => one.name !== 'test');
    await revoke(own, phone?.device_id ?? '');
    await page.reload();
    await page.waitForSelector('text=登录已失效', { timeout: 30_000 });
    const site = await own.site('household');
    await arrive(page, site.code);
    await firstList(page);
    await page.click('.dock .go');
    await answerAll(page, false, []);
    const id = await submitted(page);
    await page.click('section.note .button');
    await page.fill('[name=password]', 'anfang-demo-2026');
    await page.click('form .button.go');
    await allReceived(page);
    const report = await own.get<Report>(`/v1/inspections/${id}`);
    expect(report.site_id).toBe(site.site_id);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it('keeps two people apart, and what is at rest cannot be read', async () => {
    const context = await ground.phone('zh');
    const { page } = await opened(context);
    await signIn(page, ground.url, 'inspector4a');
    await inStep(page);
    await ground.to(page, 'settings');
    await page.click('.button.stop');
    await page.click('.note .button.stop');
    await page.waitForSelector('.pick');
    const readable = await page.evaluate(async () => {
      const found: string[] = [];
      for (const { name } of await indexedDB.databases()) {
        if (!name?.startsWith('anfang-')) continue;
        const db = await new Promise<IDBDatabase>((resolve) => {
          const open = indexedDB.open(name);
          open.onsuccess = () => resolve(open.result);
        });
        for (const store of db.objectStoreNames) {
          const all = await new Promise<unknown[]>((resolve) => {
            const get = db.transaction(store).objectStore(store).getAll();
            get.onsuccess = () => resolve(get.result);
          });
          for (const value of all) {
            const text =
              value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value);
            if (/refresh_token|site_id|checklist|latitude/.test(text ?? '')) found.push(`${name} ${store}`);
          }
        }
        db.close();
      }
      return found;
    });
    expect(readable).toEqual([]);
    await page.fill('[name=password]', 'not the password');
    await page.click('form .button.go');
    await page.waitForSelector('[role=alert]');
    await page.click('.pick:last-child');
    await page.fill('[name=login]', 'inspector5a');
    await page.fill('[name=password]', 'anfang-demo-2026');
    await page.click('form .button.go');
    await inStep(page);
    expect(
      await page.evaluate(
        async () => (await indexedDB.databases()).filter(({ name }) => name?.startsWith('anfang-')).length,
      ),
    ).toBe(2);
    await context.close();
  });

  it('opens again without a network, by the password alone', async () => {
    const context = await ground.phone('en');
    const { page } = await opened(context);
    await signIn(page, ground.url, 'inspector6a');
    await inStep(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await ground.to(page, 'settings');
    await page.click('text=Somebody else');
    await page.waitForSelector('[name=password]');
    await context.setOffline(true);
    await page.reload();
    await page.fill('[name=password]', 'anfang-demo-2026');
    await page.click('form .button.go');
    await page.waitForSelector('a[href="#/sites"].button');
    await ground.to(page, 'sites');
    await page.waitForSelector('.ruled a.entry');
    await context.close();
  });
});

async function revoke(own: Clerk, device: string): Promise<void> {
  const token = (own as unknown as { token: string }).token;
  const answer = await fetch(`${ground.api}/v1/devices/${device}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(204);
}

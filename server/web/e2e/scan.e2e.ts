// An invitation scanned: the QR code that the desk draws, before the camera of a phone that has the app open. What else the
// camera may see, and a camera that cannot be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { encode } from 'uqr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf } from '../desk/qr';
import { invitationAddress } from '../shared/rules/invitation';
import { film } from './film';
import { Ground, inStep, launch, office, phoneIn, signInDesk, watch } from './ground';
import { shoot } from './shoot';

const folder = mkdtempSync(join(tmpdir(), 'anfang-scan-'));
let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(async () => {
  await ground?.close();
  rmSync(folder, { recursive: true, force: true });
});

const FAKE = '--use-fake-device-for-media-stream';
const PASSWORD = 'set on the phone';

/** A new person's invitation, as it stands on the administrator's screen. */
async function invitation(language: 'zh' | 'en', login: string): Promise<Buffer> {
  const desk = await (await office(ground, language)).newPage();
  await signInDesk(desk, ground.url, 'admin');
  await desk.click('nav a[href="#/accounts"]');
  await desk.click('header .button.go');
  await desk.fill('[name=name]', '陆一鸣');
  await desk.fill('[name=new-login]', login);
  await desk.click('form .button.go');
  await desk.waitForURL(/#\/account\//);
  await desk.selectOption('[name=role]', 'inspector');
  await desk.selectOption('[name=area]', { index: 2 });
  await desk.click('form[aria-label] .button');
  await desk.waitForSelector('section table tbody tr');
  await desk.locator('section:has(h2) .button', { hasText: /邀请|invitation/ }).click();
  const seen = await desk.locator('article.card svg').screenshot();
  await desk.context().close();
  return seen;
}

/** Any other QR code, drawn as ours are. */
async function codeOf(text: string): Promise<Buffer> {
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  const page = await ground.browser.newPage();
  await page.setContent(
    `<svg width="240" height="240" viewBox="0 0 ${size} ${size}"><rect width="100%" height="100%" fill="#fff"/><path d="${pathOf(data)}"/></svg>`,
  );
  const seen = await page.locator('svg').screenshot();
  await page.close();
  return seen;
}

/** The page for somebody who was invited, from the sign-in page. */
async function opened(browser: Browser, language: 'zh' | 'en', permissions: string[]): Promise<Page> {
  const page = await (await phoneIn(browser, language, { permissions, bypassCSP: false })).newPage();
  await page.goto(`${ground.url}/field/`);
  await page.click('a[href="#/join"]');
  await page.waitForSelector('[data-act=scan]');
  return page;
}

describe.each(['zh', 'en'] as const)('in %s', (language) => {
  it('the desk’s code is read by the camera, and the phone is signed in', async () => {
    const login = `lu.${language}.${Date.now().toString(36)}`;
    const file = join(folder, `${language}.y4m`);
    const there = { jurisdiction: '', login, code: 'ABCD-EFGH-1234' };
    await film(ground.browser, file, [
      { png: await codeOf('https://pay.example.com/?order=20261123'), seconds: 3 },
      { png: await codeOf(invitationAddress('https://other.example.com', there)), seconds: 3 },
      { png: await invitation(language, login), seconds: 20 },
    ]);
    const browser = await launch([
      FAKE,
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${file}`,
    ]);
    try {
      const page = await opened(browser, language, ['camera']);
      const wrong = watch(page);
      const found: string[] = [];
      const fetched: string[] = [];
      page.on('request', (one) => /Scanner-/.test(one.url()) && fetched.push(one.url()));
      await shoot(page, `${language}-46-join`, found, true);
      // Whoever does not scan does not pay for it, on the way or on the phone.
      expect(fetched).toEqual([]);
      expect(await (await fetch(`${ground.url}/field/sw.js`)).text()).not.toContain('Scanner-');
      await page.click('[data-act=scan]');
      await page.waitForSelector('[data-seen=other]');
      expect(fetched).not.toEqual([]);
      await shoot(page, `${language}-47-scan-other`, found);
      await page.waitForSelector('[data-seen=elsewhere]');
      expect(await page.innerText('[data-seen]')).toContain('other.example.com');
      // It is read by itself; nothing is to be typed but the password.
      await page.waitForSelector('.login strong', { timeout: 60_000 });
      expect(await page.innerText('.login strong')).toBe(login);
      expect(await page.locator('dialog').count()).toBe(0);
      // No page of the phone has the code in its address.
      expect(page.url()).toBe(`${ground.url}/field/#/join`);
      await shoot(page, `${language}-48-scanned`, found, true);
      await page.keyboard.type(PASSWORD);
      await page.fill('[name=again]', PASSWORD);
      await page.click('form .button.go');
      await inStep(page);
      expect(page.url()).toBe(`${ground.url}/field/#/`);
      expect([...wrong, ...found]).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

it('a camera that is not allowed, and none at all: said, and typing goes on', async () => {
  const words = {
    refused: { zh: /没有使用相机的权限/, en: /not allowed/ },
    none: { zh: /没有找到相机/, en: /no camera/ },
  };
  for (const [why, flags] of [
    ['refused', [FAKE]],
    ['none', []],
  ] as const) {
    const browser = await launch([...flags]);
    try {
      for (const language of ['zh', 'en'] as const) {
        const page = await opened(browser, language, why === 'none' ? ['camera'] : []);
        const found: string[] = [];
        await page.click('[data-act=scan]');
        expect(await page.innerText(`[data-dark=${why}]`)).toMatch(words[why][language]);
        expect(await page.locator('dialog').count()).toBe(0);
        await page.fill('[name=code]', 'abcd efgh 1234');
        await shoot(page, `${language}-49-scan-${why}`, found, true);
        expect(found).toEqual([]);
        await page.context().close();
      }
    } finally {
      await browser.close();
    }
  }
});

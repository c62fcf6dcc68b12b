// What browser tests stand on: a real server that can be killed, the dev server in front of it, a Chromium, people.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core';
import { inject } from 'vitest';
// @ts-expect-error: a plain script, for people without a build.
import { serve } from '../dev/serve.mjs';
import { makeDeviceKey, prove, publicKeyOf } from '../shared/auth/proof';
import { v7 } from '../shared/ids';
import { freePort } from './ports';

export const PASSWORD = 'anfang-demo-2026';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The folder of this worker's own county. */
function county(): string {
  const all = inject('data');
  const one = all[(Number(process.env.VITEST_POOL_ID) - 1) % all.length];
  if (!one) throw new Error('there is no county for this worker');
  return one;
}

export class Ground {
  private child: ChildProcess | undefined;
  private front: Server | undefined;
  private constructor(
    readonly browser: Browser,
    private readonly apiPort: number,
    private readonly port: number,
  ) {}

  static async open(more: string[] = []): Promise<Ground> {
    const ground = new Ground(await launch(more), await freePort(), await freePort());
    await ground.startServer();
    ground.front = await serve({ api: ground.api, port: ground.port });
    return ground;
  }

  get api(): string {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The data folder of the server. */
  readonly data = county();

  async startServer(): Promise<void> {
    const args = [
      'serve',
      '--data-dir',
      this.data,
      '--listen',
      `127.0.0.1:${this.apiPort}`,
      '--workers',
      '2',
    ];
    this.child = spawn(inject('bin'), args, { stdio: 'ignore' });
    for (let tries = 0; tries < 300; tries++) {
      const ready = await fetch(`${this.api}/readyz`).catch(() => undefined);
      if (ready?.ok) return;
      await sleep(200);
    }
    throw new Error('the server did not start');
  }

  /** The page of the field app with this address, once it is drawn: the one before has headings and buttons, too. */
  async to(page: Page, hash: string): Promise<void> {
    const [name = '', id = ''] = hash.split('/');
    await page.goto(`${this.url}/field/#/${hash}`);
    await page.waitForSelector(`[data-page="${name}"][data-id="${id}"]`);
  }

  /** Without a warning, as a power cut does. */
  async killServer(): Promise<void> {
    const gone = new Promise((resolve) => this.child?.once('exit', resolve));
    this.child?.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.front?.closeAllConnections();
    this.front?.close();
    const gone = new Promise((resolve) => this.child?.once('exit', resolve));
    this.child?.kill('SIGTERM');
    await gone;
  }

  phone(language: 'zh' | 'en', more: Record<string, unknown> = {}): Promise<BrowserContext> {
    return phoneIn(this.browser, language, more);
  }
}

/** A Chromium with these switches besides our own. */
export function launch(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...ARGS.filter((one) => !more.length || one !== '--disable-gpu'), ...more],
  });
}

export async function phoneIn(
  browser: Browser,
  language: 'zh' | 'en',
  more: Record<string, unknown> = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    permissions: ['geolocation'],
    ...more,
  });
  context.setDefaultTimeout(20_000);
  return context;
}

/** A computer in an office. */
export async function office(ground: Ground, language: 'zh' | 'en', more: Record<string, unknown> = {}) {
  const context = await ground.browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    ...more,
  });
  context.setDefaultTimeout(20_000);
  return context;
}

/** Signs in and waits for the first pull. If it does not come through, the error says what stood on the page and what was
 *  asked of the server meanwhile. */
export async function signInDesk(page: Page, url: string, login: string): Promise<void> {
  const asked: string[] = [];
  const began = Date.now();
  const note = (how: string) => (request: Request) => {
    const why = request.failure()?.errorText ?? '';
    if (request.url().includes('/v1/'))
      asked.push(
        `${Date.now() - began} ms ${how} ${request.method()} ${new URL(request.url()).pathname} ${why}`,
      );
  };
  const [sent, done, lost] = [note('>'), note('<'), note('lost')];
  page.on('request', sent).on('requestfinished', done).on('requestfailed', lost);
  try {
    await page.goto(`${url}/`);
    await page.fill('[name=login]', login);
    await page.fill('[name=password]', PASSWORD);
    await page.click('form .button.go');
    await page.waitForSelector('.rail', { timeout: 60_000 });
    await page.waitForSelector('.two, .three', { timeout: 60_000 });
  } catch (error) {
    const shown = await page.innerText('body', { timeout: 5000 }).catch(String);
    throw new Error(`${error}\n${shown.slice(0, 1500)}\n${asked.join('\n')}`);
  } finally {
    page.off('request', sent).off('requestfinished', done).off('requestfailed', lost);
  }
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Fails the test on anything that the page complains of: a script error, a breach of the content policy. */
export function watch(page: Page): string[] {
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/Failed to load resource|net::ERR_/.test(text)) wrong.push(text);
  });
  return wrong;
}

export async function signIn(page: Page, url: string, login: string, password = PASSWORD): Promise<void> {
  await page.goto(`${url}/field/`);
  await page.fill('[name=login]', login);
  await page.fill('[name=password]', password);
  await page.click('form .button.go');
}

/** Waits until the phone has pulled all that its owner may see. */
export async function inStep(page: Page): Promise<void> {
  await page.waitForSelector('.state.good', { timeout: 60_000 });
}

interface Place {
  site_id: string;
  code: string;
  kind: string;
  name: { zh: string };
  latitude?: number;
  longitude?: number;
}

/** Of a village, with a position. */
export interface Household extends Required<Place> {
  area_id: string;
}

/** Somebody at the other end of the line, speaking the bare protocol. */
export class Clerk {
  private constructor(
    readonly api: string,
    private readonly token: string,
  ) {}

  static async signIn(api: string, login: string): Promise<Clerk> {
    const post = async (path: string, body: unknown, token?: string) => {
      const headers = {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      };
      const answer = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
      return answer.json();
    };
    const bare = await post('/v1/sessions', { login, password: PASSWORD });
    const { challenge } = await (await fetch(`${api}/v1/capabilities`)).json();
    const pair = await makeDeviceKey();
    const proof = await prove(pair.privateKey, { purpose: 'enrol', jti: v7(), challenge });
    const public_key = await publicKeyOf(pair);
    const device = { name: 'test', platform: 'test', protocol: 1, capabilities: ['sync'], public_key, proof };
    return new Clerk(api, (await post('/v1/devices', device, bare.access_token)).access_token);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.api + path, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const answer = await fetch(this.api + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async remove(path: string): Promise<void> {
    const headers = { authorization: `Bearer ${this.token}` };
    const answer = await fetch(this.api + path, { method: 'DELETE', headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  }

  private n = 0;
  /** Gives commands, in order; all have to be applied. */
  async give(...commands: { type: string; body: unknown }[]): Promise<void> {
    const at = new Date().toISOString();
    const sent = commands.map((one) => {
      this.n += 1;
      return { n: this.n, id: v7(), at, ...one };
    });
    const answer = await fetch(`${this.api}/v1/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ pull: false, commands: sent }),
    });
    const { outcomes = [] } = (await answer.json()) as { outcomes?: { status: string }[] };
    if (outcomes.length !== sent.length || outcomes.some((one) => one.status !== 'applied'))
      throw new Error(JSON.stringify({ sent, outcomes }));
  }

  /** Sends a file whole; gives back what a command says of it. */
  async upload(file: string): Promise<Record<string, unknown>> {
    const bytes = readFileSync(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const blob = { sha256, size: bytes.length, media_type: 'image/jpeg' };
    const headers = { authorization: `Bearer ${this.token}` };
    const declared = await fetch(`${this.api}/v1/blobs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ blobs: [blob] }),
    });
    const { blobs } = (await declared.json()) as { blobs: { upload: string; offset: number }[] };
    if (blobs[0]?.upload) {
      await fetch(this.api + blobs[0].upload, {
        method: 'PATCH',
        headers: {
          ...headers,
          'tus-resumable': '1.0.0',
          'upload-offset': String(blobs[0].offset),
          'content-type': 'application/offset+octet-stream',
        },
        body: bytes,
      });
    }
    return { evidence_id: v7(), ...blob, source: 'camera', taken_at: new Date().toISOString() };
  }

  async bytes(sha: string): Promise<Buffer> {
    const answer = await fetch(`${this.api}/v1/blobs/${sha}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    if (!answer.ok) throw new Error(`${sha}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** A site with a position, of this kind. */
  async site(kind: string, nth = 0): Promise<Required<Place>> {
    const { sites } = await this.get<{ sites: Place[] }>(`/v1/sites?kind=${kind}&limit=200`);
    const placed = sites.filter((one) => one.latitude !== undefined);
    return placed[nth] as Required<Place>;
  }
}

/** The unit for which somebody answers, and the households of its village. */
export async function villageOf(
  supervisor: Clerk,
  login: string,
): Promise<{ unit_id: string; account_id: string; sites: Household[] }> {
  const officer = await Clerk.signIn(supervisor.api, login);
  const me = await officer.get<{ account_id: string; grants: { scope: { unit?: string } }[] }>('/v1/me');
  const unit_id = me.grants.find(({ scope }) => scope.unit)?.scope.unit ?? '';
  const { units } = await supervisor.get<{ units: { unit_id: string; area_id?: string }[] }>('/v1/units');
  const area = units.find((one) => one.unit_id === unit_id)?.area_id;
  const { sites } = await supervisor.get<{ sites: Household[] }>(`/v1/sites?kind=household&area_id=${area}`);
  return { unit_id, account_id: me.account_id, sites: sites.filter((one) => one.latitude !== undefined) };
}

/** Photos that nobody took: noise, so that they are as large as real ones. */
export async function photos(ground: Ground, n: number, edge = 900): Promise<string[]> {
  const page = await ground.browser.newPage();
  const folder = mkdtempSync(join(tmpdir(), 'anfang-photos-'));
  const files: string[] = [];
  for (let i = 0; i < n; i++) {
    const data = await page.evaluate(
      ([seed, edge]) => {
        const canvas = document.createElement('canvas');
        canvas.width = edge as number;
        canvas.height = ((edge as number) * 3) / 4;
        const context = canvas.getContext('2d') as CanvasRenderingContext2D;
        const image = context.createImageData(canvas.width, canvas.height);
        const pixels = new Uint32Array(image.data.buffer);
        let state = (seed as number) * 7919 + 1;
        for (let at = 0; at < pixels.length; at++) {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          const sky = at < pixels.length / 2 ? 0x969696 : 0x464646;
          pixels[at] = 0xff000000 | (sky + (state & 0x5f5f5f));
        }
        context.putImageData(image, 0, 0);
        return canvas.toDataURL('image/jpeg', 0.92);
      },
      [i + Math.floor(Math.random() * 1000), edge],
    );
    const file = join(folder, `photo-${i}.jpg`);
    writeFileSync(file, Buffer.from(data.split(',')[1] ?? '', 'base64'));
    files.push(file);
  }
  await page.close();
  return files;
}

/** No write of this page's reaches the disk any more, as the browser does it: refused. (A quota set from outside does not
 *  reach a private window's stores.) Gives back the way out. */
export async function fillDisk(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    const real = IDBObjectStore.prototype.put;
    Object.assign(window, { makeRoom: () => Object.assign(IDBObjectStore.prototype, { put: real }) });
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  return () => page.evaluate(() => (window as unknown as { makeRoom(): void }).makeRoom());
}

/** From the list to the arrival: the site by its code. */
export async function arrive(page: Page, code: string): Promise<void> {
  await page.click('a[href="#/sites"].button');
  await page.fill('input[type=search]', code);
  await page.click('.ruled a.entry');
  await page.click('button.go.big');
  await page.waitForSelector('section .note');
}

/** Hands in a report that is finished; gives back its id. */
export async function submitted(page: Page): Promise<string> {
  await page.click('.dock .go.big');
  await page.waitForURL(/#\/record\//);
  return page.url().split('/').at(-1) ?? '';
}

/** The first checklist and no other, whichever was proposed. Where the phone finds no position: why. */
export async function firstList(page: Page): Promise<void> {
  await page.waitForSelector('.list');
  const located = page.waitForSelector('section .note :text("误差"), section .note :text("within")', {
    timeout: 1500,
  });
  const none = () => page.click('[data-why="0"]', { timeout: 2000 }).catch(() => undefined);
  await located.catch(none);
  for (const [i, pick] of (await page.locator('.list').all()).entries()) {
    const isChosen = (await pick.getAttribute('aria-pressed')) === 'true';
    if (isChosen !== (i === 0)) await pick.click();
  }
}

/** Answers every pass/fail item that stands on the screen with "pass" until the end, the first with "fail". */
export async function answerAll(page: Page, failFirst: boolean, files: string[]): Promise<number> {
  let taps = 0;
  if (failFirst) {
    await page.click('.verdict .stop');
    taps += 1;
    for (const [i, file] of files.entries()) {
      await page.setInputFiles('input[data-take=camera]', file);
      await page.waitForSelector(`.thumbs li:nth-child(${i + 1}) img`);
      taps += 2;
    }
    await page.click('.dock .button:last-child');
    taps += 1;
  }
  for (let i = 0; i < 60; i++) {
    const pass = page.locator('.verdict .button:last-child');
    const option = page.locator('article .pick').first();
    const number = page.locator('.number .input');
    if (await page.locator('.dock .go.big').count()) break;
    const title = await page.textContent('article .title');
    if (await pass.count()) await pass.click();
    else if (await option.count()) await option.click();
    else if (await number.count()) {
      await number.fill('5000');
      await page.click('.number .button');
      await page.click('.dock .button:last-child');
      taps += 2;
    } else await page.click('.dock .button:last-child');
    taps += 1;
    await page.waitForFunction((old) => document.querySelector('article .title')?.textContent !== old, title);
  }
  return taps;
}

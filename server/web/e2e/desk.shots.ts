// Every page of the desk, and the field app's pages for units and verifiers, in both languages, into shots/ (ignored by
// git), with axe on each: no violation passes. The county gets findings and items at several stages first.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, inStep, office, photos, signIn, signInDesk, sleep, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;
const made: Record<string, string> = {};

interface Finding {
  evidence?: string[];
  finding_id: string;
  text: string;
}
interface Report {
  inspection_id: string;
  area_id: string;
  site_id: string;
  findings?: Finding[];
  evidence?: unknown[];
}
interface Unit {
  unit_id: string;
  code: string;
  kind: string;
  area_id?: string;
}
interface Area {
  area_id: string;
  parent_id?: string;
}

/** Lists one finding and hands it to the township, whose officer signs in. */
async function handed(report: Report, finding: Finding, days: number) {
  const { units } = await clerk.get<{ units: Unit[] }>('/v1/units');
  const { areas } = await clerk.get<{ areas: Area[] }>('/v1/areas');
  const parent = areas.find((one) => one.area_id === report.area_id)?.parent_id;
  const unit = units.find(
    (one) => one.kind === 'township' && (one.area_id === report.area_id || one.area_id === parent),
  ) as Unit;
  const rectification_id = v7();
  await clerk.give(
    {
      type: 'rectification.list',
      body: { rectification_id, area_id: report.area_id, findings: [finding.finding_id] },
    },
    {
      type: 'rectification.hand_over',
      body: {
        rectification_id,
        unit_id: unit.unit_id,
        person: { name: '陈建军' },
        requirement: `整改到位：${finding.text}`,
        standard: '达到检查表要求，群众认可',
        due: { working_days: days },
      },
    },
  );
  const officer = await Clerk.signIn(ground.api, `officer-${unit.code}`);
  const give = (type: string, body: Record<string, unknown> = {}) =>
    officer.give({ type: `rectification.${type}`, body: { rectification_id, ...body } });
  return { rectification_id, officer, give, login: `officer-${unit.code}` };
}

const FINDINGS = 8;

/** One more report from the field, so that the smallest county, too, has findings enough for every stage. */
async function reported(files: string[]): Promise<void> {
  const inspector = await Clerk.signIn(ground.api, 'inspector5a');
  const place = await inspector.site('household', 3);
  const photo = await inspector.upload(files[0] as string);
  const evidence = Array.from({ length: FINDINGS }, () => ({ ...photo, evidence_id: v7() }));
  const { latitude, longitude } = place;
  const at = (ago_ms: number) => new Date(Date.now() - ago_ms).toISOString();
  const findings = evidence.map((one, i) => ({
    finding_id: v7(),
    severity: i % 2 ? 'general' : 'serious',
    text: `水龙头漏水，第 ${i + 1} 处`,
    evidence: [one.evidence_id],
  }));
  const arrival = { at: at(600_000), position: { latitude, longitude, accuracy_m: 8 } };
  const body = {
    inspection_id: v7(),
    site_id: place.site_id,
    arrival,
    departure: { at: at(1000) },
    findings,
    evidence,
  };
  await inspector.give({ type: 'inspection.submit', body });
}

beforeAll(async () => {
  ground = await Ground.open(['--use-angle=swiftshader', '--enable-unsafe-swiftshader']);
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
  const verifier = await Clerk.signIn(ground.api, 'verifier1');
  const files = await photos(ground, 3, 800);
  await reported(files.slice(2));
  const { inspections } = await clerk.get<{ inspections: Report[] }>('/v1/inspections?limit=50');
  const { rectifications } = await clerk.get<{ rectifications: { findings: Finding[] }[] }>(
    '/v1/rectifications?limit=200',
  );
  const taken = new Set(rectifications.flatMap((item) => item.findings.map((one) => one.finding_id)));
  const free = inspections.flatMap((report) =>
    (report.findings ?? [])
      .filter((one) => one.evidence?.length && !taken.has(one.finding_id))
      .map((finding) => ({ report, finding })),
  );
  const next = async (days: number) => {
    const one = free.shift();
    if (!one) throw new Error('the county has too few findings');
    return handed(one.report, one.finding, days);
  };
  made.inspection = inspections.find((one) => one.evidence?.length)?.inspection_id ?? '';
  made.site = inspections[0]?.site_id ?? '';

  const signed = await next(1);
  await signed.give('acknowledge');
  made.signed = signed.rectification_id;
  const asked = await next(3);
  await asked.give('acknowledge');
  await asked.give('ask_extension', { due: { working_days: 20 }, reason: '材料尚未到货' });
  const declined = await next(5);
  await declined.give('decline', { reason: '该路段由县交通运输局管理' });
  made.declined = declined.rectification_id;
  const answered = await next(10);
  await answered.give('acknowledge');
  await answered.give('report', {
    text: '已更换水龙头并修复管道，供水恢复正常。',
    evidence: [await answered.officer.upload(files[0] as string)],
  });
  made.answered = answered.rectification_id;
  const returned = await next(5);
  await returned.give('acknowledge');
  await returned.give('report', {
    text: '已整改',
    evidence: [await returned.officer.upload(files[1] as string)],
  });
  await verifier.give({
    type: 'rectification.return',
    body: { rectification_id: returned.rectification_id, reasons: '照片看不清整改部位，请重拍' },
  });
  made.returned = returned.rectification_id;
  made.officer = returned.login;
  const open = await next(8);
  const leader = { rectification_id: open.rectification_id };
  await clerk.give({
    type: 'rectification.comment',
    body: { ...leader, remark_id: v7(), text: '请乡镇本周内到户核实一次。' },
  });
  await clerk.give({
    type: 'rectification.comment',
    body: { ...leader, remark_id: v7(), text: '留意资金去向', internal: true },
  });
  made.handed = open.rectification_id;
});
afterAll(() => ground?.close());

async function go(page: Page, hash: string, wait: string): Promise<void> {
  await page.goto(`${ground.url}/#/${hash}`);
  await page.waitForSelector(wait);
  await sleep(600);
}

it.each(['zh', 'en'] as const)('desk, %s', async (language) => {
  const found: string[] = [];
  const context = await office(ground, language, { bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  const to = (name: string) => `desk-${language}-${name}`;
  await page.goto(`${ground.url}/`);
  await page.waitForSelector('[name=login]');
  await shoot(page, to('01-sign-in'), found);
  await page.click('form .button.go');
  await page.waitForSelector('.fault');
  await shoot(page, to('01-sign-in-lacks'), found);
  await signInDesk(page, ground.url, 'supervisor1');
  await go(page, 'today', '.todo');
  await shoot(page, to('02-today'), found);
  await go(page, 'inbox', '.stage img');
  await shoot(page, to('03-inbox'), found);
  await page.keyboard.press('?');
  await page.keyboard.press('d');
  await shoot(page, to('04-inbox-keys'), found, true);
  await go(page, `inbox/${made.declined}`, '.note.warn');
  await shoot(page, to('05-inbox-declined'), found, true);
  await go(page, 'list', 'tbody tr');
  await page.click('main header button[aria-expanded]');
  await shoot(page, to('06-list'), found);
  await go(page, 'list?stands=open&q=zzz', '.note');
  await shoot(page, to('07-list-nothing'), found);
  await go(page, `item/${made.answered}`, '.frame .label.right');
  await shoot(page, to('08-item-answered'), found, true);
  await page.click('[data-act="rectification.return"]');
  await page.click('section > details summary');
  await shoot(page, to('09-item-return'), found, true);
  await go(page, `item/${made.handed}`, '.remark');
  await page.click('[data-act="rectification.reassign"]');
  await shoot(page, to('10-item-reassign'), found, true);
  await go(page, `item/${v7()}`, 'h1');
  await shoot(page, to('11-item-none'), found);
  await go(page, 'map', '.township-name');
  await sleep(4000);
  await shoot(page, to('12-map'), found);
  await go(page, 'notices', '.ruled .entry');
  await shoot(page, to('13-notices'), found);
  await go(page, 'plans', '[data-plan], .note');
  await shoot(page, to('14-plans'), found);
  await go(page, 'inspections', 'tbody tr');
  await shoot(page, to('15-inspections'), found);
  await go(page, `inspection/${made.inspection}`, '.big img');
  await shoot(page, to('16-inspection'), found, true);
  await go(page, 'sites?kind=household', 'tbody tr');
  await shoot(page, to('17-sites'), found);
  await go(page, `site/${made.site}`, 'dl');
  await shoot(page, to('18-site'), found);
  await go(page, 'areas', 'summary');
  await page.click('summary >> nth=0');
  await shoot(page, to('19-areas'), found);
  await go(page, 'units', 'tbody tr');
  await shoot(page, to('20-units'), found);
  await go(page, 'checklists', 'tbody tr');
  await shoot(page, to('21-checklists'), found);
  await page.click('tbody a');
  await page.waitForSelector('.phone');
  await shoot(page, to('22-checklist'), found);
  await go(page, 'calendar', 'ol');
  await shoot(page, to('23-calendar'), found);
  await go(page, 'people', 'tbody tr');
  await page.click('summary');
  await shoot(page, to('24-people'), found, true);
  await go(page, 'ledger', '.note.good');
  await shoot(page, to('25-accounts'), found);
  await go(page, 'media', '.wall img');
  await shoot(page, to('26-media'), found);
  await go(page, 'settings', 'form');
  await page.click('.button.stop');
  await shoot(page, to('27-settings'), found);
  // A narrow window: nothing is cut off.
  await page.setViewportSize({ width: 800, height: 1100 });
  await go(page, 'inbox', '.stage img');
  await shoot(page, to('28-inbox-narrow'), found, true);
  await page.setViewportSize({ width: 390, height: 844 });
  await go(page, `item/${made.answered}`, '.frame .label.right');
  await shoot(page, to('29-item-phone'), found, true);
  await go(page, 'today', '.todo');
  await shoot(page, to('30-today-phone'), found, true);
  await page.click('.menu');
  await page.waitForSelector('nav a >> visible=true');
  await shoot(page, to('30-menu'), found);
  // On A4.
  await page.setViewportSize({ width: 1440, height: 900 });
  await go(page, 'list', 'tbody tr');
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 1020, height: 720 });
  await shoot(page, to('31-list-print'), found);
  await page.emulateMedia({ media: 'screen' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await context.setOffline(true);
  await go(page, `item/${made.answered}`, 'h1');
  await shoot(page, to('32-offline'), found);
  expect(found).toEqual([]);
  expect(wrong).toEqual([]);
  await context.close();
});

it.each(['zh', 'en'] as const)('items in the field, %s', async (language) => {
  const found: string[] = [];
  const to = (name: string) => `${language}-${name}`;
  const context = await ground.phone(language, { bypassCSP: true });
  const page = await context.newPage();
  const wrong = watch(page);
  await signIn(page, ground.url, made.officer as string);
  await inStep(page);
  await shoot(page, to('30-home-unit'), found);
  await page.goto(`${ground.url}/field/#/items`);
  await page.waitForSelector('.ruled a');
  await shoot(page, to('31-items'), found);
  await page.goto(`${ground.url}/field/#/task/${made.returned}`);
  await page.waitForSelector('[data-act=report]');
  await sleep(800);
  await shoot(page, to('32-task-returned'), found, true);
  await context.close();
  const other = await ground.phone(language, { bypassCSP: true });
  const verifier = await other.newPage();
  wrong.push(...watch(verifier));
  await signIn(verifier, ground.url, 'verifier2');
  await inStep(verifier);
  await verifier.goto(`${ground.url}/field/#/task/${made.answered}`);
  await verifier.waitForSelector('[data-act=accept]');
  await sleep(800);
  await shoot(verifier, to('33-verify'), found, true);
  await verifier.click('button.stop.wide');
  await shoot(verifier, to('34-verify-return'), found, true);
  expect(found).toEqual([]);
  expect(wrong).toEqual([]);
  await other.close();
});

// Asked back: a supervisor asks at the desk about a finding that waits, the inspector answers without a network, with a
// photo, and the desk shows both without a reload. Then the inspector adds to the report unasked.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from '../shared/ids';
import { Clerk, Ground, inStep, office, photos, signIn, signInDesk, sleep, watch } from './ground';
import { shoot } from './shoot';

let ground: Ground;
let clerk: Clerk;

beforeAll(async () => {
  ground = await Ground.open();
  clerk = await Clerk.signIn(ground.api, 'supervisor1');
});
afterAll(() => ground?.close());

interface Report {
  inspection_id: string;
  notes?: string;
  findings: { finding_id: string }[];
  evidence: { evidence_id: string; status: string }[];
  questions?: { question_id: string; finding_id?: string; text: string }[];
  amendments?: { reason: string; question_id?: string; evidence?: string[] }[];
}
const QUESTION = '这是哪一户的水龙头？水压是多少？';
const ANSWER = '王家第二户，水压 0.05 兆帕，见照片';

/** A report with one finding and its photo, from the field. */
async function reported(login: string, nth: number, file: string): Promise<{ id: string; finding: string }> {
  const inspector = await Clerk.signIn(ground.api, login);
  const site = await inspector.site('household', nth);
  const photo = await inspector.upload(file);
  const now = new Date().toISOString();
  const presence = { at: now, position: { latitude: site.latitude, longitude: site.longitude } };
  const [inspection_id, finding_id] = [v7(), v7()];
  const found = { finding_id, severity: 'grave', text: `水龙头不出水 ${nth}`, evidence: [photo.evidence_id] };
  const body = { inspection_id, site_id: site.site_id, arrival: presence, departure: presence };
  const parts = { findings: [found], evidence: [photo], notes: '原有备注' };
  await inspector.give({ type: 'inspection.submit', body: { ...body, ...parts } });
  return { id: inspection_id, finding: finding_id };
}

async function until(id: string, is: (report: Report) => boolean): Promise<Report> {
  for (let i = 0; i < 150; i++) {
    const report = await clerk.get<Report>(`/v1/inspections/${id}`);
    if (is(report)) return report;
    await sleep(200);
  }
  throw new Error(`never: ${JSON.stringify(await clerk.get(`/v1/inspections/${id}`))}`);
}

describe.each([
  { language: 'zh', login: 'inspector3a', nth: 20 },
  { language: 'en', login: 'inspector3b', nth: 21 },
] as const)('asked back, in $language', ({ language, login, nth }) => {
  const zh = language === 'zh';
  // In one language axe looks, in the other the content policy stands.
  const more = { bypassCSP: zh };
  const found: string[] = [];
  const look = async (page: Page, name: string) => {
    if (zh) await shoot(page, `asked-${name}`, found, true);
  };

  it('asked at the desk, answered offline with a photo, shown at the desk; then added to', async () => {
    const [before, after, last] = (await photos(ground, 3, 700)) as [string, string, string];
    const { id, finding } = await reported(login, nth, before);
    const desk = await (await office(ground, language, more)).newPage();
    const wrong = watch(desk);
    await signInDesk(desk, ground.url, 'supervisor1');
    await desk.goto(`${ground.url}/#/inbox/${finding}`);
    await desk.waitForSelector('.stage img');
    const waiting = await desk.locator('.queue li').count();

    // By keyboard. The key that hands over asks here, and the finding stays.
    await desk.keyboard.press('q');
    await desk.waitForSelector('[name=question]:focus');
    await desk.keyboard.type(QUESTION);
    await look(desk, 'ask');
    await desk.keyboard.press('Control+Enter');
    const open = zh ? '已追问，等待答复' : 'Asked, no answer yet';
    await desk.locator('.queue [aria-current] .tag', { hasText: open }).waitFor();
    await desk
      .locator('[data-questions]', { hasText: QUESTION })
      .locator('.tag', { hasText: open })
      .waitFor();
    const asked = await until(id, (one) => one.questions !== undefined);
    expect(asked.questions).toMatchObject([{ finding_id: finding, text: QUESTION }]);
    expect(await desk.locator('.queue li').count()).toBe(waiting);
    await desk.waitForSelector('[data-go]:not([disabled])');

    // On the phone it is the first thing to see.
    const pocket = await ground.phone(language, more);
    const phone = await pocket.newPage();
    const complaints = watch(phone);
    await signIn(phone, ground.url, login);
    await inStep(phone);
    await phone.locator(`a[href="#/record/${id}"]`, { hasText: QUESTION }).waitFor();
    await look(phone, 'home');
    await ground.to(phone, 'records');
    await phone.waitForSelector(`a[href="#/record/${id}"] .tag.warn`);
    await phone.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await pocket.setOffline(true);
    await ground.to(phone, `record/${id}`);
    await phone.fill('[name=answer]', ANSWER);
    await phone.setInputFiles('article input[data-take=camera]', after);
    await phone.waitForSelector('article form .thumbs img');
    await look(phone, 'answering');
    // Half-written, it survives a reload.
    await phone.reload();
    await phone.waitForSelector('article form .thumbs img');
    expect(await phone.inputValue('[name=answer]')).toBe(ANSWER);
    await phone.click('[data-act=answer]');
    await phone.locator('article .answer', { hasText: ANSWER }).locator('img').waitFor();
    await look(phone, 'answered-offline');
    await ground.to(phone, 'outbox');
    await phone.getByText(zh ? '答复追问' : 'Answer to a question').waitFor();
    await ground.to(phone, '');
    await phone.waitForSelector('.state:not(.good)');
    expect(await phone.locator(`a[href="#/record/${id}"]`).count()).toBe(0);
    expect((await until(id, () => true)).amendments).toBeUndefined();

    await pocket.setOffline(false);
    await inStep(phone);
    const answered = await until(id, (one) => one.evidence.filter((e) => e.status === 'stored').length === 2);
    const [question] = answered.questions ?? [];
    const added = answered.evidence[1]?.evidence_id;
    expect(answered.amendments).toMatchObject([
      { reason: ANSWER, question_id: question?.question_id, evidence: [added] },
    ]);

    // At the desk, without a reload: the words, and the photo beside those of the finding.
    await desk.locator('[data-questions] .answer', { hasText: ANSWER }).waitFor();
    await desk.waitForSelector('.queue [aria-current] .tag.good');
    await desk.waitForSelector('[data-questions] .mini img');
    expect(await desk.locator('.strip button').count()).toBe(2);
    await desk.click('.strip button:nth-child(2)');
    await desk.waitForSelector('.stage img');
    await desk.locator('.known .tag', { hasText: zh ? '答复时补充' : 'Added by the answer' }).waitFor();
    await look(desk, 'answer');

    // Who asked is told, and led there.
    await desk.goto(`${ground.url}/#/notices`);
    await desk
      .locator('.entry.unread', { hasText: zh ? '追问已答复' : 'Your question is answered' })
      .first()
      .click();
    await desk.waitForURL(new RegExp(`#/inspection/${id}`));
    await desk.locator('[data-questions]', { hasText: ANSWER }).waitFor();
    await look(desk, 'inspection');

    // Unasked: notes below those before, one more problem, a photo.
    await ground.to(phone, `record/${id}`);
    await phone.getByRole('button', { name: zh ? '补充更正' : 'Add to this report', exact: true }).click();
    await phone.fill('[name=why]', '漏记一处');
    await phone.fill('[name=problem]', '院内积水');
    await phone.fill('[name=notes]', '第二行');
    await phone.setInputFiles('input[data-take=camera]', last);
    await phone.waitForSelector('form .thumbs img');
    await look(phone, 'adding');
    await phone.click('[data-act=amend]');
    await phone.waitForSelector('.added .thumbs img');
    const whole = await until(id, (one) => one.amendments?.length === 2);
    expect(whole.notes).toBe('原有备注\n第二行');
    expect(whole.findings).toHaveLength(2);
    await desk.locator('.note', { hasText: '漏记一处' }).waitFor();
    await look(phone, 'added');
    expect([...found, ...wrong, ...complaints]).toEqual([]);
    await Promise.all([pocket.close(), desk.context().close()]);
  });
});

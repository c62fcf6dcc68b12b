// Items of the ledger on this side: own commands laid over, who may do what, working days, lists, accounts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checked, type Day } from '../../desk/accounts';
import { csv } from '../../desk/rows';
import { AUTHORITY } from '../../shared/authority.generated';
import { CALENDARS } from '../../shared/calendars.generated';
import { CODES } from '../../shared/codes.generated';
import type { Around } from '../../shared/engine/layer';
import type { Entry } from '../../shared/engine/outbox';
import { layOver, readItem } from '../../shared/engine/overlay';
import { isOverdue, may, orderOf, runs, seenOn } from '../../shared/rules/item';
import {
  addWorkingDays,
  countBy,
  dayOf,
  isWorking,
  passesAt,
  plusDays,
  terms,
  workingDaysBetween,
} from '../../shared/rules/workdays';
import { ACTS, type ActType, type Rectification, rectification } from '../../shared/wire/items';

const EXAMPLES = join(
  process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..'),
  'protocol/examples/v1',
);
const read = (folder: string) =>
  readdirSync(join(EXAMPLES, folder))
    .filter((name) => name.startsWith('rectification_') && name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(join(EXAMPLES, folder, name), 'utf8'))] as const);

const items = read('items')
  .filter(([, sample]) => sample.as === 'rectification')
  .map(([name, sample]) => [name, rectification.read(sample.message)] as const);
const commands = read('commands').map(
  ([, sample]) => sample.message as { type: ActType; body: Record<string, unknown> },
);

const ME = '019fa001-0000-7111-8222-333344445577';
const AROUND: Around = { me: ME, areaOf: () => undefined, held: () => 'missing', findingOf: () => undefined };
/** After all that the samples tell. */
const NOW = Date.parse('2027-01-04T02:00:00Z');

function entry(type: string, body: unknown): Entry {
  return {
    n: 1,
    id: ME,
    type,
    item: 'x',
    at: NOW,
    files: [],
    envelope: JSON.stringify({ body }),
    sent: false,
    state: { is: 'saved' },
  };
}

const onto = (item: Rectification, type: string, body: Record<string, unknown>) =>
  entry(type, { ...body, rectification_id: item.rectification_id });

describe.each(items)('laid over %s', (_, item) => {
  it.each(commands.map((one) => [one.type, one] as const))(
    '%s: twice is once, and always readable',
    (_, one) => {
      const it_ = onto(item, one.type, one.body);
      const once = layOver('rectification', item, [it_], AROUND);
      const twice = layOver('rectification', once, [it_], AROUND);
      expect(readItem(once)).toBeDefined();
      expect(twice).toEqual(once);
    },
  );

  it('does what the table says: a step that is not for this stage leaves the stage', () => {
    for (const { type, body } of commands) {
      const rules = AUTHORITY.rules.filter((rule) => rule.command === type);
      const allowed = rules.some((rule) => (rule.stages as readonly string[]).includes(item.stage.name));
      if (allowed || type === 'rectification.list') continue;
      const shown = layOver('rectification', item, [onto(item, type, body)], AROUND) as Rectification;
      // Commands of the unit and of supervisors that the overlay knows do not move what they may not move.
      expect([type, shown.stage.name]).toEqual([type, item.stage.name]);
    }
  });
});

it('a whole life, step by step, before the server has said a word', () => {
  const [, handed] = items.find(([name]) => name === 'rectification_handed_over.json') ?? [];
  if (!handed) throw new Error('no sample');
  const steps: [ActType, Record<string, unknown>, string][] = [
    ['rectification.acknowledge', {}, 'acknowledged'],
    ['rectification.plan', { text: '三天内换管' }, 'in_progress'],
    ['rectification.report', { text: '已换' }, 'answered'],
    ['rectification.return', { reasons: '看不清' }, 'returned'],
    ['rectification.report', { text: '重拍' }, 'answered'],
    ['rectification.accept', { method: 'photo' }, 'answered'],
    ['rectification.close', {}, 'closed'],
    ['rectification.reopen', { reason: '又坏了' }, 'reopened'],
  ];
  let shown: Rectification = handed;
  for (const [type, body, stage] of steps) {
    shown = layOver('rectification', shown, [onto(shown, type, body)], AROUND) as Rectification;
    expect(shown.stage.name).toBe(stage);
    // The clock runs exactly while the unit has to act.
    expect(shown.track?.at(-1)?.clock === 'runs').toBe(runs(shown.stage));
  }
  expect(shown.rounds).toBe(handed.rounds + 1);
  expect(shown.answers?.map((one) => one.round)).toEqual([1, 2]);
});

describe('who may do what', () => {
  const AREA = '0f65f2b4-2a6e-5d0c-9a41-7c1d2e3f4a5b';
  const grant = (role: string, scope: { area: string } | { unit: string }) => ({
    account_id: ME,
    grants: [{ grant_id: ME, account_id: ME, role, scope, granted_at: '2026-01-01T00:00:00Z' }],
  });

  it.each(items)('%s: by the table, and with a code that has words', (_, item) => {
    const unit = orderOf(item.stage)?.unit_id ?? AREA;
    for (const type of Object.keys(ACTS) as ActType[])
      for (const role of ['supervisor', 'verifier', 'leader', 'unit_officer', 'auditor', 'inspector'])
        for (const scope of [{ area: AREA }, { unit }]) {
          const code = may(grant(role, scope), type, item, [AREA], NOW);
          if (code) expect(CODES).toHaveProperty(code);
          const listed = AUTHORITY.rules.some(
            (rule) =>
              rule.command === type &&
              (rule.roles as readonly string[]).includes(role) &&
              rule.over === ('area' in scope ? 'area' : 'unit') &&
              (rule.stages as readonly string[]).includes(item.stage.name),
          );
          // What the table does not list is refused; what it lists may be refused for the facts of the item.
          if (!listed) expect([type, role, code]).not.toEqual([type, role, undefined]);
        }
  });

  it('of another place or another unit: nothing', () => {
    const other = '11111111-2222-5333-8444-555555555555';
    for (const [, item] of items)
      for (const type of Object.keys(ACTS) as ActType[]) {
        expect(may(grant('supervisor', { area: other }), type, item, [AREA], NOW)).toBeDefined();
        expect(may(grant('unit_officer', { unit: other }), type, item, [AREA], NOW)).toBeDefined();
      }
  });

  it('whoever answered does not verify, be it as a verifier', () => {
    const [, answered] = items.find(([name]) => name === 'rectification_answered.json') ?? [];
    const given = answered?.answers?.[0]?.given.by ?? '';
    const me = { ...grant('verifier', { area: AREA }), account_id: given };
    for (const type of ['rectification.accept', 'rectification.return'] as const)
      expect(may(me, type, answered, [AREA], NOW)).toBe('verifier_of_unit');
  });
});

describe('working days', () => {
  it('as announced for 2026', () => {
    // 1 to 7 October off, Saturday 10 October made up.
    expect(addWorkingDays('2026-09-30', 1)).toBe('2026-10-08');
    expect(addWorkingDays('2026-09-30', 3)).toBe('2026-10-10');
    expect(isWorking('2026-02-14')).toBe(true);
    expect(isWorking('2026-02-16')).toBe(false);
    expect(passesAt('2026-09-30')).toBe('2026-09-30T16:00:00.000Z');
    expect(dayOf(Date.parse('2026-09-30T16:00:00Z'))).toBe('2026-10-01');
  });

  it('adding and counting undo each other, on any day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 120 }), (offset, n) => {
        const from = plusDays('2026-01-01', offset);
        const to = addWorkingDays(from, n);
        expect(isWorking(to)).toBe(true);
        expect(workingDaysBetween(from, to)).toBe(n);
      }),
    );
  });

  it('by the server’s own calendar, once it has told it', () => {
    const years = CALENDARS as unknown as Parameters<typeof countBy>[0]['years'];
    const off = [{ from: '2026-11-23', to: '2026-11-24', name: { zh: '县庆' } }];
    countBy(
      terms.read({ time_zone: 'Asia/Shanghai', years: [{ year: 2026, published: true, off, working: [] }] }),
    );
    expect(addWorkingDays('2026-11-22', 1)).toBe('2026-11-25');
    countBy({ time_zone: 'Asia/Shanghai', years });
    expect(addWorkingDays('2026-11-22', 1)).toBe('2026-11-23');
  });

  it('zero is the day itself, or the next that is one', () => {
    expect(addWorkingDays('2026-10-08', 0)).toBe('2026-10-08');
    expect(addWorkingDays('2026-10-03', 0)).toBe('2026-10-08');
  });
});

it('overdue at a moment is what the last entry of the clock says, for every moment', () => {
  const due = { on: '2026-09-30', passes_at: '2026-09-30T16:00:00Z' };
  const [, base] = items[0] ?? [];
  if (!base) throw new Error('no sample');
  const item: Rectification = {
    ...base,
    track: [
      { clock: 'runs', at: '2026-09-01T00:00:00Z', due },
      { clock: 'stands', at: '2026-10-02T00:00:00Z' },
    ],
  };
  expect(isOverdue(item, Date.parse('2026-09-30T15:59:59Z'))).toBe(false);
  expect(isOverdue(item, Date.parse('2026-09-30T16:00:00Z'))).toBe(true);
  expect(isOverdue(item, Date.parse('2026-10-02T00:00:00Z'))).toBe(false);
  expect(isOverdue(item, Date.parse('2026-08-31T00:00:00Z'))).toBe(false);
});

describe('the desk', () => {
  it('writes tables that a spreadsheet cannot take for a formula', () => {
    expect(csv([['=1+1', 'a"b', '-2', '好']])).toBe('\ufeff"\'=1+1","a""b","\'-2","好"\r\n');
  });

  it('finds the one row of the accounts that is not even', () => {
    const day = (n: number, opening: number, fresh: number, closed: number): Day => ({
      unit_id: 'u',
      day: `2026-09-0${n}`,
      opening,
      new: fresh,
      reopened: 0,
      closed,
      moved_away: 0,
      closing: opening + fresh - closed,
    });
    const even = [day(1, 0, 3, 1), day(2, 2, 0, 1), day(3, 1, 0, 0)];
    expect(checked(even).wrong).toEqual([]);
    const wrong = even.map((one, i) => (i === 1 ? { ...one, closing: one.closing + 1 } : one));
    expect(checked(wrong).wrong.map((one) => one.day)).toEqual(['2026-09-03', '2026-09-02'].sort());
    expect(checked([day(1, 0, 3, 1), day(2, 5, 0, 0)]).wrong.map((one) => one.day)).toEqual(['2026-09-02']);
  });
});

describe('the visits on which the work can have been seen', () => {
  const [, answered] =
    items.find(([, one]) => one.stage.name === 'answered' && one.findings.some((f) => f.site_id)) ?? [];
  if (!answered) throw new Error('no sample of an answered item of a site');
  const site = answered.findings.find((one) => one.site_id)?.site_id ?? '';
  const given = Date.parse(orderOf(answered.stage)?.given.at ?? '');
  const at = (ms: number) => new Date(ms).toISOString();
  const visit = (made: number, more: { site_id?: string; skew_ms?: number; voided?: never } = {}) => ({
    site_id: site,
    skew_ms: 0,
    ...more,
    departure: { at: at(made + (more.skew_ms ?? 0)) },
    received_at: at(made + 9 * 86_400_000),
  });
  const bare = { ...answered, sent_back: undefined };

  it('are those of its sites since the order, the newest first, whatever the clock of the phone', () => {
    const [early, first, last] = [visit(given - 1), visit(given), visit(given + 5000)];
    expect(seenOn(bare, [early, first, last])).toEqual([last, first]);
    const elsewhere = visit(given + 1, { site_id: ME });
    expect(seenOn(bare, [elsewhere])).toEqual([]);
    // A clock that goes an hour fast or slow moves nothing.
    for (const skew_ms of [3_600_000, -3_600_000]) {
      const kept = visit(given, { skew_ms });
      expect(seenOn(bare, [visit(given - 1, { skew_ms }), kept])).toEqual([kept]);
    }
  });

  it('are not from before it was sent back', () => {
    const returned = { by: ME, at: at(given + 10_000) };
    const back = { ...bare, sent_back: [{ returned, reasons: '未整改到位', round: 1 }] };
    const again = visit(given + 10_000);
    expect(seenOn(back, [visit(given + 9_999), again])).toEqual([again]);
  });

  it('are not voided ones', () => {
    const one = visit(given + 1);
    expect(
      seenOn(bare, [{ ...one, voided: { by: ME, at: at(given + 2), reason: '重复' } as never }]),
    ).toEqual([]);
  });
});

// The books: accounts against what units hold, numbers of items, files against the server's word.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byNumber, checked, type Day, held, holder, shortNumber, sums } from '../../desk/accounts';
import { digestTold, exportOf, sha256Of } from '../../desk/exports';
import { ITEM_STAGES } from '../../shared/lang/words';
import { may } from '../../shared/rules/item';
import type { Rectification, Stage } from '../../shared/wire/items';

const UNITS = ['a', 'b', 'c'];
const order = (unit_id: string) => ({ unit_id }) as never;

describe('who holds an item', () => {
  it('is the unit of the order in force, through a suspension, and nobody once it is over', () => {
    const task = { order: order('a') } as never;
    const stages: [Stage, string | undefined][] = [
      [{ name: 'listed' }, undefined],
      [{ name: 'handed_over', order: order('a') }, 'a'],
      [{ name: 'answered', task } as unknown as Stage, 'a'],
      [{ name: 'returned', task } as unknown as Stage, 'a'],
      [{ name: 'suspended', from: { name: 'acknowledged', task } } as unknown as Stage, 'a'],
      [{ name: 'declined', order: order('a') } as unknown as Stage, undefined],
      [{ name: 'closed', task } as unknown as Stage, undefined],
      [{ name: 'reopened', task } as unknown as Stage, 'a'],
      [{ name: 'cancelled' } as unknown as Stage, undefined],
    ];
    for (const [stage, unit] of stages) expect(holder(stage), stage.name).toBe(unit);
  });
});

type Move = { unit: string; day: number; kind: 'new' | 'reopened' | 'closed' | 'moved_away' };
/** Moves of items that exist: nothing leaves a unit that does not hold it. */
const moves = fc
  .array(
    fc.record({ unit: fc.constantFrom(...UNITS), day: fc.nat(9), leave: fc.boolean(), other: fc.boolean() }),
    {
      maxLength: 60,
    },
  )
  .map((acts): Move[] => {
    const holds = new Map<string, number>();
    return acts
      .sort((x, y) => x.day - y.day)
      .map(({ unit, day, leave, other }) => {
        const leaves = leave && (holds.get(unit) ?? 0) > 0;
        holds.set(unit, (holds.get(unit) ?? 0) + (leaves ? -1 : 1));
        const kind = leaves ? (other ? 'closed' : 'moved_away') : other ? 'new' : 'reopened';
        return { unit, day, kind };
      });
  });

function book(all: Move[]): { days: Day[]; holds: Map<string, number> } {
  const days: Day[] = [];
  const holds = new Map<string, number>();
  for (const unit of UNITS) {
    for (let day = 0; day < 10; day++) {
      const of = all.filter((one) => one.unit === unit && one.day === day);
      if (!of.length) continue;
      const n = (kind: Move['kind']) => of.filter((one) => one.kind === kind).length;
      const opening = holds.get(unit) ?? 0;
      const [fresh, reopened, closed, moved_away] = [n('new'), n('reopened'), n('closed'), n('moved_away')];
      const closing = opening + fresh + reopened - closed - moved_away;
      holds.set(unit, closing);
      days.push({
        unit_id: unit,
        day: `2026-11-0${day}`,
        opening,
        new: fresh,
        reopened,
        closed,
        moved_away,
        closing,
      });
    }
  }
  return { days, holds };
}

describe('accounts', () => {
  it('that were kept right are even, and their sums close with what is held', () => {
    fc.assert(
      fc.property(moves, (all) => {
        const { days, holds } = book(all);
        expect(checked(days).wrong).toEqual([]);
        for (const one of sums(days, holds)) {
          expect(one.closing).toBe(one.holds);
          expect(one.opening + one.new + one.reopened - one.closed - one.moved_away).toBe(one.closing);
        }
      }),
    );
  });

  it('in which one number is wrong are not even, whichever it is', () => {
    const keys = ['opening', 'new', 'reopened', 'closed', 'moved_away', 'closing'] as const;
    fc.assert(
      fc.property(
        moves,
        fc.nat(),
        fc.constantFrom(...keys),
        fc.integer({ min: 1, max: 3 }),
        (all, at, key, by) => {
          const { days } = book(all);
          fc.pre(days.length > 0);
          const one = days[at % days.length] as Day;
          const forged = days.map((day) => (day === one ? { ...day, [key]: day[key] + by } : day));
          expect(checked(forged).wrong.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('that lost a whole day do not close with what is held', () => {
    const { days } = book([
      { unit: 'a', day: 1, kind: 'new' },
      { unit: 'a', day: 3, kind: 'new' },
    ]);
    const items = [1, 2].map(() => ({ stage: { name: 'handed_over', order: order('a') } as Stage }));
    const [kept] = sums(days, held(items));
    expect(kept?.closing).toBe(kept?.holds);
    const [lost] = sums(days.slice(0, 1), held(items));
    expect(lost?.closing).not.toBe(lost?.holds);
  });
});

it('an item is found by its number, or its first or last six signs; fewer find nothing', () => {
  const ids = ['019ff3d7-4800-7549-b943-fb9d5a292232', '019ff3d7-4800-7549-b943-fb9d5a29fff0'];
  const [first = ''] = ids;
  expect(byNumber(ids, first.toUpperCase())).toEqual([first]);
  expect(byNumber(ids, shortNumber(first))).toEqual([first]);
  expect(byNumber(ids, '292232')).toEqual([first]);
  expect(byNumber(ids, '019ff3d7')).toEqual(ids);
  for (const typed of ['', '92232', 'zzzzzz', '7549b9']) expect(byNumber(ids, typed)).toEqual([]);
});

describe('a list as a file', () => {
  const isStage = (how: string) => how in ITEM_STAGES;
  const asked = (list: string) => exportOf(new URLSearchParams(list), 'csv', isStage);

  it('has the filters in force, in the server’s words', () => {
    const { query, lacks } = asked(
      'severity=grave&township=t&unit=u&site=s&source=audit&stands=returned&cols=text&sort=-due',
    );
    expect(Object.fromEntries(query)).toEqual({
      format: 'csv',
      severity: 'grave',
      area_id: 't',
      unit_id: 'u',
      site_id: 's',
      source: 'audit',
      stage: 'returned',
    });
    expect(lacks).toEqual([]);
    expect(Object.fromEntries(asked('stands=overdue').query)).toEqual({ format: 'csv', overdue: 'true' });
  });

  it('says which filters it has not, instead of leaving them out without a word', () => {
    expect(asked('q=水&stands=to_close&since=2026-11-01&unit=u').lacks).toEqual(['q', 'stands', 'since']);
  });

  it('is compared with the hash that the server told', async () => {
    const blob = new Blob(['暗访']);
    const sha = await sha256Of(blob);
    const base64 = Buffer.from(sha, 'hex').toString('base64');
    expect(digestTold(`sha-256=:${base64}:`)).toBe(sha);
    expect(digestTold(`sha-512=:AAAA:, sha-256=:${base64}:`)).toBe(sha);
    for (const header of [null, '', 'sha-256=abc', 'sha-512=:AAAA:'])
      expect(digestTold(header)).toBeUndefined();
  });
});

it('of one finding nothing can be parted off', () => {
  const person = {
    account_id: 'p',
    grants: [{ grant_id: 'g', role: 'supervisor', scope: { area: 't' }, granted_at: '' }],
  } as never;
  const item = (n: number) =>
    ({ stage: { name: 'listed' }, findings: Array(n).fill({}) }) as unknown as Rectification;
  expect(may(person, 'rectification.split', item(1), ['t'], 0)).toBe('split_leaves_none');
  expect(may(person, 'rectification.split', item(2), ['t'], 0)).toBeUndefined();
});

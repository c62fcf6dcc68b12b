// Questions back and amendments on this side: own steps laid over as the server will tell them, what is open, who may
// ask; and which checklist is proposed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitting, proposed } from '../../field/lists';
import type { Around } from '../../shared/engine/layer';
import type { Entry } from '../../shared/engine/outbox';
import { layOver } from '../../shared/engine/overlay';
import { addedBy, askedOf, mayAsk, openOf } from '../../shared/rules/asked';
import type { Answers, Checklist, Inspection } from '../../shared/wire/messages';

const id = (n: number) => `019fa001-0000-7111-8222-${n.toString(16).padStart(12, '0')}`;
const [ME, SUPERVISOR, REPORT, LIST, OTHER_LIST, AREA] = [1, 2, 3, 4, 5, 6].map(id) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const AT = '2027-01-04T02:00:00Z';
const AROUND: Around = {
  me: ME,
  areaOf: () => undefined,
  held: () => 'missing',
  findingOf: () => undefined,
};

const photo = (n: number) => ({
  evidence_id: id(n),
  sha256: n.toString(16).padStart(64, '0'),
  size: 9,
  media_type: 'image/jpeg',
  source: 'camera',
});
const BASE: Inspection = {
  inspection_id: REPORT,
  site_id: id(7),
  area_id: AREA,
  stage: 'submitted',
  by: ME,
  arrival: { at: AT },
  departure: { at: AT },
  verdict: { passed: 1, failed: 1 },
  received_at: AT,
  skew_ms: 0,
  findings: [{ finding_id: id(8), severity: 'general', text: '水压不足' }],
};

function entry(kind: 'ask' | 'amend', body: Record<string, unknown>): Entry {
  const envelope = JSON.stringify({ body: { inspection_id: REPORT, ...body } });
  const state: Entry['state'] = { is: 'saved' };
  const type = `inspection.${kind}`;
  return { n: 1, id: ME, type, item: REPORT, at: Date.parse(AT), files: [], envelope, sent: false, state };
}
const laid = (base: Inspection, ...entries: Entry[]) =>
  layOver('inspection', base, entries, AROUND) as Inspection;

describe('an amendment laid over', () => {
  it('has its notes below those before, and overwrites nothing', () => {
    const once = laid({ ...BASE, notes: '旧备注' }, entry('amend', { reason: '补', notes: '新备注' }));
    expect(once.notes).toBe('旧备注\n新备注');
    const again = laid(once, entry('amend', { reason: '再补', notes: '第三行' }));
    expect(again.notes).toBe('旧备注\n新备注\n第三行');
    expect(laid(BASE, entry('amend', { reason: '补', notes: '只有这行' })).notes).toBe('只有这行');
  });

  it('does not append again what the server has told', () => {
    const told: Inspection = {
      ...BASE,
      notes: '旧备注\n新备注',
      amendments: [{ by: ME, at: AT, reason: '补' }],
    };
    const shown = laid(told, entry('amend', { reason: '补', notes: '新备注' }));
    expect(shown.notes).toBe('旧备注\n新备注');
    expect(shown.amendments).toEqual(told.amendments);
    // Another's with the same words is another.
    const others: Inspection = { ...told, amendments: [{ by: SUPERVISOR, at: AT, reason: '补' }] };
    expect(laid(others, entry('amend', { reason: '补', notes: '新备注' })).amendments).toHaveLength(2);
  });

  const answers = (of: string, version: number, ...pairs: [string, boolean][]): Answers => ({
    checklist_id: of,
    version,
    answers: pairs.map(([item, pass]) => ({ item, value: { pass } })),
  });

  it('has its answers in place of those to the same items, behind the others, of the same version only', () => {
    const base = {
      ...BASE,
      checklists: [
        answers(LIST, 1, ['a', true], ['b', true], ['c', true]),
        answers(LIST, 2, ['a', true]),
        answers(OTHER_LIST, 1, ['a', true]),
      ],
    };
    const fresh = answers(LIST, 1, ['a', false], ['d', true]);
    expect(laid(base, entry('amend', { reason: '更正', checklists: [fresh] })).checklists).toEqual([
      answers(LIST, 1, ['b', true], ['c', true], ['a', false], ['d', true]),
      answers(LIST, 2, ['a', true]),
      answers(OTHER_LIST, 1, ['a', true]),
    ]);
    const newer = answers(LIST, 3, ['a', false]);
    expect(laid(base, entry('amend', { reason: '更正', checklists: [newer] })).checklists).toEqual([
      ...base.checklists,
      newer,
    ]);
  });

  it('names its question, and the photos that it added', () => {
    const body = { reason: '已去看过', question_id: id(20), evidence: [photo(21), photo(22)] };
    const shown = laid(BASE, entry('amend', body));
    expect(shown.amendments).toMatchObject([
      { by: ME, reason: '已去看过', question_id: id(20), evidence: [id(21), id(22)] },
    ]);
    expect(shown.evidence?.map((one) => one.evidence_id)).toEqual([id(21), id(22)]);
  });

  it('answers two questions with the same words', () => {
    const [one, two] = [20, 21].map((n) => entry('amend', { reason: '见照片', question_id: id(n) }));
    const shown = laid(BASE, one as Entry, two as Entry);
    expect(shown.amendments?.map((each) => each.question_id)).toEqual([id(20), id(21)]);
  });

  it('is the same laid over twice', () => {
    const few = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
    const amendment = fc.record(
      {
        reason: fc.constantFrom('一', '二'),
        notes: fc.constantFrom('甲', '乙'),
        question_id: fc.constantFrom(id(20), id(21)),
        checklists: few.map((items) => [
          answers(LIST, 1, ...items.map((item): [string, boolean] => [item, false])),
        ]),
        evidence: fc.constantFrom([photo(30)], [photo(30), photo(31)]),
        interviews: fc.constantFrom([{ who: '张某' }, { who: '张某' }], [{ who: '李某' }]),
      },
      { requiredKeys: ['reason'] },
    );
    fc.assert(
      fc.property(fc.array(amendment, { minLength: 1, maxLength: 4 }), (bodies) => {
        const all = bodies.map((body) => entry('amend', body));
        const once = laid({ ...BASE, notes: '旧' }, ...all);
        const last = all.slice(-1);
        expect(laid(once, ...last)).toEqual(once);
        for (const line of once.notes?.split('\n').slice(1) ?? []) expect(['甲', '乙']).toContain(line);
        const given = new Set(
          bodies.filter((one) => one.notes).map((one) => `${one.reason} ${one.question_id}`),
        );
        expect((once.notes?.split('\n').length ?? 1) - 1).toBeLessThanOrEqual(given.size);
      }),
    );
  });
});

describe('a question back', () => {
  const question = { question_id: id(20), finding_id: id(8), text: '水压是多少？' };

  it('stands with the inspection until the feed brings it, once', () => {
    const once = laid(BASE, entry('ask', question));
    expect(once.questions).toEqual([{ ...question, by: ME, at: new Date(AT).toISOString() }]);
    expect(laid(once, entry('ask', question)).questions).toEqual(once.questions);
    const told = { ...BASE, questions: [{ ...question, by: SUPERVISOR, at: AT }] };
    expect(laid(told, entry('ask', question)).questions).toEqual(told.questions);
  });

  it('is open until an amendment names it, and never of what is voided', () => {
    const asked: Inspection = {
      ...BASE,
      questions: [
        { ...question, by: SUPERVISOR, at: AT },
        { question_id: id(23), by: SUPERVISOR, at: AT, text: '几点到的？' },
      ],
      amendments: [{ by: ME, at: AT, reason: '另外的补充' }],
    };
    expect(openOf(asked).map((one) => one.question_id)).toEqual([id(20), id(23)]);
    // What concerns another finding is not shown with this one; what concerns the visit is.
    expect(askedOf(asked, id(9)).map((one) => one.question.question_id)).toEqual([id(23)]);
    const answered = laid(
      asked,
      entry('amend', { reason: '0.2 兆帕', question_id: id(20), evidence: [photo(30)] }),
    );
    expect(openOf(answered).map((one) => one.question_id)).toEqual([id(23)]);
    const [first] = askedOf(answered, id(8));
    expect(first?.answers.map((one) => one.reason)).toEqual(['0.2 兆帕']);
    expect(addedBy(answered, first?.answers ?? [])).toMatchObject([{ evidence_id: id(30) }]);
    expect(openOf({ ...asked, voided: { by: ME, at: AT, reason: '误报' } })).toEqual([]);
  });

  it('is for supervisors over the place, while it stands', () => {
    const grant = { grant_id: id(40), account_id: SUPERVISOR, role: 'supervisor', granted_at: AT };
    const person = (more: object) => ({
      account_id: SUPERVISOR,
      grants: [{ ...grant, scope: { area: AREA }, ...more }],
    });
    expect(mayAsk(person({}), BASE, [id(50), AREA])).toBeUndefined();
    expect(mayAsk(person({}), BASE, [id(50)])).toBe('command_forbidden');
    expect(mayAsk(person({ role: 'leader' }), BASE, [AREA])).toBe('command_forbidden');
    expect(mayAsk(person({ revoked_at: AT }), BASE, [AREA])).toBe('command_forbidden');
    expect(mayAsk(person({ scope: { unit: AREA } }), BASE, [AREA])).toBe('command_forbidden');
    const voided = { ...BASE, voided: { by: ME, at: AT, reason: '误报' } };
    expect(mayAsk(person({}), voided, [AREA])).toBe('inspection_voided');
  });
});

describe('the checklist that is proposed', () => {
  const list = (n: number, kinds: string[], items: number): Checklist => ({
    checklist_id: id(n),
    version: 2,
    code: `l${n}`,
    title: { zh: '表' },
    items: Array.from({ length: items }, (_, i) => ({
      code: `i${i}`,
      title: { zh: '项' },
      applies_to: kinds,
      answer: { type: 'pass_fail' },
      required: false,
      veto: false,
      default_severity: 'general',
      rectify_within_days: 5,
      min_photos: 0,
    })),
  });
  const LISTS = [
    list(1, ['household'], 2),
    list(2, ['household'], 5),
    list(3, ['clinic'], 9),
    list(4, ['household'], 5),
  ];
  const at = fitting(LISTS, 'household');
  const kindOf = (site: string) => ({ [id(60)]: 'household', [id(61)]: 'clinic' })[site];
  const been = (site: string, ...used: number[]) => ({
    site_id: site,
    checklists: used.map((n) => ({ checklist_id: id(n), version: 1, answers: [] })),
  });

  it('is the one used last for this kind of site', () => {
    expect(proposed(at, 'household', [been(id(60), 1), been(id(60), 2)], kindOf)).toBe(id(1));
  });
  it('passes over other kinds of sites, sites that are gone, and lists that are not for it any more', () => {
    const mine = [been(id(61), 1), been(id(62), 1), been(id(60), 3), been(id(60)), been(id(60), 3, 4)];
    expect(proposed(at, 'household', mine, kindOf)).toBe(id(4));
  });
  it('is else the one with the most items for it, of equals the first', () => {
    expect(at.map(({ n }) => n)).toEqual([2, 5, 5]);
    expect(proposed(at, 'household', [], kindOf)).toBe(id(2));
    expect(proposed([], 'household', [], kindOf)).toBeUndefined();
  });
});

// Handing over happens when it is meant, and once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysGiven, isHandOver, MOST_DAYS, OneByOne, PAUSE_MS, type Press } from '../../desk/handing';
import { AT_HAND_OVER } from '../../desk/propose';

const FORM = { is: 'the form' };
const OTHER = { is: 'another form' };
/** Something on the page, as far as the key asks: which form and which field it is in. */
const spot = (form?: object, field?: object) => ({
  closest: (selector: string) => (selector === 'form' ? form : (field ?? form)) ?? null,
});
const press = (more: Partial<Press>): Press => ({
  key: 'Enter',
  ctrlKey: true,
  metaKey: false,
  repeat: false,
  isComposing: false,
  defaultPrevented: false,
  target: spot(),
  ...more,
});

describe('the key', () => {
  it.each([
    ['on the page', press({}), true],
    ['with ⌘', press({ ctrlKey: false, metaKey: true }), true],
    ['in the form', press({ target: spot(FORM, {}) }), true],
    ['nowhere', press({ target: null }), true],
    ['in another form', press({ target: spot(OTHER, {}) }), false],
    ['in a field without a form', press({ target: spot(undefined, {}) }), false],
    ['held', press({ repeat: true }), false],
    ['held in the form', press({ repeat: true, target: spot(FORM, {}) }), false],
    ['at the end of a word', press({ isComposing: true }), false],
    ['taken by another', press({ defaultPrevented: true }), false],
    ['without Ctrl', press({ ctrlKey: false }), false],
    ['another', press({ key: 'j' }), false],
  ])('%s', (_, one, meant) => {
    expect(isHandOver(one, FORM, false)).toBe(meant);
  });

  it('while something else is written counts in the form only', () => {
    expect(isHandOver(press({}), FORM, true)).toBe(false);
    expect(isHandOver(press({ target: null }), FORM, true)).toBe(false);
    expect(isHandOver(press({ target: spot(FORM, {}) }), FORM, true)).toBe(true);
  });

  it('means nothing in a form while there is none of ours', () => {
    expect(isHandOver(press({ target: spot(undefined, {}) }), undefined, false)).toBe(false);
  });
});

it('a number of days is whole, and one that the server takes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.double(), fc.constantFrom(null, undefined, '', '5')), (value) => {
      const days = daysGiven(value);
      const is = typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MOST_DAYS;
      expect(days).toBe(is ? value : undefined);
      expect(JSON.stringify({ days })).not.toContain('null');
    }),
  );
  expect([daysGiven(1), daysGiven(MOST_DAYS), daysGiven(0), daysGiven(MOST_DAYS + 1)]).toEqual([
    1,
    MOST_DAYS,
    undefined,
    undefined,
  ]);
});

describe('once', () => {
  it('is once, however often and quickly it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2 * PAUSE_MS), { minLength: 1, maxLength: 12 }), async (gaps) => {
        const once = new OneByOne();
        const done: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          // Twice in the same moment, while the first is on its way.
          const both = [0, 1].map(() =>
            once.run(
              async () => done.push(now),
              () => now,
            ),
          );
          await Promise.all(both);
        }
        expect(done.length).toBeGreaterThan(0);
        for (const [i, at] of done.entries())
          if (i) expect(at - (done[i - 1] ?? 0)).toBeGreaterThanOrEqual(PAUSE_MS);
      }),
    );
  });

  it('can be tried again at once where it went wrong', async () => {
    const once = new OneByOne();
    await expect(
      once.run(
        () => Promise.reject(new Error('full')),
        () => 0,
      ),
    ).rejects.toThrow('full');
    expect(once.isFree(0)).toBe(true);
  });
});

it('what goes onto the ledger by itself is in the language of the ledger', () => {
  expect(AT_HAND_OVER).toMatch(/^[\u3400-\u9fff]+$/);
});

// The engine against a model server, over a network that loses, doubles, delays and cuts, with phones that die
// between any two steps. ANFANG_DAYS sets how many random days are lived through.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { day } from '../model/actions';
import { type Action, run } from '../model/world';

const DAYS = Number(process.env.ANFANG_DAYS ?? 500);

it('whatever happens on the way, both sides agree in the end', () => {
  const result = fc.check(fc.property(day, run), { numRuns: DAYS, seed: 20260812, endOnFailure: false });
  if (result.failed)
    throw new Error(`${fc.defaultReportMessage(result)}\n${(result.errorInstance as Error)?.stack}`);
  expect(result.numRuns).toBe(DAYS);
});

// After a restore a thing may stand at a revision that meant something else before, which the server tells once.
it('what one comparison found, the next does not forget', () => {
  const turns = (many: number) => Array<Action>(many).fill({ do: 'turn', phone: 0, fate: 'good', part: 0 });
  const touch = (item: number): Action => ({ do: 'touch', item, set: 1 << item });
  for (let before = 0; before < 6; before++)
    for (let after = 1; after < 4; after++)
      run([
        { do: 'back_up' },
        touch(0),
        ...turns(before),
        { do: 'restore' },
        touch(0),
        { do: 'give', phone: 0, item: 0, verdict: 'fine', files: 0 },
        ...turns(after),
        touch(1),
        touch(1),
        { do: 'sweep' },
      ]);
});

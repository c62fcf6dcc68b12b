// The engine against a model server, over a network that loses, doubles, delays and cuts, with phones that die
// between any two steps. ANFANG_DAYS sets how many random days are lived through.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { day } from '../model/actions';
import { run } from '../model/world';

const DAYS = Number(process.env.ANFANG_DAYS ?? 500);

it('whatever happens on the way, both sides agree in the end', () => {
  const result = fc.check(fc.property(day, run), { numRuns: DAYS, seed: 20260812, endOnFailure: false });
  if (result.failed)
    throw new Error(`${fc.defaultReportMessage(result)}\n${(result.errorInstance as Error)?.stack}`);
  expect(result.numRuns).toBe(DAYS);
});

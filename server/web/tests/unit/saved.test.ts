// Saved filters: one name, one place; the order in which filters were chosen is no difference.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inForce, type SavedFilter, textOf, without, withSaved } from '../../desk/saved';

const filters = fc.uniqueArray(
  fc.tuple(fc.constantFrom('q', 'township', 'stands', 'only'), fc.string({ minLength: 1 })),
  { selector: ([key]) => key, minLength: 1 },
);
const list = fc
  .uniqueArray(fc.string().map((one) => `n${one.trim()}`))
  .map((names) => names.map((name): SavedFilter => ({ name, query: `q=${encodeURIComponent(name)}` })));

it('the same filters are the same, in whichever order they were chosen', () => {
  fc.assert(
    fc.property(filters, (chosen) => {
      const [there, back] = [new URLSearchParams(chosen), new URLSearchParams([...chosen].reverse())];
      const saved = withSaved([], 'mine', there);
      expect(inForce(saved, back)?.name).toBe('mine');
      // What is kept says what was chosen.
      expect([...new URLSearchParams(saved[0]?.query)].sort()).toEqual([...there].sort());
      back.set('other', '1');
      expect(inForce(saved, back)).toBeUndefined();
    }),
  );
});

it('a name stands for one, where it stood; nothing else is touched', () => {
  fc.assert(
    fc.property(list, fc.string(), filters, (kept, name, chosen) => {
      const query = new URLSearchParams(chosen);
      const next = withSaved(kept, name, query);
      const called = name.trim();
      if (!called) {
        expect(next).toEqual(kept);
        return;
      }
      expect(next.filter((one) => one.name === called)).toEqual([{ name: called, query: textOf(query) }]);
      expect(without(next, called)).toEqual(without(kept, called));
      const names = kept.map((one) => one.name);
      expect(next.map((one) => one.name)).toEqual(names.includes(called) ? names : [...names, called]);
    }),
  );
});

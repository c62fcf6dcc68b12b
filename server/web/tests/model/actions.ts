// Random days for `World`: what people, others and the network do.
import fc from 'fast-check';
import type { Verdict } from './server';
import type { Action, Fate } from './world';
import { PHONES } from './world';

const phone = fc.nat(PHONES - 1);
const verdict = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Verdict>('fine') },
  { weight: 3, arbitrary: fc.constantFrom<Verdict>('refused', 'conflict', 'later') },
);
const fate = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Fate>('good') },
  { weight: 4, arbitrary: fc.constantFrom<Fate>('answer_lost', 'dies_with_answer') },
  {
    weight: 8,
    arbitrary: fc.constantFrom<Fate>(
      'request_lost',
      'twice',
      'late',
      'dies_before',
      'dies_while_asking',
      'dies_after_keeping',
      'busy',
      'token_expired',
    ),
  },
);

const one: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('give' as const),
      phone,
      item: fc.nat(3),
      verdict,
      files: fc.nat(2),
      film: fc.boolean(),
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('turn' as const), phone, fate, part: fc.nat(255) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('touch' as const), item: fc.nat(5), set: fc.nat(7) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('grant' as const, 'revoke' as const),
      phone,
      area: fc.nat(2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'back_up' as const,
        'restore' as const,
        'sweep' as const,
        'expire' as const,
        'late_arrives' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('compact' as const, 'forget' as const), phone }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      phone,
      network: fc.constantFrom('none' as const, 'metered' as const, 'free' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), phone, paused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('discard' as const), phone, again: fc.boolean() }) },
);

export const day = fc.array(one, { maxLength: 80, size: 'max' });

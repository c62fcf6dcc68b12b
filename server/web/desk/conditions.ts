// The condition of a tier as the server tells it in a dry run (fields and values in one line), said in the language of the
// screen. What is not known is left as it came. Pure, but for today's language.
import { type Pair, say } from '../shared/lang/lang.svelte';
import { ATTRIBUTES, SITE_KINDS, word, wordsOf } from '../shared/lang/words';

const IS: Record<string, Pair> = {
  equal: ['等于', 'is'],
  not_equal: ['不等于', 'is not'],
  less: ['小于', 'below'],
  at_most: ['不超过', 'at most'],
  more: ['大于', 'above'],
  at_least: ['不低于', 'at least'],
};
const OF: Record<string, Pair> = {
  all: ['同时满足：', 'all of: '],
  any: ['满足其一：', 'any of: '],
  not: ['不满足：', 'not: '],
};
const KIND: Pair = ['类型：', 'kind: '];
const HAS: Pair = ['已填：', 'has: '];
const OR: Pair = ['或', ' or '];

/** What a list of values ends at: a condition, or the field of a thing. */
const NEXT = 'all|any|not|kind|has|one_of|compare|name|tier|weight|when';
const VALUES = `[^;,]+(?:; (?!(?:${NEXT}) )[^;,]+)*`;
const CONDITION = new RegExp(
  `compare attribute (\\w+), is (\\w+), value ([^;,]+)|one_of attribute (\\w+), values (${VALUES})|kind (${VALUES})|has (\\w+)|(all|any|not) `,
  'g',
);
/** From its name on, until the next field of the tier or the next tier. */
const WHEN = /(^|[,;] )when ((?:.(?!, (?:weight|tier) \d|; (?:name|tier) ))*.)/g;

const valued = (attribute: string, value: string) => word(wordsOf(attribute) ?? {}, value);
const either = (values: string, of: (value: string) => string) => values.split('; ').map(of).join(say(OR));

function condition(text: string): string {
  return text.replace(
    CONDITION,
    (_, attribute, is, value, oneOf, values, kinds, filled, of: string | undefined) => {
      if (attribute) return `${word(ATTRIBUTES, attribute)} ${word(IS, is)} ${valued(attribute, value)}`;
      if (oneOf)
        return `${word(ATTRIBUTES, oneOf)} ${say(IS.equal as Pair)} ${either(values, (one) => valued(oneOf, one))}`;
      if (kinds) return say(KIND) + either(kinds, (one) => word(SITE_KINDS, one));
      if (filled) return say(HAS) + word(ATTRIBUTES, filled);
      return word(OF, of ?? '');
    },
  );
}

export const conditionsSaid = (text: string): string =>
  text.replace(WHEN, (_, mark: string, when: string) => `${mark}when ${condition(when)}`);

// What a field says of itself, in both apps.
import type { Pair } from '../lang/lang.svelte';

export const F = {
  needed: ['此处必须填写', 'A value is needed here'],
  choose: ['请选择一项', 'Choose one'],
  tooShort: ['至少 {n} 个字符，现在 {m} 个', '{n} characters or more; there are {m}'],
  noSpaces: ['不能有空格', 'No spaces'],
  noNumber: ['这里要填数字', 'A number is needed here'],
  whole: ['这里要填整数', 'A whole number is needed here'],
  decimals: ['小数位数太多', 'Too many decimal places'],
  between: ['请填 {min} 到 {max} 之间的数', 'From {min} to {max}'],
  wrong: ['此处填写有误', 'This is not right'],
} as const satisfies Record<string, Pair>;

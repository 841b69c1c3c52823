import type { Random } from '../random.ts';
import { LONGEST } from './target.ts';

/** What parsers trip over, whatever they parse. */
const ODD: readonly string[] = [
  ...['\u0000', '\n', '\r\n', '\r', '\t', ' ', '\u00a0', '\u0085', '\u2028', '\ufeff', '\ud800', '\u{1f600}'],
  ...['"', "'", '\\', '{', '}', '[', ']', ':', ',', '=', '+', '/', '-', '—', '.', '..', '*', '#', '%00'],
  ...[
    '0',
    '-0',
    '00',
    '1e400',
    '1.5',
    '9007199254740993',
    '18446744073709551616',
    '-1',
    'NaN',
    'null',
    'true',
  ],
  ...['__proto__', 'constructor', 'toString', '\\ud800', '\\u0000', '../../etc', '\u202e', '\u00ff\u00fe'],
];

/** Cuts, doubles, splices and peppers a text; says nothing about what it means. */
export function mutateText(text: string, pool: readonly string[], dice: Random): string {
  const at = dice.below(text.length + 1);
  const end = Math.min(text.length, at + dice.below(40));
  const odd = (): string => ODD[dice.below(ODD.length)] ?? '';
  const put = (middle: string, from = end): string => text.slice(0, at) + middle + text.slice(from);
  switch (dice.below(9)) {
    case 0:
      return put('');
    case 1:
      return put(odd(), at);
    case 2:
      return put(odd());
    case 3: {
      const other = pool[dice.below(pool.length)] ?? '';
      const from = dice.below(other.length + 1);
      return put(other.slice(from, from + dice.below(200)), at);
    }
    case 4:
      return put(text.slice(at, end).repeat(1 + dice.below(dice.below(10) === 0 ? 2000 : 5)));
    case 5:
      return put(String.fromCharCode(dice.below(dice.below(2) === 0 ? 256 : 65_536)), at + 1);
    case 6:
      return swapLines(text, dice);
    case 7:
      return text.slice(0, at);
    default:
      return put(odd().repeat(1 + dice.below(dice.below(20) === 0 ? 9000 : 3)), at);
  }
}

function swapLines(text: string, dice: Random): string {
  const lines = text.split('\n');
  const [i, j] = [dice.below(lines.length), dice.below(lines.length)];
  if (dice.below(2) === 0) lines.splice(i, 0, lines[j] ?? '');
  else [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
  return lines.join('\n');
}

/** Some of these, at least one, one after the other. */
export function several(text: string, most: number, dice: Random, once: (text: string) => string): string {
  let out = text;
  for (let left = 1 + dice.below(most); left > 0; left--) out = once(out).slice(0, LONGEST);
  return out;
}

const VALUES: readonly (() => unknown)[] = [
  ...[
    null,
    true,
    '',
    0,
    -1,
    1.5,
    2 ** 53,
    1e300,
    [],
    {},
    'x'.repeat(600),
    '\ud800',
    '\u0000',
    'a\u2028b',
  ].map((value) => () => value),
  () => JSON.parse('{"__proto__":{"a":1},"constructor":1}') as unknown,
  () => Array.from({ length: 200 }, (_, i) => `repo:${i}`),
  () => nested(3000),
];

function nested(depth: number): unknown {
  let out: unknown = 1;
  for (let left = depth; left > 0; left--) out = left % 2 === 0 ? [out] : { a: out };
  return out;
}

/** Another value somewhere inside of a JSON value; what was given stays as it is. */
export function mutateJson(value: unknown, dice: Random): unknown {
  if (dice.below(3) === 0 || typeof value !== 'object' || value === null) {
    if (typeof value === 'string' && dice.below(2) === 0) return mutateText(value, [value], dice);
    if (typeof value === 'number' && dice.below(2) === 0) return value + dice.below(5) - 2;
    return (VALUES[dice.below(VALUES.length)] ?? (() => null))();
  }
  if (Array.isArray(value)) {
    const at = dice.below(value.length + 1);
    const items = value as unknown[];
    if (at === items.length) return [...items, mutateJson(items[0], dice)];
    return items.map((item, index) => (index === at ? mutateJson(item, dice) : item));
  }
  const entries = Object.entries(value);
  const at = dice.below(entries.length + 1);
  const [name = 'a', inner] = entries[at] ?? [];
  if (dice.below(6) === 0) entries.splice(at, 1);
  else if (dice.below(8) === 0) entries.splice(at, 1, [mutateText(name, [name], dice), inner]);
  else entries.splice(at, 1, [name, mutateJson(inner, dice)]);
  return Object.fromEntries(entries);
}

/** What `make` gives; what `other` does where values in it nest deeper than our own stack, which is nobody's fault. */
export function orElse(make: () => string, other: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return other();
    throw error;
  }
}

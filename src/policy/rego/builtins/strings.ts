import { isArray, objectEntries, RegoSet, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import { sprintf } from './sprintf.ts';

/** What Go's unicode.IsSpace says yes to. */
const SPACES =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

function trimSet(text: string, cutset: string, left: boolean, right: boolean): string {
  const cut = new Set(cutset);
  const characters = [...text];
  let from = 0;
  let to = characters.length;
  while (left && from < to && cut.has(characters[from] as string)) from++;
  while (right && to > from && cut.has(characters[to - 1] as string)) to--;
  return characters.slice(from, to).join('');
}

function substring(o: Operands): Value {
  const characters = [...o.string(0)];
  const from = o.integer(1);
  const length = o.integer(2);
  if (from < 0) throw new BuiltinError('negative offset');
  return characters.slice(from, length < 0 ? undefined : from + length).join('');
}

function indexesOf(o: Operands): number[] {
  const text = o.string(0);
  const wanted = o.string(1);
  if (wanted === '') throw new BuiltinError('empty search character');
  const found: number[] = [];
  let units = 0;
  let points = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    points += [...text.slice(units, at)].length;
    units = at;
    found.push(points);
    o.tick();
  }
  return found;
}

function split(o: Operands): Value {
  const text = o.string(0);
  const by = o.string(1);
  o.output(text.length);
  return by === '' ? [...text] : text.split(by);
}

function replaceAll(o: Operands, text: string, from: string, to: string): string {
  const pieces = from === '' ? text.length + 1 : text.split(from).length - 1;
  o.output(text.length + pieces * to.length);
  if (from !== '') return text.split(from).join(to);
  return `${to}${[...text].map((character) => character + to).join('')}`;
}

function concat(o: Operands): Value {
  const by = o.string(0);
  const parts = o.strings(1);
  o.output(parts.reduce((size, part) => size + part.length + by.length, 0));
  return parts.join(by);
}

/** First match wins at each place, in the order of the patterns, as Go's replacer does. */
function replaceMany(o: Operands): Value {
  const pairs = objectEntries(o.object(0)).map(([from, to]) => {
    if (typeof from !== 'string')
      throw new BuiltinError('operand 1 non-string key found in pattern object', 'eval_type_error');
    if (typeof to !== 'string')
      throw new BuiltinError('operand 1 non-string value found in pattern object', 'eval_type_error');
    return [from, to] as const;
  });
  const text = o.string(1);
  let out = '';
  for (let at = 0; at <= text.length; ) {
    o.tick(1 + pairs.length);
    const found = pairs.find(([from]) => text.startsWith(from, at));
    if (found !== undefined) {
      out += found[1];
      o.output(out.length / 64);
      at += found[0].length;
      if (found[0] !== '') continue;
    }
    out += text[at] ?? '';
    at++;
  }
  return out;
}

function anyMatch(o: Operands, test: (text: string, part: string) => boolean): Value {
  const one = (i: number) => {
    const value = o.value(i);
    if (typeof value === 'string') return [value];
    if (!isArray(value) && !(value instanceof RegoSet)) throw o.wrong(i, 'one of {string, set, array}');
    return o.strings(i);
  };
  const parts = one(1);
  return one(0).some((text) =>
    parts.some((part) => {
      o.tick();
      return test(text, part);
    }),
  );
}

function formatInt(o: Operands): Value {
  const base = o.integer(1);
  if (![2, 8, 10, 16].includes(base))
    throw new BuiltinError('operand 2 must be one of {2, 8, 10, 16}', 'eval_type_error');
  const value = o.number(0);
  return (typeof value === 'bigint' ? value : BigInt(Math.trunc(value))).toString(base);
}

function format(o: Operands): Value {
  const args = o.value(1);
  if (!isArray(args)) throw o.wrong(1, 'array');
  const text = sprintf(o.string(0), args, (size) => o.output(size));
  o.output(text.length);
  return text;
}

function countOf(o: Operands): Value {
  const part = o.string(1);
  return part === '' ? [...o.string(0)].length + 1 : o.string(0).split(part).length - 1;
}

/** Character by character, as Go does: one that becomes several stays, or is its first. */
function mapped(text: string, map: (text: string) => string): string {
  const whole = map(text);
  if (whole.length === text.length && !/[\u03a3\u03c2]/.test(whole)) return whole;
  return Array.from(text, (character) => {
    const [first = character, ...more] = map(character);
    return more.length === 0 || character === '\u0130' ? first : character;
  }).join('');
}

type Test = (text: string, part: string) => Value;
const two = (run: Test) => [2, (o: Operands) => run(o.string(0), o.string(1))] as const;

export const STRINGS = builtins({
  concat: [2, concat],
  contains: two((text, part) => text.includes(part)),
  startswith: two((text, part) => text.startsWith(part)),
  endswith: two((text, part) => text.endsWith(part)),
  lower: [1, (o) => mapped(o.string(0), (text) => text.toLowerCase())],
  upper: [1, (o) => mapped(o.string(0), (text) => text.toUpperCase())],
  split: [2, split],
  replace: [3, (o) => replaceAll(o, o.string(0), o.string(1), o.string(2))],
  trim: two((text, cut) => trimSet(text, cut, true, true)),
  trim_left: two((text, cut) => trimSet(text, cut, true, false)),
  trim_right: two((text, cut) => trimSet(text, cut, false, true)),
  trim_prefix: two((text, part) => (text.startsWith(part) ? text.slice(part.length) : text)),
  trim_suffix: two((text, part) => (part !== '' && text.endsWith(part) ? text.slice(0, -part.length) : text)),
  trim_space: [1, (o) => trimSet(o.string(0), SPACES, true, true)],
  substring: [3, substring],
  indexof: [2, (o) => indexesOf(o)[0] ?? -1],
  indexof_n: [2, (o) => indexesOf(o)],
  format_int: [2, formatInt],
  sprintf: [2, format],
  'strings.reverse': [1, (o) => [...o.string(0)].reverse().join('')],
  'strings.count': [2, countOf],
  'strings.replace_n': [2, replaceMany],
  'strings.any_prefix_match': [2, (o) => anyMatch(o, (text, part) => text.startsWith(part))],
  'strings.any_suffix_match': [2, (o) => anyMatch(o, (text, part) => text.endsWith(part))],
  print: [1, () => true],
  trace: [1, () => true],
});

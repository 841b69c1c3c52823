import { fail, Ratio, Text, type Value, Values } from '../data.ts';
import {
  add,
  compare,
  divide,
  formatNumber,
  gcd,
  integer,
  isInteger,
  isNumeric,
  multiply,
  type Numeric,
  negate,
  numeric,
  parseNumber,
  power,
  quotient,
  remainder,
  rounded,
  squareRoot,
  subtract,
  toExact,
  toInexact,
  wholeRoot,
} from '../numbers.ts';
import { MANY, primitive, text, wrong } from './check.ts';

function order(title: string, holds: (sign: number) => boolean) {
  return primitive(title, 1, MANY, (args) => {
    const all = args.map((one) => numeric(one, title));
    return all.every((one, at) => at === 0 || holds(compare(all[at - 1] ?? one, one)));
  });
}

function each(title: string, of: (value: Numeric) => Value) {
  return primitive(title, 1, 1, ([value]) => of(numeric(value, title)));
}

/** Exact where the answer is known exactly. */
function real(title: string, of: (value: number) => number, exact: Readonly<Record<string, bigint>> = {}) {
  return each(title, (value) => exact[String(value)] ?? of(toInexact(value)));
}

function division(title: string, how: 'floor' | 'truncate', what: 'quotient' | 'remainder' | 'both') {
  return primitive(title, 2, 2, ([first, second]) => {
    const [a, b] = [integer(first, title), integer(second, title)];
    if (what === 'quotient') return quotient(a, b, how, title);
    if (what === 'remainder') return remainder(a, b, how, title);
    return new Values([quotient(a, b, how, title), remainder(a, b, how, title)]);
  });
}

function sign(value: Numeric): number {
  return compare(value, 0n);
}

function extreme(title: string, wanted: number) {
  return primitive(title, 1, MANY, (args) => {
    const all = args.map((one) => numeric(one, title));
    const best = all.reduce((found, one) => (compare(one, found) === wanted ? one : found));
    return all.some((one) => typeof one === 'number') ? toInexact(best) : best;
  });
}

const isReal = ([value]: Value[]): Value => value !== undefined && isNumeric(value);

export const NUMBERS = [
  primitive('+', 0, MANY, (args) => args.reduce<Numeric>((sum, one) => add(sum, numeric(one, '+')), 0n)),
  primitive('*', 0, MANY, (args) => args.reduce<Numeric>((sum, one) => multiply(sum, numeric(one, '*')), 1n)),
  primitive('-', 1, MANY, ([first, ...others]) => {
    const start = numeric(first, '-');
    if (others.length === 0) return negate(start);
    return others.reduce<Numeric>((sum, one) => subtract(sum, numeric(one, '-')), start);
  }),
  primitive('/', 1, MANY, ([first, ...others]) => {
    const start = numeric(first, '/');
    if (others.length === 0) return divide(1n, start);
    return others.reduce<Numeric>((sum, one) => divide(sum, numeric(one, '/')), start);
  }),
  order('=', (found) => found === 0),
  order('<', (found) => found < 0),
  order('>', (found) => found > 0),
  order('<=', (found) => found <= 0),
  order('>=', (found) => found >= 0),
  extreme('max', 1),
  extreme('min', -1),
  primitive('number?', 1, 1, isReal),
  primitive('complex?', 1, 1, isReal),
  primitive('real?', 1, 1, isReal),
  primitive(
    'rational?',
    1,
    1,
    ([value]) =>
      value !== undefined && isNumeric(value) && (typeof value !== 'number' || Number.isFinite(value)),
  ),
  primitive('integer?', 1, 1, ([value]) => value !== undefined && isNumeric(value) && isInteger(value)),
  primitive('exact-integer?', 1, 1, ([value]) => typeof value === 'bigint'),
  primitive('nan?', 1, 1, ([value]) => Number.isNaN(numeric(value, 'nan?'))),
  each('finite?', (value) => typeof value !== 'number' || Number.isFinite(value)),
  each('infinite?', (value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY),
  each('exact?', (value) => typeof value !== 'number'),
  each('inexact?', (value) => typeof value === 'number'),
  each('exact', toExact),
  each('inexact->exact', toExact),
  each('inexact', toInexact),
  each('exact->inexact', toInexact),
  each('zero?', (value) => sign(value) === 0),
  each('positive?', (value) => sign(value) > 0),
  each('negative?', (value) => sign(value) < 0),
  primitive('odd?', 1, 1, ([value]) => sign(remainder(integer(value, 'odd?'), 2n, 'floor', 'odd?')) !== 0),
  primitive('even?', 1, 1, ([value]) => sign(remainder(integer(value, 'even?'), 2n, 'floor', 'even?')) === 0),
  each('abs', (value) => (sign(value) < 0 ? negate(value) : value)),
  each('magnitude', (value) => (sign(value) < 0 ? negate(value) : value)),
  each('1+', (value) => add(value, 1n)),
  each('-1+', (value) => subtract(value, 1n)),
  each('square', (value) => multiply(value, value)),
  division('floor/', 'floor', 'both'),
  division('floor-quotient', 'floor', 'quotient'),
  division('floor-remainder', 'floor', 'remainder'),
  division('truncate/', 'truncate', 'both'),
  division('truncate-quotient', 'truncate', 'quotient'),
  division('truncate-remainder', 'truncate', 'remainder'),
  division('quotient', 'truncate', 'quotient'),
  division('remainder', 'truncate', 'remainder'),
  division('modulo', 'floor', 'remainder'),
  primitive('gcd', 0, MANY, (args) => {
    const all = args.map((one) => integer(one, 'gcd'));
    const found = all.reduce<bigint>(
      (sum, one) => (sum === 0n && BigInt(one) === 0n ? 0n : gcd(sum, BigInt(one))),
      0n,
    );
    return all.some((one) => typeof one === 'number') ? Number(found) : found;
  }),
  primitive('lcm', 0, MANY, (args) => {
    const all = args.map((one) => integer(one, 'lcm'));
    const found = all.reduce<bigint>((sum, given) => {
      const one = BigInt(given);
      if (one === 0n || sum === 0n) return 0n;
      const product = (sum * one) / gcd(sum, one);
      return product < 0n ? -product : product;
    }, 1n);
    return all.some((one) => typeof one === 'number') ? Number(found) : found;
  }),
  each('numerator', (value) => {
    const exact = toExact(value);
    const top = exact instanceof Ratio ? exact.numerator : exact;
    return typeof value === 'number' ? Number(top) : top;
  }),
  each('denominator', (value) => {
    const exact = toExact(value);
    const bottom = exact instanceof Ratio ? exact.denominator : 1n;
    return typeof value === 'number' ? Number(bottom) : bottom;
  }),
  each('floor', (value) => rounded(value, 'floor')),
  each('ceiling', (value) => rounded(value, 'ceiling')),
  each('truncate', (value) => rounded(value, 'truncate')),
  each('round', (value) => rounded(value, 'round')),
  primitive('rationalize', 2, 2, ([first, second]) => {
    const [x, y] = [numeric(first, 'rationalize'), numeric(second, 'rationalize')];
    const inexact = typeof x === 'number' || typeof y === 'number';
    if (inexact && !(Number.isFinite(toInexact(x)) && Number.isFinite(toInexact(y))))
      return Number.isFinite(toInexact(y)) ? toInexact(x) : Number.isFinite(toInexact(x)) ? 0 : Number.NaN;
    const within = toExact(sign(y) < 0 ? negate(y) : y);
    const found = simplest(subtract(toExact(x), within), add(toExact(x), within));
    return inexact ? toInexact(found) : found;
  }),
  primitive('expt', 2, 2, ([base, exponent]) => power(numeric(base, 'expt'), numeric(exponent, 'expt'))),
  each('sqrt', squareRoot),
  primitive('exact-integer-sqrt', 1, 1, ([value]) => {
    if (typeof value !== 'bigint' || value < 0n)
      return wrong('exact-integer-sqrt', 'an exact integer of 0 or more', value);
    const root = wholeRoot(value);
    return new Values([root, value - root * root]);
  }),
  real('exp', Math.exp, { '0': 1n }),
  primitive('log', 1, 2, ([value, base]) => {
    const given = numeric(value, 'log');
    if (given === 1n && base === undefined) return 0n;
    if (sign(given) < 0) return fail('log: the answer is a complex number', given);
    const natural = Math.log(toInexact(given));
    return base === undefined ? natural : natural / Math.log(toInexact(numeric(base, 'log')));
  }),
  real('sin', Math.sin, { '0': 0n }),
  real('cos', Math.cos, { '0': 1n }),
  real('tan', Math.tan, { '0': 0n }),
  real('asin', Math.asin, { '0': 0n }),
  real('acos', Math.acos, { '1': 0n }),
  primitive('atan', 1, 2, ([y, x]) => {
    const top = numeric(y, 'atan');
    if (x === undefined) return top === 0n ? 0n : Math.atan(toInexact(top));
    const bottom = numeric(x, 'atan');
    return top === 0n && typeof bottom !== 'number' && sign(bottom) > 0
      ? 0n
      : Math.atan2(toInexact(top), toInexact(bottom));
  }),
  primitive(
    'number->string',
    1,
    2,
    ([value, radix]) =>
      new Text(formatNumber(numeric(value, 'number->string'), radixOf(radix, 'number->string'))),
  ),
  primitive('string->number', 1, 2, ([value, radix]) => {
    const given = text(value, 'string->number').value;
    return given.length > 100_000 ? false : (parseNumber(given, radixOf(radix, 'string->number')) ?? false);
  }),
];

function radixOf(value: Value | undefined, who: string): number {
  if (value === undefined) return 10;
  return typeof value === 'bigint' && value >= 2n && value <= 36n
    ? Number(value)
    : wrong(who, 'a radix from 2 to 36', value);
}

/** The fraction of the least denominator from `low` to `high` (Stern and Brocot). */
function simplest(low: Numeric, high: Numeric): Numeric {
  if (sign(low) > 0) return between(low, high);
  if (sign(high) < 0) return negate(between(negate(high), negate(low)));
  return 0n;
}

function between(low: Numeric, high: Numeric): Numeric {
  const whole = rounded(low, 'floor');
  if (compare(whole, low) === 0) return whole;
  if (compare(whole, rounded(high, 'floor')) < 0) return add(whole, 1n);
  const next = between(divide(1n, subtract(high, whole)), divide(1n, subtract(low, whole)));
  return add(whole, divide(1n, next));
}

import { fail, Ratio, type Value } from './data.ts';

export type Numeric = bigint | number | Ratio;

/** Bits of an exact number; more is an error, never a machine that stands still. */
const MOST_BITS = 1_000_000n;

export function isNumeric(value: Value): value is Numeric {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Ratio;
}

export function numeric(value: Value | undefined, who: string): Numeric {
  if (value !== undefined && isNumeric(value)) return value;
  return fail(`${who}: not a number`, ...(value === undefined ? [] : [value]));
}

export function ratio(numerator: bigint, denominator: bigint): bigint | Ratio {
  if (denominator === 0n) return fail('division by zero');
  const sign = denominator < 0n ? -1n : 1n;
  const common = gcd(numerator, denominator);
  const top = (sign * numerator) / common;
  const bottom = (sign * denominator) / common;
  return bottom === 1n ? top : new Ratio(top, bottom);
}

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}

export function toInexact(value: Numeric): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const top = Number(value.numerator);
  const bottom = Number(value.denominator);
  if (Number.isFinite(top) && Number.isFinite(bottom)) return top / bottom;
  // Both too large for a double: what is left after cutting the same bits off them.
  const excess = BigInt(Math.max(0, value.denominator.toString(2).length - 1000));
  return Number(value.numerator >> excess) / Number(value.denominator >> excess);
}

/** The exact number a double is. */
export function toExact(value: Numeric): bigint | Ratio {
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) return fail('exact: no exact number', value);
  if (Number.isInteger(value)) return BigInt(value);
  let bottom = 1n;
  let top = value;
  while (!Number.isInteger(top)) {
    top *= 2;
    bottom *= 2n;
  }
  return ratio(BigInt(top), bottom);
}

function fractions(a: bigint | Ratio, b: bigint | Ratio): [bigint, bigint, bigint, bigint] {
  return [
    typeof a === 'bigint' ? a : a.numerator,
    typeof a === 'bigint' ? 1n : a.denominator,
    typeof b === 'bigint' ? b : b.numerator,
    typeof b === 'bigint' ? 1n : b.denominator,
  ];
}

export function add(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b;
  if (typeof a === 'number' || typeof b === 'number') return toInexact(a) + toInexact(b);
  const [p, q, r, s] = fractions(a, b);
  return ratio(p * s + r * q, q * s);
}

export function negate(a: Numeric): Numeric {
  return a instanceof Ratio ? new Ratio(-a.numerator, a.denominator) : -a;
}

export function subtract(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a - b;
  return add(a, negate(b));
}

export function multiply(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'bigint' && typeof b === 'bigint') return bounded(a * bounded(b));
  if (typeof a === 'number' || typeof b === 'number') return toInexact(a) * toInexact(b);
  const [p, q, r, s] = fractions(a, b);
  return ratio(p * r, q * s);
}

export function divide(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' || typeof b === 'number') {
    if (b === 0n) return fail('/: division by zero', a);
    return toInexact(a) / toInexact(b);
  }
  const [p, q, r, s] = fractions(a, b);
  return ratio(p * s, q * r);
}

/** Below, at or above zero. NaN is none of them: NaN. */
export function compare(a: Numeric, b: Numeric): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number')
    return a - b === 0 || a === b ? 0 : a < b ? -1 : a > b ? 1 : Number.NaN;
  if (typeof a === 'number' && !Number.isFinite(a)) return Number.isNaN(a) ? a : a < 0 ? -1 : 1;
  if (typeof b === 'number' && !Number.isFinite(b)) return Number.isNaN(b) ? b : b < 0 ? 1 : -1;
  // Exactly, so that the order is transitive.
  const [p, q, r, s] = fractions(toExact(a), toExact(b));
  const [left, right] = [p * s, r * q];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function isInteger(value: Numeric): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

/** @throws the program's own error for a number that is no integer */
export function integer(value: Value | undefined, who: string): bigint | number {
  const given = numeric(value, who);
  if (given instanceof Ratio || !isInteger(given)) return fail(`${who}: not an integer`, given);
  return given;
}

type Division = 'floor' | 'truncate';

export function quotient(a: bigint | number, b: bigint | number, how: Division, who: string): Numeric {
  if (typeof a === 'number' || typeof b === 'number') {
    if (Number(b) === 0) return fail(`${who}: division by zero`, a);
    const exact = quotient(BigInt(a), BigInt(b), how, who);
    return toInexact(exact);
  }
  if (b === 0n) return fail(`${who}: division by zero`, a);
  const whole = a / b;
  return how === 'floor' && a % b !== 0n && a < 0n !== b < 0n ? whole - 1n : whole;
}

export function remainder(a: bigint | number, b: bigint | number, how: Division, who: string): Numeric {
  return subtract(a, multiply(b, quotient(a, b, how, who)));
}

export function rounded(value: Numeric, how: 'floor' | 'ceiling' | 'truncate' | 'round'): Numeric {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    if (how === 'floor') return Math.floor(value);
    if (how === 'ceiling') return Math.ceil(value);
    if (how === 'truncate') return Math.trunc(value);
    const low = Math.floor(value);
    const apart = value - low;
    if (apart !== 0.5) return apart < 0.5 ? low : low + 1;
    return low % 2 === 0 ? low : low + 1;
  }
  const { numerator, denominator } = value;
  const low = numerator / denominator - (numerator < 0n ? 1n : 0n);
  if (how === 'floor') return low;
  if (how === 'ceiling') return low + 1n;
  if (how === 'truncate') return numerator < 0n ? low + 1n : low;
  const twice = 2n * (numerator - low * denominator);
  if (twice !== denominator) return twice < denominator ? low : low + 1n;
  return low % 2n === 0n ? low : low + 1n;
}

export function power(base: Numeric, exponent: Numeric): Numeric {
  if (typeof exponent === 'bigint' && typeof base !== 'number') {
    const size = exponent < 0n ? -exponent : exponent;
    if (size > MOST_BITS && base !== 0n && base !== 1n && base !== -1n)
      return fail('expt: too large a number', base, exponent);
    const [top, bottom] = typeof base === 'bigint' ? [base, 1n] : [base.numerator, base.denominator];
    const bits = BigInt(top.toString(16).length * 4);
    if (bits * size > 4n * MOST_BITS && size > 1n && bits > 4n)
      return fail('expt: too large a number', base, exponent);
    return exponent < 0n ? ratio(bottom ** size, top ** size) : ratio(top ** size, bottom ** size);
  }
  const a = toInexact(base);
  const b = toInexact(exponent);
  if (a < 0 && !Number.isInteger(b)) return fail('expt: the answer is a complex number', base, exponent);
  return a ** b;
}

/** The greatest whole number whose square is not over it. */
export function wholeRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = BigInt(Math.floor(Math.sqrt(Number(value)))) || 1n;
  if (value.toString(16).length > 200) guess = 1n << BigInt(value.toString(2).length / 2 + 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    const apart = next - guess;
    if (apart === 0n || apart === 1n || apart === -1n) {
      let root = next;
      while (root * root > value) root -= 1n;
      while ((root + 1n) * (root + 1n) <= value) root += 1n;
      return root;
    }
    guess = next;
  }
}

export function squareRoot(value: Numeric): Numeric {
  if (compare(value, 0n) < 0) return fail('sqrt: the answer is a complex number', value);
  if (typeof value === 'number') return Math.sqrt(value);
  const [top, bottom] = typeof value === 'bigint' ? [value, 1n] : [value.numerator, value.denominator];
  const roots = [wholeRoot(top), wholeRoot(bottom)] as const;
  if (roots[0] * roots[0] === top && roots[1] * roots[1] === bottom) return ratio(roots[0], roots[1]);
  return Math.sqrt(toInexact(value));
}

export function formatNumber(value: Numeric, radix = 10): string {
  if (typeof value === 'bigint') return value.toString(radix);
  if (value instanceof Ratio)
    return `${value.numerator.toString(radix)}/${value.denominator.toString(radix)}`;
  if (Number.isNaN(value)) return '+nan.0';
  if (!Number.isFinite(value)) return value < 0 ? '-inf.0' : '+inf.0';
  if (Object.is(value, -0)) return '-0.0';
  const text = value.toString(radix).replace('e+', 'e');
  if (radix !== 10) return text;
  return text.includes('.') ? text : text.includes('e') ? text.replace('e', '.0e') : `${text}.0`;
}

/** A number from its text as the reader found it; undefined where it is none, or a complex one. */
export function parseNumber(given: string, base = 10): Numeric | undefined {
  let text = given;
  let radix = base;
  let exactness = '';
  for (;;) {
    const prefix = /^#([xbodei])/i.exec(text)?.[1]?.toLowerCase();
    if (prefix === undefined) break;
    if (prefix === 'e' || prefix === 'i') exactness = prefix;
    else radix = { x: 16, b: 2, o: 8, d: 10 }[prefix] ?? 10;
    text = text.slice(2);
  }
  const value = real(text, radix, exactness);
  if (value === undefined) return undefined;
  if (exactness === 'e') return toExact(value);
  return exactness === 'i' ? toInexact(value) : value;
}

const INFINITE: Readonly<Record<string, number>> = {
  '+inf.0': Number.POSITIVE_INFINITY,
  '-inf.0': Number.NEGATIVE_INFINITY,
  '+nan.0': Number.NaN,
  '-nan.0': Number.NaN,
};

function real(text: string, radix: number, exactness: string): Numeric | undefined {
  const known = text.toLowerCase();
  const infinite = Object.hasOwn(INFINITE, known) ? INFINITE[known] : undefined;
  if (infinite !== undefined) return infinite;
  const fraction = /^([+-]?)([0-9a-z]+)(?:\/([0-9a-z]+))?$/i.exec(text);
  if (fraction !== null) {
    const top = whole(fraction[2] ?? '', radix);
    const bottom = fraction[3] === undefined ? 1n : whole(fraction[3], radix);
    if (top !== undefined && bottom !== undefined) {
      const signed = fraction[1] === '-' ? -top : top;
      return bottom === 0n ? undefined : ratio(signed, bottom);
    }
  }
  if (radix !== 10) return undefined;
  const decimal = /^([+-]?)(\d*)\.?(\d*)(?:[esfdl]([+-]?\d{1,9}))?$/i.exec(text);
  if (decimal === null || `${decimal[2]}${decimal[3]}` === '' || !/[\d]/.test(text)) return undefined;
  const [, sign = '', before = '', after = '', exponent = '0'] = decimal;
  if (exactness === 'e') {
    const shift = Number(exponent) - after.length;
    if (Math.abs(shift) > 300_000) return undefined;
    const digits = BigInt(`${before}${after}`) * (sign === '-' ? -1n : 1n);
    return shift >= 0 ? digits * 10n ** BigInt(shift) : ratio(digits, 10n ** BigInt(-shift));
  }
  return Number(`${sign}${before || '0'}.${after || '0'}e${exponent}`);
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';

function whole(text: string, radix: number): bigint | undefined {
  if (radix === 10) return /^\d+$/.test(text) ? BigInt(text) : undefined;
  if (radix === 16) return /^[0-9a-f]+$/i.test(text) ? BigInt(`0x${text}`) : undefined;
  let value = 0n;
  for (const character of text.toLowerCase()) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0 || digit >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(digit);
  }
  return value;
}

function bounded(value: bigint): bigint {
  // A double holds what is below 2^1024: only what lies beyond needs counting.
  if (Number.isFinite(Number(value))) return value;
  if (BigInt(value.toString(16).length) * 4n > MOST_BITS) return fail('too large a number');
  return value;
}

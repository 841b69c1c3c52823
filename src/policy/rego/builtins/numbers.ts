import { isNumber, normalNumber, RegoSet, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

type Numeric = number | bigint;
const MOST_BITS = 4096n;

/** Exact on integers of any size, double where a fraction takes part. */
export function arithmetic(
  a: Numeric,
  b: Numeric,
  doubles: (a: number, b: number) => number,
  integers: (a: bigint, b: bigint) => bigint,
): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const result = doubles(a, b);
    if (!Number.isInteger(a) || !Number.isInteger(b) || Number.isSafeInteger(result))
      return trimFloat(result);
    if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return result;
  }
  if (isWhole(a) && isWhole(b)) {
    const x = BigInt(a);
    const y = BigInt(b);
    if (x.toString(2).length + y.toString(2).length > MOST_BITS)
      throw new BuiltinError('number is too large');
    return normalNumber(integers(x, y));
  }
  return doubles(Number(a), Number(b));
}

/** OPA computes with 64 bits of mantissa, so sums of short decimals come out short (0.1 + 0.2 is 0.3). */
function trimFloat(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  const short = Number(value.toPrecision(15));
  return Math.abs(short - value) <= Math.abs(value) * 4e-16 ? short : value;
}

function isWhole(value: Numeric): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function finite(value: Numeric): Numeric {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new BuiltinError('number is too large');
  return value;
}

function pair(o: Operands): [Numeric, Numeric] {
  return [o.number(0), o.number(1)];
}

function without(a: RegoSet, b: RegoSet): readonly Value[] {
  return a.sorted().filter((item) => !b.has(item));
}

function minus(o: Operands): Value {
  const [a, b] = o.values;
  if (a instanceof RegoSet && b instanceof RegoSet) {
    return new RegoSet(without(a, b));
  }
  if (a instanceof RegoSet) throw o.wrong(1, 'set');
  if (!isNumber(a)) throw o.wrong(0, 'one of {number, set}');
  if (!isNumber(b)) throw o.wrong(1, 'number');
  return finite(
    arithmetic(
      a,
      b,
      (x, y) => x - y,
      (x, y) => x - y,
    ),
  );
}

function divide(o: Operands): Value {
  const [a, b] = pair(o);
  if (Number(b) === 0) throw new BuiltinError('divide by zero');
  if (isWhole(a) && isWhole(b)) {
    const x = BigInt(a);
    const y = BigInt(b);
    if (x % y === 0n) return normalNumber(x / y);
  }
  return Number(a) / Number(b);
}

function remainder(o: Operands): Value {
  const [a, b] = pair(o);
  if (Number(b) === 0) throw new BuiltinError('modulo by zero');
  if (!isWhole(a) || !isWhole(b)) throw new BuiltinError('modulo on floating-point number');
  return normalNumber(BigInt(a) % BigInt(b));
}

function rounded(o: Operands, round: (value: number) => number): Value {
  const value = o.number(0);
  return typeof value === 'bigint' ? value : normalNumber(round(value) + 0);
}

function shift(o: Operands, left: boolean): Value {
  const value = o.bigint(0);
  const by = o.bigint(1);
  if (by < 0n)
    throw new BuiltinError(
      'operand 2 must be an unsigned integer number but got a negative integer',
      'eval_type_error',
    );
  if (left && by > MOST_BITS) throw new BuiltinError('shift is too large');
  return normalNumber(left ? value << by : value >> by);
}

function range(o: Operands, step: number): Value {
  const from = o.bigint(0);
  const to = o.bigint(1);
  const size = (from < to ? to - from : from - to) / BigInt(step) + 1n;
  o.output(Number(size));
  const by = from <= to ? BigInt(step) : BigInt(-step);
  const result: Value[] = [];
  for (let i = 0n; i < size; i++) result.push(normalNumber(from + i * by));
  return result;
}

function bits(run: (a: bigint, b: bigint) => bigint) {
  return [2, (o: Operands) => normalNumber(run(o.bigint(0), o.bigint(1)))] as const;
}

export const NUMBERS = builtins({
  plus: [
    2,
    (o) =>
      finite(
        arithmetic(
          ...pair(o),
          (a, b) => a + b,
          (a, b) => a + b,
        ),
      ),
  ],
  minus: [2, minus],
  set_diff: [2, (o) => new RegoSet(without(o.set(0), o.set(1)))],
  mul: [
    2,
    (o) =>
      finite(
        arithmetic(
          ...pair(o),
          (a, b) => a * b,
          (a, b) => a * b,
        ),
      ),
  ],
  div: [2, divide],
  rem: [2, remainder],
  abs: [
    1,
    (o) => {
      const v = o.number(0);
      return v < 0 ? -v : v;
    },
  ],
  ceil: [1, (o) => rounded(o, Math.ceil)],
  floor: [1, (o) => rounded(o, Math.floor)],
  // Halves away from zero, as OPA rounds.
  round: [1, (o) => rounded(o, (v) => Math.sign(v) * Math.round(Math.abs(v)))],
  'numbers.range': [2, (o) => range(o, 1)],
  'numbers.range_step': [
    3,
    (o) => {
      const step = o.integer(2);
      if (step <= 0) throw new BuiltinError('step must be a positive integer');
      return range(o, step);
    },
  ],
  'bits.and': bits((a, b) => a & b),
  'bits.or': bits((a, b) => a | b),
  'bits.xor': bits((a, b) => a ^ b),
  'bits.negate': [1, (o) => normalNumber(~o.bigint(0))],
  'bits.lsh': [2, (o) => shift(o, true)],
  'bits.rsh': [2, (o) => shift(o, false)],
});

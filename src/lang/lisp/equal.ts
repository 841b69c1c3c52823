import { Character, fail, Pair, Ratio, Text, type Value } from './data.ts';

/** R7RS §6.1. */
export function equivalent(a: Value, b: Value): boolean {
  // Zero is not minus zero: 1 divided by them differs.
  if (typeof a === 'number') return Object.is(a, b);
  if (a === b) return true;
  if (a instanceof Ratio && b instanceof Ratio)
    return a.numerator === b.numerator && a.denominator === b.denominator;
  if (a instanceof Character && b instanceof Character) return a.code === b.code;
  return a instanceof Text && b instanceof Text && a.value === '' && b.value === '';
}

/** Pairs one comparison visits; a circular list is an error, not a hang. */
const MOST = 1_000_000;

export function equal(first: Value, second: Value): boolean {
  const rest: [Value, Value][] = [[first, second]];
  for (let steps = 0; rest.length > 0; steps++) {
    if (steps > MOST) return fail('equal?: too large to compare');
    const next = rest.pop();
    if (next === undefined) break;
    const [a, b] = next;
    if (equivalent(a, b)) continue;
    if (a instanceof Pair && b instanceof Pair) rest.push([a.cdr, b.cdr], [a.car, b.car]);
    else if (a instanceof Text && b instanceof Text && a.value === b.value) continue;
    else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      for (let at = 0; at < a.length; at++) {
        const [left, right] = [a[at], b[at]];
        if (left !== undefined && right !== undefined) rest.push([left, right]);
      }
    } else if (a instanceof Uint8Array && b instanceof Uint8Array) {
      if (Buffer.compare(a, b) !== 0) return false;
    } else return false;
  }
  return true;
}

/**
 * regex.globs_match: whether some text fits two globs at once. A glob is characters, `.`, and sets `[a-z]`, each
 * followed by `+`, `*` or nothing.
 */
import type { Value } from '../values.ts';
import { BuiltinError, type Operands } from './define.ts';

type Range = readonly [from: number, to: number];
interface Piece {
  readonly ranges: readonly Range[];
  /** Stands for any number of characters, none too. */
  readonly many: boolean;
}

const ANY: readonly Range[] = [[0, 0x10ffff]];
const MOST_TEXT = 2000;

function wrong(glob: string, at: number, what: string): BuiltinError {
  return new BuiltinError(`input:${glob.slice(0, 80)}, pos:${at}, ${what}: the input provided is invalid`);
}

function pieces(glob: string): Piece[] {
  if (glob.length > MOST_TEXT) throw new BuiltinError('the glob is too long');
  const characters = [...glob];
  const out: Piece[] = [];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i] as string;
    if (c === '+' || c === '*') {
      const last = out.at(-1);
      if (last === undefined || last.many)
        throw wrong(glob, i, `flag '${c}' must be preceded by a character`);
      if (c === '*') out.pop();
      out.push({ ranges: last.ranges, many: true });
    } else if (c === '.') out.push({ ranges: ANY, many: false });
    else if (c === ']') throw wrong(glob, i, "set-close ']' with no preceding '['");
    else if (c === '[') {
      const { ranges, end } = setAt(glob, characters, i);
      out.push({ ranges, many: false });
      i = end;
    } else {
      const literal = c === '\\' ? characters[++i] : c;
      if (literal === undefined) throw wrong(glob, i, 'nothing after the escape');
      out.push({ ranges: [single(literal)], many: false });
    }
  }
  return out;
}

function single(character: string): Range {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}

function setAt(
  glob: string,
  characters: readonly string[],
  open: number,
): { ranges: readonly Range[]; end: number } {
  const ranges: Range[] = [];
  for (let i = open + 1; i < characters.length; i++) {
    const c = characters[i] as string;
    if (c === ']') {
      if (ranges.length === 0) break;
      return { ranges, end: i };
    }
    const from = c === '\\' ? (characters[++i] ?? '') : c;
    const dash = characters[i + 1] === '-' && characters[i + 2] !== ']' && characters[i + 2] !== undefined;
    if (!dash) {
      ranges.push(single(from));
      continue;
    }
    const range: Range = [single(from)[0], single(characters[i + 2] as string)[0]];
    if (range[0] > range[1]) throw wrong(glob, i, 'the range is empty');
    ranges.push(range);
    i += 2;
  }
  throw wrong(glob, open, "set-open '[' without its close");
}

function meet(a: Piece, b: Piece): boolean {
  return a.ranges.some(([from, to]) => b.ranges.some((other) => from <= other[1] && other[0] <= to));
}

/** Walks both at once over what is left of each; every pair of places is visited once. */
export function globsMatch(o: Operands): Value {
  const [a, b] = [pieces(o.string(0)), pieces(o.string(1))];
  const seen = new Set<number>();
  const waiting: [number, number][] = [[0, 0]];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const [i, j] = place;
    const key = i * (b.length + 1) + j;
    if (seen.has(key)) continue;
    seen.add(key);
    o.tick();
    const [left, right] = [a[i], b[j]];
    if (left === undefined && right === undefined) return true;
    if (left?.many === true) waiting.push([i + 1, j]);
    if (right?.many === true) waiting.push([i, j + 1]);
    if (left !== undefined && right !== undefined && meet(left, right))
      waiting.push([left.many ? i : i + 1, right.many ? j : j + 1]);
  }
  return false;
}

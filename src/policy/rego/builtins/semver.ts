import { BuiltinError, builtins, type Operands } from './define.ts';

const MOST_VERSION = 256;
const VERSION =
  /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

function parse(o: Operands, i: number): RegExpExecArray {
  const found = o.string(i).length > MOST_VERSION ? null : VERSION.exec(o.string(i));
  if (found === null)
    throw new BuiltinError(
      `operand ${i + 1}: string ${JSON.stringify(o.string(i).slice(0, 80))} is not a valid SemVer`,
    );
  return found;
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const numeric = [a, b].map((part) => /^\d+$/.test(part));
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  if (!numeric[0]) return a < b ? -1 : 1;
  return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
}

function compareVersions(o: Operands): number {
  const [a, b] = [parse(o, 0), parse(o, 1)];
  for (let i = 1; i <= 3; i++) {
    const order = compareParts(a[i], b[i]);
    if (order !== 0) return order;
  }
  // A release comes after its prereleases.
  if (a[4] === undefined || b[4] === undefined) return a[4] === b[4] ? 0 : a[4] === undefined ? 1 : -1;
  const [left, right] = [a[4].split('.'), b[4].split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareParts(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
}

export const SEMVER = builtins({
  'semver.compare': [2, compareVersions],
  'semver.is_valid': [1, (o) => typeof o.value(0) === 'string' && VERSION.test(o.string(0))],
});

/** Versions and ranges as npm's advisories tell them: comparators of one set by spaces, sets by `||`. */

type Version = readonly [number, number, number, readonly string[]];

export function parseVersion(text: string): Version | undefined {
  const found =
    /^\s*[v=]?\s*(\d{1,10})(?:\.(\d{1,10}))?(?:\.(\d{1,10}))?(?:-([\w.-]{1,200}))?(?:\+[\w.-]{1,200})?\s*$/.exec(
      text,
    );
  if (found === null) return undefined;
  const [, major, minor = '0', patch = '0', pre] = found;
  return [Number(major), Number(minor), Number(patch), pre === undefined ? [] : pre.split('.')];
}

function compare(a: Version, b: Version): number {
  for (const at of [0, 1, 2] as const) if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
  const [left, right] = [a[3], b[3]];
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (m && n) return Number(x) < Number(y) ? -1 : 1;
    if (m !== n) return m ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/** A range that can't be read holds every version: better one warning too many. */
export function isVulnerable(version: string, range: string): boolean {
  const parsed = parseVersion(version);
  if (parsed === undefined) return true;
  return range
    .slice(0, 10_000)
    .split('||')
    .some((set) => {
      const comparators = set
        .replace(/([<>=]{1,2})\s+/g, '$1')
        .trim()
        .split(/\s+/)
        .filter((one) => one !== '' && one !== '*');
      return comparators.every((one) => {
        const [, sign = '', rest = ''] = /^([<>]=?|=)?(.*)$/.exec(one) ?? [];
        const bound = parseVersion(rest);
        if (bound === undefined) return true;
        const order = compare(parsed, bound);
        if (sign === '<') return order < 0;
        if (sign === '<=') return order <= 0;
        if (sign === '>') return order > 0;
        if (sign === '>=') return order >= 0;
        return order === 0;
      });
    });
}

/** As much of npm's ranges as `node-version` is written in: `20`, `20.x`, `^20.1`, `>=18 <21`, `18 || 20`, `lts/*`. */

type Version = readonly [major: number, minor: number, patch: number];

const NAMED: Readonly<Record<string, string>> = {
  latest: '*',
  current: '*',
  node: '*',
  'lts/*': '*',
  'lts/-1': '*',
  lts: '*',
  'lts/hydrogen': '18',
  'lts/iron': '20',
  'lts/jod': '22',
  'lts/krypton': '24',
};

function parse(text: string): Version | undefined {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
}

export function compareVersions(left: string, right: string): number {
  return compare(parse(left) ?? [0, 0, 0], parse(right) ?? [0, 0, 0]);
}

function compare(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

export function satisfies(version: string, range: string): boolean {
  const parsed = parse(version);
  if (parsed === undefined) return false;
  const written = NAMED[range.trim().toLowerCase()] ?? range;
  return written.split('||').some((part) =>
    part
      .replace(/(>=|<=|>|<|=|\^|~)\s+/g, '$1')
      .replace(/\s+-\s+/g, '…')
      .trim()
      .split(/\s+/)
      .every((term) => satisfiesTerm(parsed, term)),
  );
}

function satisfiesTerm(version: Version, term: string): boolean {
  if (term === '' || term === '*' || term === 'x') return true;
  if (term.includes('…')) {
    const [from = '', to = ''] = term.split('…');
    return satisfiesTerm(version, `>=${from}`) && satisfiesTerm(version, `<=${to}`);
  }
  const [, operator = '', rest = ''] = /^(>=|<=|>|<|=|\^|~)?v?(.*)$/.exec(term) ?? [];
  const parts = rest.split('-')[0]?.split('.') ?? [];
  const numbers = parts.filter((part) => /^\d+$/.test(part)).map(Number);
  const given = numbers.length;
  if (given === 0) return parts[0] === 'x' || parts[0] === '*';
  const from: Version = [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
  const next = bump(from, operator === '^' ? caret(from) : operator === '~' ? Math.min(given, 2) : given);
  switch (operator) {
    case '>=':
      return compare(version, from) >= 0;
    case '>':
      return compare(version, given === 3 ? from : next) >= (given === 3 ? 1 : 0);
    case '<':
      return compare(version, from) < 0;
    case '<=':
      return given === 3 ? compare(version, from) <= 0 : compare(version, next) < 0;
    default:
      return compare(version, from) >= 0 && compare(version, next) < 0;
  }
}

/** The first version after all that share the first `places` numbers. */
function bump([major, minor, patch]: Version, places: number): Version {
  if (places <= 1) return [major + 1, 0, 0];
  return places === 2 ? [major, minor + 1, 0] : [major, minor, patch + 1];
}

function caret([major, minor]: Version): number {
  if (major > 0) return 1;
  return minor > 0 ? 2 : 3;
}

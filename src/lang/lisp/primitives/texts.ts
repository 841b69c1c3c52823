import { each, rowsOf } from '../control.ts';
import { Character, fail, list, members, NIL, Text, UNSPECIFIED, type Value } from '../data.ts';
import { Control } from '../procedures.ts';
import { bytes, character, index, MANY, MOST_ITEMS, primitive, range, text, vector, wrong } from './check.ts';

/** Characters of a string; where it holds none beyond the basic plane, its units are. */
function points(value: string): readonly string[] {
  return /[\ud800-\udfff]/.test(value) ? [...value] : value.split('');
}

function at(value: string, position: number): string {
  return /[\ud800-\udfff]/.test(value) ? (points(value)[position] ?? '') : value.charAt(position);
}

function length(value: string): number {
  return /[\ud800-\udfff]/.test(value) ? points(value).length : value.length;
}

function part(args: readonly Value[], from: number, who: string): string {
  const { value } = text(args[0], who);
  if (args[from] === undefined) return value;
  const all = points(value);
  const [start, end] = range(args, from, all.length, who);
  return all.slice(start, end).join('');
}

function bounded(value: string, who: string): Text {
  return value.length > MOST_ITEMS ? fail(`${who}: too long a string`) : new Text(value);
}

function mutable(value: Value | undefined, who: string): Text {
  const found = text(value, who);
  return found.literal ? fail(`${who}: a literal can't be changed`) : found;
}

type Test = (a: string, b: string) => boolean;
const ORDERS: readonly (readonly [string, Test])[] = [
  ['=?', (a, b) => a === b],
  ['<?', (a, b) => below(a, b)],
  ['>?', (a, b) => below(b, a)],
  ['<=?', (a, b) => !below(b, a)],
  ['>=?', (a, b) => !below(a, b)],
];

/** By code points, not by units. */
function below(a: string, b: string): boolean {
  const [left, right] = [[...a], [...b]];
  for (let where = 0; where < left.length && where < right.length; where++) {
    const apart = (left[where]?.codePointAt(0) ?? 0) - (right[where]?.codePointAt(0) ?? 0);
    if (apart !== 0) return apart < 0;
  }
  return left.length < right.length;
}

function fold(value: string): string {
  return value.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

function comparisons(): ReturnType<typeof primitive>[] {
  return ORDERS.flatMap(([suffix, test]) =>
    (
      [
        [`string${suffix}`, (value: Value, who: string) => text(value, who).value],
        [`string-ci${suffix}`, (value: Value, who: string) => fold(text(value, who).value)],
        [`char${suffix}`, (value: Value, who: string) => String.fromCodePoint(character(value, who).code)],
        [
          `char-ci${suffix}`,
          (value: Value, who: string) => fold(String.fromCodePoint(character(value, who).code)),
        ],
      ] as const
    ).map(([title, of]) =>
      primitive(title, 1, MANY, (args) => {
        const all = args.map((one) => of(one, title));
        return all.every((one, where) => where === 0 || test(all[where - 1] ?? '', one));
      }),
    ),
  );
}

function characterTest(title: string, pattern: RegExp) {
  return primitive(title, 1, 1, ([value]) =>
    pattern.test(String.fromCodePoint(character(value, title).code)),
  );
}

function mapped(title: string, of: (character: string) => string) {
  return primitive(title, 1, 1, ([value]) => {
    const given = character(value, title);
    const changed = [...of(String.fromCodePoint(given.code))];
    return changed.length === 1 ? new Character(changed[0]?.codePointAt(0) ?? 0) : given;
  });
}

function characters(value: string): Value[] {
  return points(value).map((one) => new Character(one.codePointAt(0) ?? 0));
}

function joined(values: readonly Value[], who: string): string {
  return values.map((one) => String.fromCodePoint(character(one, who).code)).join('');
}

export const TEXTS = [
  ...comparisons(),
  primitive('string?', 1, 1, ([value]) => value instanceof Text),
  primitive('char?', 1, 1, ([value]) => value instanceof Character),
  primitive('string', 0, MANY, (args) => new Text(joined(args, 'string'))),
  primitive('make-string', 1, 2, ([count, fill], machine) => {
    const size = index(count, MOST_ITEMS, 'make-string');
    machine.charge(size);
    return new Text(
      String.fromCodePoint(fill === undefined ? 32 : character(fill, 'make-string').code).repeat(size),
    );
  }),
  primitive('string-length', 1, 1, ([value]) => BigInt(length(text(value, 'string-length').value))),
  primitive('string-ref', 2, 2, ([value, position]) => {
    const { value: given } = text(value, 'string-ref');
    const where = index(position, length(given) - 1, 'string-ref');
    return new Character(at(given, where).codePointAt(0) ?? 0);
  }),
  primitive('string-set!', 3, 3, ([value, position, next]) => {
    const target = mutable(value, 'string-set!');
    const all = [...points(target.value)];
    all[index(position, all.length - 1, 'string-set!')] = String.fromCodePoint(
      character(next, 'string-set!').code,
    );
    target.value = all.join('');
    return undefined;
  }),
  primitive('string-append', 0, MANY, (args, machine) => {
    const all = args.map((one) => text(one, 'string-append').value);
    machine.charge(all.reduce((sum, one) => sum + one.length, 0) >> 4);
    return bounded(all.join(''), 'string-append');
  }),
  primitive('substring', 2, 3, (args) => new Text(part(args, 1, 'substring'))),
  primitive('string-copy', 1, 3, (args) => new Text(part(args, 1, 'string-copy'))),
  primitive('string->list', 1, 3, (args) => list(characters(part(args, 1, 'string->list')))),
  primitive('string->vector', 1, 3, (args) => characters(part(args, 1, 'string->vector'))),
  primitive(
    'list->string',
    1,
    1,
    ([value = NIL]) =>
      new Text(joined(members(value) ?? wrong('list->string', 'a list', value), 'list->string')),
  ),
  primitive('vector->string', 1, 3, (args) => {
    const given = vector(args[0], 'vector->string');
    const [start, end] = range(args, 1, given.length, 'vector->string');
    return new Text(joined(given.slice(start, end), 'vector->string'));
  }),
  primitive('string-fill!', 2, 4, (args) => {
    const target = mutable(args[0], 'string-fill!');
    const all = [...points(target.value)];
    const [start, end] = range(args, 2, all.length, 'string-fill!');
    all.fill(String.fromCodePoint(character(args[1], 'string-fill!').code), start, end);
    target.value = all.join('');
    return undefined;
  }),
  primitive('string-copy!', 3, 5, (args) => {
    const target = mutable(args[0], 'string-copy!');
    const source = [...points(text(args[2], 'string-copy!').value)];
    const all = [...points(target.value)];
    const [start, end] = range(args, 3, source.length, 'string-copy!');
    const to = index(args[1], all.length - (end - start), 'string-copy!');
    all.splice(to, end - start, ...source.slice(start, end));
    target.value = all.join('');
    return undefined;
  }),
  primitive('string-upcase', 1, 1, ([value]) => new Text(text(value, 'string-upcase').value.toUpperCase())),
  primitive(
    'string-downcase',
    1,
    1,
    ([value]) => new Text(text(value, 'string-downcase').value.toLowerCase()),
  ),
  primitive('string-foldcase', 1, 1, ([value]) => new Text(fold(text(value, 'string-foldcase').value))),
  primitive('string-index', 2, 2, ([value, wanted]) => {
    const found = points(text(value, 'string-index').value).indexOf(
      String.fromCodePoint(character(wanted, 'string-index').code),
    );
    return found === -1 ? false : BigInt(found);
  }),
  primitive('string-contains', 2, 2, ([value, wanted]) => {
    const { value: given } = text(value, 'string-contains');
    const found = given.indexOf(text(wanted, 'string-contains').value);
    return found === -1 ? false : BigInt(length(given.slice(0, found)));
  }),
  primitive('string-split', 2, 2, ([value, by]) =>
    list(
      text(value, 'string-split')
        .value.split(String.fromCodePoint(character(by, 'string-split').code))
        .map((one) => new Text(one)),
    ),
  ),
  primitive('string-join', 1, 2, ([value = NIL, by]) =>
    bounded(
      (members(value) ?? wrong('string-join', 'a list', value))
        .map((one) => text(one, 'string-join').value)
        .join(by === undefined ? ' ' : text(by, 'string-join').value),
      'string-join',
    ),
  ),
  characterTest('char-alphabetic?', /\p{Alphabetic}/u),
  characterTest('char-numeric?', /\p{Nd}/u),
  characterTest('char-whitespace?', /\p{White_Space}/u),
  characterTest('char-upper-case?', /\p{Uppercase}/u),
  characterTest('char-lower-case?', /\p{Lowercase}/u),
  mapped('char-upcase', (one) => one.toUpperCase()),
  mapped('char-downcase', (one) => one.toLowerCase()),
  mapped('char-foldcase', fold),
  primitive('digit-value', 1, 1, ([value]) => {
    const { code } = character(value, 'digit-value');
    if (!/\p{Nd}/u.test(String.fromCodePoint(code))) return false;
    // Digits stand in runs of ten, each from its zero on.
    let zero = code;
    while (zero > code - 10 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && (code - zero + 1) % 10 !== 0)
      zero -= 1;
    return BigInt((code - zero) % 10);
  }),
  primitive('char->integer', 1, 1, ([value]) => BigInt(character(value, 'char->integer').code)),
  primitive('integer->char', 1, 1, ([value]) => {
    const code = index(value, 0x10ffff, 'integer->char');
    return code >= 0xd800 && code <= 0xdfff
      ? fail('integer->char: no character', BigInt(code))
      : new Character(code);
  }),
  primitive(
    'string->utf8',
    1,
    3,
    (args) => new Uint8Array(Buffer.from(part(args, 1, 'string->utf8'), 'utf8')),
  ),
  primitive('utf8->string', 1, 3, (args) => {
    const given = bytes(args[0], 'utf8->string');
    const [start, end] = range(args, 1, given.length, 'utf8->string');
    return new Text(Buffer.from(given.subarray(start, end)).toString('utf8'));
  }),
  new Control('string-map', [2, MANY], ([procedure = NIL, ...given], machine) =>
    each(
      machine,
      procedure,
      rowsOf(given.map((one) => characters(text(one, 'string-map').value))),
      (results) => new Text(joined(results, 'string-map')),
    ),
  ),
  new Control('string-for-each', [2, MANY], ([procedure = NIL, ...given], machine) =>
    each(
      machine,
      procedure,
      rowsOf(given.map((one) => characters(text(one, 'string-for-each').value))),
      () => UNSPECIFIED,
    ),
  ),
];

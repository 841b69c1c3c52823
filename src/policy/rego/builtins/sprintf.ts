/** Go's fmt.Sprintf over what OPA hands it: integers, floats and strings; anything else as its source text. */
import { termText } from '../text.ts';
import type { Value } from '../values.ts';

const MOST_WIDTH = 10_000;
const MOST_PRECISION = 100;

type Arg = string | number | bigint;
interface Form {
  readonly flags: ReadonlySet<string>;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

export function sprintf(format: string, values: readonly Value[], pay: (size: number) => void): string {
  const args = values.map(
    (value): Arg =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
        ? value
        : termText(value),
  );
  let out = '';
  let next = 0;
  let reordered = false;
  let at = 0;
  const index = (): boolean => {
    const found = /^\[(\d+)\]/.exec(format.slice(at, at + 12));
    if (found === null) return format[at] !== '[';
    at += found[0].length;
    next = Number(found[1]) - 1;
    reordered = true;
    return next >= 0 && next < args.length;
  };
  const star = (): number | undefined => {
    const arg = args[next++];
    return typeof arg === 'number' && Number.isInteger(arg) ? arg : undefined;
  };
  const digits = (): number | undefined => {
    const found = /^\d+/.exec(format.slice(at, at + 8))?.[0];
    at += found?.length ?? 0;
    return found === undefined ? undefined : Number(found);
  };
  while (at < format.length) {
    const percent = format.indexOf('%', at);
    out += format.slice(at, percent < 0 ? undefined : percent);
    if (percent < 0) break;
    at = percent + 1;
    const flags = new Set<string>();
    while ('+-# 0'.includes(format[at] ?? '?')) flags.add(format[at++] as string);
    let good = index();
    let width = 0;
    if (format[at] === '*') {
      at++;
      const wanted = star();
      if (wanted === undefined) out += '%!(BADWIDTH)';
      else if (wanted < 0) flags.add('-');
      width = Math.abs(wanted ?? 0);
    } else width = digits() ?? 0;
    let precision: number | undefined;
    if (format[at] === '.') {
      at++;
      good = index() && good;
      if (format[at] === '*') {
        at++;
        precision = star();
        if (precision === undefined || precision < 0) out += '%!(BADPREC)';
      } else precision = digits() ?? 0;
    }
    good = index() && good;
    const code = format.codePointAt(at);
    if (code === undefined) {
      out += '%!(NOVERB)';
      break;
    }
    const verb = String.fromCodePoint(code);
    at += verb.length;
    width = Math.min(width, MOST_WIDTH);
    precision = precision === undefined ? undefined : Math.min(Math.max(precision, 0), MOST_PRECISION);
    pay(width);
    if (verb === '%') out += '%';
    else if (!good) out += `%!${verb}(BADINDEX)`;
    else {
      const arg = args[next++];
      out += arg === undefined ? `%!${verb}(MISSING)` : one(arg, { flags, width, precision, verb });
    }
  }
  if (reordered || next >= args.length) return out;
  return `${out}%!(EXTRA ${args
    .slice(next)
    .map((arg) => `${goType(arg)}=${plain(arg)}`)
    .join(', ')})`;
}

/** Larger ones are written with an exponent, which Go reads as floats. */
function isWhole(arg: number): boolean {
  return Number.isInteger(arg) && Math.abs(arg) < 1e21;
}

function goType(arg: Arg): string {
  if (typeof arg === 'bigint') return '*big.Int';
  if (typeof arg === 'number') return isWhole(arg) ? 'int' : 'float64';
  return 'string';
}

function plain(arg: Arg): string {
  return typeof arg === 'number' && !isWhole(arg) ? shortest(arg, 21) : String(arg);
}

function one(arg: Arg, form: Form): string {
  const { verb } = form;
  if (verb === 'T') return pad(goType(arg), form);
  const text =
    typeof arg === 'string'
      ? string(arg, form)
      : typeof arg === 'bigint' || isWhole(arg)
        ? integer(arg, form)
        : float(Number(arg), form);
  return text ?? `%!${verb}(${goType(arg)}=${plain(arg)})`;
}

function pad(text: string, { flags, width }: Form, zeros = flags.has('0') && !flags.has('-')): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.has('-')) return text + ' '.repeat(missing);
  if (!zeros) return ' '.repeat(missing) + text;
  const sign = /^[-+ ]/.test(text) ? text.slice(0, 1) : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function string(arg: string, form: Form): string | undefined {
  const { flags, precision, verb } = form;
  const cut = precision === undefined ? arg : [...arg].slice(0, precision).join('');
  switch (verb) {
    case 'v':
      return pad(flags.has('#') ? quoted(cut, flags) : cut, form);
    case 's':
      return pad(cut, form);
    case 'q':
      return pad(quoted(cut, flags), form);
    case 'x':
    case 'X': {
      const bytes = Buffer.from(arg).subarray(0, precision).toString('hex').match(/../g) ?? [];
      const prefix = flags.has('#') && bytes.length > 0 ? '0x' : '';
      const text = flags.has(' ') ? bytes.map((byte) => prefix + byte).join(' ') : prefix + bytes.join('');
      return pad(verb === 'X' ? text.toUpperCase() : text, form);
    }
    default:
      return undefined;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** strconv.Quote; with `+` in ASCII, with `#` in backquotes where they serve. */
function quoted(text: string, flags: ReadonlySet<string>, by = '"'): string {
  if (flags.has('#') && by === '"' && !/[`\p{Cc}\uFEFF]/u.test(text.replaceAll('\t', '')))
    return `\`${text}\``;
  let out = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === by) out += `\\${by}`;
    else if (ESCAPES[character] !== undefined) out += ESCAPES[character];
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if ((code > 0x7e && flags.has('+')) || /[\p{C}\p{Z}]/u.test(character.replace(' ', ''))) {
      out +=
        code > 0xffff
          ? `\\U${code.toString(16).padStart(8, '0')}`
          : `\\u${code.toString(16).padStart(4, '0')}`;
    } else out += character;
  }
  return by + out + by;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function integer(arg: number | bigint, form: Form): string | undefined {
  const { flags, precision, verb } = form;
  const base = Object.hasOwn(BASES, verb) ? BASES[verb] : undefined;
  if (base !== undefined) {
    const size = BigInt(arg) < 0n ? -BigInt(arg) : BigInt(arg);
    let digits = size.toString(base).padStart(precision ?? 0, '0');
    if (verb === 'X') digits = digits.toUpperCase();
    const prefix = verb === 'O' ? '0o' : flags.has('#') ? (PREFIXES[verb] ?? '') : '';
    const sign = arg < 0 ? '-' : flags.has('+') ? '+' : flags.has(' ') ? ' ' : '';
    return pad(sign + prefix + digits, form, flags.has('0') && !flags.has('-') && precision === undefined);
  }
  if (typeof arg === 'bigint') return verb === 's' ? pad(String(arg), form) : undefined;
  if (verb === 'c' || verb === 'q' || verb === 'U') {
    const inside = arg >= 0 && arg <= 0x10ffff && !(arg >= 0xd800 && arg <= 0xdfff);
    const character = String.fromCodePoint(inside ? arg : 0xfffd);
    if (verb === 'c') return pad(character, form);
    if (verb === 'q') return pad(quoted(character, flags, "'"), form);
    const hex = `U+${arg
      .toString(16)
      .toUpperCase()
      .padStart(Math.max(4, precision ?? 0), '0')}`;
    return pad(flags.has('#') ? `${hex} '${character}'` : hex, form, false);
  }
  return undefined;
}

function float(arg: number, form: Form): string | undefined {
  const { flags, precision, verb } = form;
  let text: string;
  switch (verb) {
    case 'v':
      text = precision === undefined ? shortest(arg, 21) : general(arg, precision);
      break;
    case 'g':
    case 'G':
      text = precision === undefined ? shortest(arg, 21) : general(arg, precision);
      break;
    case 'e':
    case 'E':
      text = arg.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
      break;
    case 'f':
    case 'F':
      text = arg.toFixed(precision ?? 6);
      break;
    default:
      return undefined;
  }
  if (verb === 'E' || verb === 'G') text = text.toUpperCase();
  if (!text.startsWith('-')) text = (flags.has('+') ? '+' : flags.has(' ') ? ' ' : '') + text;
  return pad(text, form);
}

/** The fewest digits that read back as `value`; an exponent below -4 and from `most` on. */
function shortest(value: number, most: number): string {
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  if (Number(power) < -4 || Number(power) >= most)
    return `${mantissa}e${power.startsWith('-') ? '-' : '+'}${power.replace(/^[-+]/, '').padStart(2, '0')}`;
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text;
}

/** %g with a precision: that many digits, no zeros at the end. */
function general(value: number, precision: number): string {
  return shortest(Number(value.toPrecision(Math.max(precision, 1))), Math.max(precision, 1));
}

import { numberText, termText } from '../text.ts';
import { isNumber, type Value } from '../values.ts';

const VERB = /%([-+# 0]*)(\d*|\*)(?:\.(\d*))?([a-zA-Z%])/g;
const MOST_WIDTH = 10_000;

/** Go's fmt.Sprintf for the verbs policies use: v s d t q x X o b c e f g, with flags, width and precision. */
export function sprintf(format: string, args: readonly Value[], pay: (size: number) => void): string {
  let next = 0;
  let used = 0;
  const text = format.replace(
    VERB,
    (whole, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (width === '*') return whole;
      const arg = args[next++];
      used = next;
      if (arg === undefined) return `%!${verb}(MISSING)`;
      const size = Math.min(Number(width || 0), MOST_WIDTH);
      pay(size);
      const digits = precision === undefined ? undefined : Math.min(Number(precision || 0), 100);
      return pad(one(arg, verb, flags, digits), size, flags, isNumber(arg));
    },
  );
  if (used >= args.length) return text;
  const extra = args.slice(used).map((arg) => `${goType(arg)}=${plain(arg)}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function plain(arg: Value): string {
  return typeof arg === 'string' ? arg : termText(arg);
}

function goType(arg: Value): string {
  if (typeof arg === 'bigint') return '*big.Int';
  if (typeof arg === 'number') return Number.isInteger(arg) ? 'int' : 'float64';
  return 'string';
}

function pad(text: string, width: number, flags: string, numeric: boolean): string {
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !numeric) return text.padStart(width);
  const sign = /^[-+]/.test(text) ? text.slice(0, 1) : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function one(arg: Value, verb: string, flags: string, digits: number | undefined): string {
  const sign = flags.includes('+') && isNumber(arg) && arg >= 0 ? '+' : '';
  const bad = () => `%!${verb}(${goType(arg)}=${plain(arg)})`;
  switch (verb) {
    case 'v':
      return sign + plain(arg);
    case 's':
      if (typeof arg === 'number') return bad();
      return digits === undefined ? plain(arg) : [...plain(arg)].slice(0, digits).join('');
    case 't':
      return typeof arg === 'boolean' ? String(arg) : bad();
    case 'q':
      return isNumber(arg) ? bad() : JSON.stringify(plain(arg));
    case 'd':
    case 'o':
    case 'b':
    case 'c':
      return isNumber(arg) ? sign + integer(arg, verb, bad) : bad();
    case 'x':
    case 'X':
      return hexadecimal(arg, verb, flags, bad);
    case 'e':
    case 'f':
    case 'F':
    case 'g':
      return isNumber(arg) ? sign + float(Number(arg), verb, digits) : bad();
    default:
      return bad();
  }
}

function integer(arg: number | bigint, verb: string, bad: () => string): string {
  if (typeof arg === 'number' && !Number.isInteger(arg)) return bad();
  if (verb === 'c') return String.fromCodePoint(Math.min(Math.max(Number(arg), 0), 0x10ffff));
  return arg.toString({ d: 10, o: 8, b: 2 }[verb] ?? 10);
}

function hexadecimal(arg: Value, verb: string, flags: string, bad: () => string): string {
  let text: string;
  if (isNumber(arg)) {
    if (typeof arg === 'number' && !Number.isInteger(arg)) return bad();
    text = (flags.includes('#') ? '0x' : '') + arg.toString(16);
  } else text = Buffer.from(plain(arg)).toString('hex');
  return verb === 'X' ? text.toUpperCase() : text;
}

function float(value: number, verb: string, digits: number | undefined): string {
  if (verb === 'g')
    return digits === undefined ? numberText(value) : String(Number(value.toPrecision(Math.max(digits, 1))));
  if (verb === 'e') return value.toExponential(digits ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
  return value.toFixed(digits ?? 6);
}

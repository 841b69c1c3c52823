import { normalNumber, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

const BINARY = ['', 'k', 'm', 'g', 't', 'p', 'e'];

/** `10.5Gi` as amount and unit. Spaces are refused, quotes ignored. */
function parts(o: Operands, none: string, bad: string): [amount: string, unit: string] {
  const text = o.string(0).replaceAll('"', '');
  if (text.length > 400) throw new BuiltinError(bad);
  if (text.includes(' ')) throw new BuiltinError('spaces not allowed in resource strings');
  const at = text.search(/[^0-9.eE+-]|[eE](?![+-]?\d)/);
  const amount = at < 0 ? text : text.slice(0, at);
  if (amount === '') throw new BuiltinError(none);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(amount)) throw new BuiltinError(bad);
  return [amount, at < 0 ? '' : text.slice(at)];
}

/** amount × factor, exact: decimals are scaled to integers first. */
function scale(amount: string, factor: bigint, divide = 1n): { top: bigint; bottom: bigint } {
  const [mantissa = '0', exponent = '0'] = amount.toLowerCase().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent) - fraction.length;
  if (Math.abs(shift) > 300) throw new BuiltinError('amount is too large');
  let top = BigInt(`${whole}${fraction}`.replace(/^\+/, '') || '0') * factor;
  let bottom = divide;
  if (shift >= 0) top *= 10n ** BigInt(shift);
  else bottom *= 10n ** BigInt(-shift);
  return { top, bottom };
}

function parseBytes(o: Operands): Value {
  const [amount, unit] = parts(o, 'no byte amount provided', 'could not parse byte amount to a number');
  const found = /^([kmgtpe]?)(i?)b?$/.exec(unit.toLowerCase());
  if (found === null || (found[1] === '' && found[2] === 'i'))
    throw new BuiltinError(`byte unit ${unit} not recognized`);
  const power = BigInt(BINARY.indexOf(found[1] as string));
  const { top, bottom } = scale(amount, (found[2] === 'i' ? 1024n : 1000n) ** power);
  return normalNumber(top / bottom);
}

function parse(o: Operands): Value {
  const [amount, unit] = parts(o, 'no amount provided', 'could not parse amount to a number');
  // `m` is milli, `M` mega; all other units may be written either way.
  const name = unit === 'm' ? 'milli' : unit.toLowerCase();
  const found = /^([kmgtpe])?(i?)$/.exec(name);
  if (name !== 'milli' && (found === null || (found[1] === undefined && found[2] === 'i')))
    throw new BuiltinError(`unit ${unit} not recognized`);
  const power = BigInt(BINARY.indexOf(found?.[1] ?? ''));
  const factor = name === 'milli' ? 1n : (found?.[2] === 'i' ? 1024n : 1000n) ** power;
  const { top, bottom } = scale(amount, factor, name === 'milli' ? 1000n : 1n);
  return top % bottom === 0n ? normalNumber(top / bottom) : Number(top) / Number(bottom);
}

export const UNITS = builtins({ 'units.parse': [1, parse], 'units.parse_bytes': [1, parseBytes] });

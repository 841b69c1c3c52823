import { unquoted } from './host.ts';
import type { BatchMachine } from './machine.ts';

/** A condition as it stands behind `if`, everything in it expanded. */
export function holds(text: string, machine: BatchMachine): boolean {
  let rest = text.trim();
  let insensitive = false;
  let negated = false;
  for (;;) {
    const flag = /^(?:\/i(?=\W)|not(?=[\s,;=]))[\s,;=]*/i.exec(rest)?.[0];
    if (flag === undefined) break;
    if (flag.startsWith('/')) insensitive = true;
    else negated = !negated;
    rest = rest.slice(flag.length);
  }
  return decide(rest, insensitive, machine) !== negated;
}

function decide(text: string, insensitive: boolean, machine: BatchMachine): boolean {
  const unary = /^(errorlevel|exist|defined|cmdextversion)[\s,;=]+(.*)$/is.exec(text);
  if (unary !== null) {
    const subject = (unary[2] ?? '').trim();
    switch ((unary[1] ?? '').toLowerCase()) {
      case 'errorlevel':
        return machine.status >= (Number.parseInt(subject, 10) || 0);
      case 'exist':
        return machine.host.files?.exists(unquoted(subject)) === true;
      case 'defined':
        return machine.variable(subject) !== undefined;
      default:
        return 2 >= Number(subject);
    }
  }
  const operator = /==|(?<=[\s,;="])(?:equ|neq|lss|leq|gtr|geq)(?=[\s,;="])/i.exec(withoutQuoted(text));
  if (operator === null) return false;
  const left = text.slice(0, operator.index).trim();
  const right = text
    .slice(operator.index + operator[0].length)
    .replace(/^[\s,;=]+/, '')
    .trim();
  const sign = operator[0].toLowerCase();
  const order = sign === '==' ? words(left, right, insensitive) : compare(left, right, insensitive);
  switch (sign) {
    case '==':
    case 'equ':
      return order === 0;
    case 'neq':
      return order !== 0;
    case 'lss':
      return order < 0;
    case 'leq':
      return order <= 0;
    case 'gtr':
      return order > 0;
    default:
      return order >= 0;
  }
}

/** The same length, with what stands in quotes blotted out. */
function withoutQuoted(text: string): string {
  return text.replace(/"[^"]*"?/g, (found) =>
    `"${'.'.repeat(Math.max(0, found.length - 2))}"`.slice(0, found.length),
  );
}

function words(left: string, right: string, insensitive: boolean): number {
  const [a, b] = insensitive ? [left.toLowerCase(), right.toLowerCase()] : [left, right];
  return a < b ? -1 : a > b ? 1 : 0;
}

function compare(left: string, right: string, insensitive: boolean): number {
  const numbers = [left, right].map((one) =>
    /^[+-]?(?:0x[0-9a-f]+|\d+)$/i.test(one) ? Number(one) : Number.NaN,
  );
  const [a = Number.NaN, b = Number.NaN] = numbers;
  return Number.isNaN(a) || Number.isNaN(b) ? words(left, right, insensitive) : a - b;
}

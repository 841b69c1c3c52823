/** `set /a`: 32-bit signed integers, C's operators, assignments, a comma between expressions. */

export class BadExpression extends Error {}

const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const TOKEN = /\s*(?:(0x[0-9a-f]+|\d+)|([a-z_$#@.][\w$#@.]*)|(<<=|>>=|<<|>>|[-+*/%&^|]=|[-+*/%&^|~!()=,]))/iy;
const MOST_TOKENS = 2000;
const DEEPEST = 100;

interface Token {
  readonly number?: number;
  readonly name?: string;
  readonly sign?: string;
}

/**
 * @throws BadExpression saying what is wrong
 */
export function calculate(
  text: string,
  get: (name: string) => string | undefined,
  set: (name: string, value: number) => void,
): number {
  const tokens = split(text);
  let at = 0;
  let depth = 0;
  const peek = (): string | undefined => tokens[at]?.sign;
  const take = (sign: string): boolean => {
    if (peek() !== sign) return false;
    at += 1;
    return true;
  };
  const current = (name: string): number => whole(get(name) ?? '0');
  const assignment = (): number => {
    const name = tokens[at]?.name;
    const sign = tokens[at + 1]?.sign;
    if (name !== undefined && sign?.endsWith('=') === true) {
      at += 2;
      const right = assignment();
      const value = sign === '=' ? right : apply(sign.slice(0, -1), current(name), right);
      set(name, value);
      return value;
    }
    return binary(0);
  };
  const binary = (level: number): number => {
    const signs = LEVELS[level];
    if (signs === undefined) return unary();
    let left = binary(level + 1);
    for (let sign = peek(); sign !== undefined && signs.includes(sign); sign = peek()) {
      at += 1;
      left = apply(sign, left, binary(level + 1));
    }
    return left;
  };
  const unary = (): number => {
    depth += 1;
    if (depth > DEEPEST) throw new BadExpression('nested too deep');
    try {
      if (take('-')) return -unary() | 0;
      if (take('+')) return unary();
      if (take('~')) return ~unary();
      if (take('!')) return unary() === 0 ? 1 : 0;
      if (take('(')) {
        const value = sequence();
        if (!take(')')) throw new BadExpression('a parenthesis is not closed');
        return value;
      }
      const token = tokens[at];
      at += 1;
      if (token?.number !== undefined) return token.number;
      if (token?.name !== undefined) return current(token.name);
      throw new BadExpression('an operand is missing');
    } finally {
      depth -= 1;
    }
  };
  const sequence = (): number => {
    let value = assignment();
    while (take(',')) value = assignment();
    return value;
  };
  const value = sequence();
  if (at < tokens.length) throw new BadExpression('an operator is missing');
  return value;
}

function split(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const given = text.trim();
  while (TOKEN.lastIndex < given.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(given);
    if (found === null) throw new BadExpression(`no operator: ${given.slice(from, from + 10)}`);
    if (tokens.length > MOST_TOKENS) throw new BadExpression('too long');
    if (found[1] !== undefined) tokens.push({ number: whole(found[1]) });
    else if (found[2] !== undefined) tokens.push({ name: found[2] });
    else tokens.push({ sign: found[3] ?? '' });
  }
  return tokens;
}

/** `0x` is hexadecimal, a leading zero octal. */
function whole(text: string): number {
  const given = text.trim();
  const found = /^([+-]?)(?:(0x[0-9a-f]+)|(0[0-7]*)|([1-9]\d*))$/i.exec(given);
  if (found === null) {
    if (/^[+-]?0\d/.test(given)) throw new BadExpression(`not octal: ${given.slice(0, 20)}`);
    return Number.parseInt(given, 10) | 0 || 0;
  }
  const [, sign, hex, octal, decimal] = found;
  const value =
    hex !== undefined ? Number(hex) : octal !== undefined ? Number.parseInt(octal, 8) : Number(decimal);
  if (value > 0x7fffffff + (hex === undefined ? 0 : 0x80000000))
    throw new BadExpression('a number is too large (32 bits)');
  return (sign === '-' ? -value : value) | 0;
}

function apply(sign: string, left: number, right: number): number {
  switch (sign) {
    case '+':
      return (left + right) | 0;
    case '-':
      return (left - right) | 0;
    case '*':
      return Math.imul(left, right);
    case '/':
      if (right === 0) throw new BadExpression('division by zero');
      return (left / right) | 0;
    case '%':
      if (right === 0) throw new BadExpression('division by zero');
      return (left % right) | 0;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return right > 31 ? 0 : left << right;
    default:
      return left >> Math.min(right, 31);
  }
}

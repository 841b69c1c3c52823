import { BitError } from '../kernel/errors.ts';
import { compileGlob } from '../kernel/glob.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

/**
 * Conditions of `.bithub.yml`, a language of its own:
 *
 *     or         = and { "||" and }
 *     and        = not { "&&" not }
 *     not        = [ "!" ] ( "(" or ")" | comparison )
 *     comparison = value [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "matches" | "contains" ) value ]
 *     value      = 'text' | number | true | false | null | name { "." name }
 *
 * Names are those of {@link FACTS}. A list equals, matches or contains where one of its items does; `!=` holds where
 * none is equal. What isn't known is null: it equals null alone, and nothing matches it.
 */
export type Condition =
  | { readonly kind: 'or' | 'and'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | {
      readonly kind: 'compare';
      readonly operator: Operator;
      readonly left: Value;
      readonly right: Value;
      readonly text: string;
    }
  | { readonly kind: 'holds'; readonly value: Value; readonly text: string };

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'matches' | 'contains';

type Value =
  | { readonly kind: 'literal'; readonly value: Scalar }
  | { readonly kind: 'fact'; readonly name: FactName };

type Scalar = string | number | boolean | null;
export type Fact = Scalar | readonly string[];

/** What a condition may name, each with what it stands for. */
export const FACTS = {
  event: 'what happened: push, pull_request, schedule, manual …',
  branch: 'the branch, without refs/heads/',
  tag: 'the tag, where one was pushed',
  ref: 'the full ref',
  sha: 'the commit',
  actor: 'who it is',
  label: 'labels of the pull request or issue',
  labels: 'the same',
  isFork: 'it came from a fork',
  'files.changed': 'paths that changed',
  flow: 'the flow’s name',
  profile: 'the profile it runs in',
} as const;
export type FactName = keyof typeof FACTS;
export type Facts = Readonly<Record<FactName, Fact>>;

const LONGEST = 2000;
const DEEPEST = 32;
const MOST_LEAVES = 200;
const MOST_STARS = 16;
const OPERATORS = new Set(['==', '!=', '<', '<=', '>', '>=', 'matches', 'contains']);

/** @throws BitError `usage` whose details hold `offset`, from 0 */
export function parseCondition(text: string): Condition {
  if (text.length > LONGEST) throw fault(text, LONGEST, `longer than ${LONGEST} characters`);
  return new Parser(text).whole();
}

interface Token {
  readonly text: string;
  readonly at: number;
  readonly string?: string;
}

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|(==|!=|<=|>=|&&|\|\||[!<>()]))/y;

class Parser {
  readonly text: string;
  readonly tokens: readonly Token[];
  #at = 0;
  #leaves = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = lex(text);
  }

  whole(): Condition {
    const condition = this.#or(0);
    const rest = this.tokens[this.#at];
    if (rest !== undefined) throw fault(this.text, rest.at, `unexpected ${rest.text}`);
    return condition;
  }

  #or(depth: number): Condition {
    return this.#joined('||', 'or', () => this.#joined('&&', 'and', () => this.#not(depth)));
  }

  #joined(operator: string, kind: 'or' | 'and', inner: () => Condition): Condition {
    const of = [inner()];
    while (this.#take(operator)) of.push(inner());
    const [first] = of;
    return of.length === 1 && first !== undefined ? first : { kind, of };
  }

  #not(depth: number): Condition {
    const token = this.tokens[this.#at];
    if (depth > DEEPEST) throw fault(this.text, token?.at ?? 0, `nested deeper than ${DEEPEST}`);
    if (this.#take('!')) return { kind: 'not', of: this.#not(depth + 1) };
    if (this.#take('(')) {
      const inner = this.#or(depth + 1);
      if (!this.#take(')')) throw this.#expected(')');
      return inner;
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    if (++this.#leaves > MOST_LEAVES) throw fault(this.text, 0, `more than ${MOST_LEAVES} comparisons`);
    const from = this.tokens[this.#at]?.at ?? 0;
    const left = this.#value();
    const operator = this.tokens[this.#at];
    if (operator === undefined || operator.string !== undefined || !OPERATORS.has(operator.text)) {
      // `push` alone would always hold: a text is no condition
      if (left.kind === 'literal' && typeof left.value !== 'boolean') throw this.#expected('==');
      return { kind: 'holds', value: left, text: this.#since(from) };
    }
    this.#at++;
    const right = this.#value();
    this.#refuseCostly(operator, right);
    return { kind: 'compare', operator: operator.text as Operator, left, right, text: this.#since(from) };
  }

  /** Every wildcard of a pattern may hold a match open at every character. */
  #refuseCostly(operator: Token, right: Value): void {
    if (operator.text !== 'matches' || right.kind !== 'literal' || typeof right.value !== 'string') return;
    if (right.value.split('*').length > MOST_STARS || right.value.length > 256)
      throw fault(this.text, operator.at, `a pattern of more than ${MOST_STARS} * or 256 characters`);
  }

  #value(): Value {
    const token = this.tokens[this.#at];
    if (token === undefined) throw this.#expected('a value');
    this.#at++;
    const { text, string } = token;
    if (string !== undefined) return { kind: 'literal', value: string };
    if (/^-?\d/.test(text)) return { kind: 'literal', value: Number(text) };
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' };
    if (text === 'null') return { kind: 'literal', value: null };
    if (Object.hasOwn(FACTS, text)) return { kind: 'fact', name: text as FactName };
    if (/^[A-Za-z_]/.test(text)) {
      const near = nearest(text, Object.keys(FACTS));
      const hint =
        near.length > 0 ? `did you mean: ${near.join(', ')}` : `it knows: ${Object.keys(FACTS).join(', ')}`;
      throw fault(this.text, token.at, `there is no ${text}`, hint);
    }
    throw fault(this.text, token.at, `unexpected ${text}`);
  }

  #take(text: string): boolean {
    const token = this.tokens[this.#at];
    if (token?.text !== text || token.string !== undefined) return false;
    this.#at++;
    return true;
  }

  #since(from: number): string {
    const last = this.tokens[this.#at - 1];
    return this.text.slice(from, (last?.at ?? from) + (last?.text.length ?? 0));
  }

  #expected(what: string): BitError {
    const token = this.tokens[this.#at];
    const found = token === undefined ? 'and it ends' : `not ${token.text}`;
    return fault(this.text, token?.at ?? this.text.length, `expected ${what}, ${found}`);
  }
}

function lex(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
      throw fault(
        text,
        at,
        text[at] === "'" ? 'a text that does not end' : `unexpected ${printable(text[at] ?? '')}`,
      );
    }
    const [whole, string] = match;
    const said = whole.trimStart();
    const at = from + whole.length - said.length;
    tokens.push({
      text: said,
      at,
      ...(string === undefined ? {} : { string: string.slice(1, -1).replaceAll("''", "'") }),
    });
  }
  return tokens;
}

function fault(text: string, offset: number, what: string, hint?: string): BitError {
  return new BitError('usage', `${what}, at character ${offset + 1} of ${printable(shorten(text, 100))}`, {
    details: { condition: text.slice(0, 500), offset },
    ...(hint === undefined ? {} : { hint }),
  });
}

export interface Judged {
  readonly holds: boolean;
  /** The comparison that decided it, with what stood there: `event == 'push' (event is manual)`. */
  readonly because: string;
}

export function judge(condition: Condition, facts: Facts): Judged {
  switch (condition.kind) {
    case 'or': {
      const judged = condition.of.map((one) => judge(one, facts));
      return (
        judged.find(({ holds }) => holds) ?? {
          holds: false,
          because: judged.map(({ because }) => because).join('; '),
        }
      );
    }
    case 'and': {
      const judged = condition.of.map((one) => judge(one, facts));
      return (
        judged.find(({ holds }) => !holds) ?? {
          holds: true,
          because: judged.map(({ because }) => because).join('; '),
        }
      );
    }
    case 'not': {
      const { holds, because } = judge(condition.of, facts);
      return { holds: !holds, because };
    }
    case 'holds': {
      const value = factOf(condition.value, facts);
      const holds = Array.isArray(value)
        ? value.length > 0
        : value !== null && value !== false && value !== '' && value !== 0;
      return { holds, because: told(condition.text, [condition.value], facts) };
    }
    case 'compare': {
      const { operator, left, right, text } = condition;
      const holds = compared(operator, factOf(left, facts), factOf(right, facts));
      return { holds, because: told(text, [left, right], facts) };
    }
  }
}

function factOf(value: Value, facts: Facts): Fact {
  return value.kind === 'literal' ? value.value : facts[value.name];
}

function compared(operator: Operator, left: Fact, right: Fact): boolean {
  if (operator === '!=') return !compared('==', left, right);
  const lefts: readonly Scalar[] = isList(left) ? left : [left];
  const rights: readonly Scalar[] = isList(right) ? right : [right];
  if (operator !== 'matches') return lefts.some((one) => rights.some((other) => pair(operator, one, other)));
  const matchers = rights.flatMap((other) => (typeof other === 'string' ? [compileGlob(other)] : []));
  return lefts.some((one) => typeof one === 'string' && matchers.some((matches) => matches(one)));
}

function isList(value: Fact): value is readonly string[] {
  return Array.isArray(value);
}

function pair(operator: Exclude<Operator, 'matches'>, left: Scalar, right: Scalar): boolean {
  switch (operator) {
    case '==':
    case '!=':
      return left === right;
    case 'contains':
      return typeof left === 'string' && typeof right === 'string' && left.includes(right);
    default:
      if (typeof left !== typeof right || left === null || right === null) return false;
      if (operator === '<') return left < right;
      if (operator === '<=') return left <= right;
      if (operator === '>') return left > right;
      return left >= right;
  }
}

function told(text: string, values: readonly Value[], facts: Facts): string {
  const named = values.flatMap((value) =>
    value.kind === 'fact' ? [`${value.name} is ${shown(facts[value.name])}`] : [],
  );
  const said = shorten(text.replace(/\s+/g, ' '), 120);
  return named.length === 0 ? said : `${said} (${named.join(', ')})`;
}

function shown(fact: Fact): string {
  if (fact === null) return 'not known';
  if (!isList(fact)) return String(fact);
  if (fact.length === 0) return 'empty';
  const first = fact.slice(0, 3).join(', ');
  return shorten(fact.length > 3 ? `${first} and ${fact.length - 3} more` : first, 120);
}

import type * as Tree from '@actions/expressions/ast';
import type { Token } from '@actions/expressions/lexer';
import { BitError } from '../kernel/errors.ts';
import { nearest, shorten } from '../kernel/text.ts';
import { expressionLibrary, syntaxTree } from './library.ts';
import { numberFrom } from './number.ts';
import type { Comparison, Node } from './tree.ts';

/** An expression that parsed: the text between `${{` and `}}`, trimmed. */
export interface Expression {
  readonly text: string;
  readonly root: Node;
}

/** What an expression may name. */
export interface Names {
  readonly contexts: readonly string[];
  /** Functions besides the general ones, each with how many arguments it takes. */
  readonly functions?: Readonly<Record<string, readonly [least: number, most: number]>>;
}

/** All there is in a GitHub workflow, wherever it may stand. */
export const GITHUB_NAMES: Names = {
  contexts: [
    'github',
    'env',
    'vars',
    'job',
    'jobs',
    'steps',
    'runner',
    'secrets',
    'strategy',
    'matrix',
    'needs',
    'inputs',
  ],
  functions: {
    success: [0, Number.MAX_SAFE_INTEGER],
    failure: [0, Number.MAX_SAFE_INTEGER],
    always: [0, 0],
    cancelled: [0, 0],
    hashFiles: [1, 255],
  },
};

export const GENERAL_FUNCTIONS = [
  'contains',
  'startsWith',
  'endsWith',
  'format',
  'join',
  'toJSON',
  'fromJSON',
  'case',
] as const;

/** As long as GitHub takes one. */
const MOST_CHARACTERS = 21_000;

/** What is wrong, by the library's numbers. */
const FAULTS: Readonly<Record<number, string>> = {
  0: 'unexpected symbol',
  2: 'unexpected end of the expression',
  3: 'nested deeper than 50',
  4: `longer than ${MOST_CHARACTERS} characters`,
  5: 'too few arguments',
  6: 'too many arguments',
  7: 'case takes an odd number of arguments: pairs and a default',
};

/**
 * Throws a `usage` BitError whose details hold `expression` and `offset` (from 0, in the text).
 */
export function parseExpression(text: string, names: Names = GITHUB_NAMES): Expression {
  if (text.length > MOST_CHARACTERS)
    throw fault(text, 0, `the expression is longer than ${MOST_CHARACTERS} characters`);
  const tokens = lex(text);
  const offsets = place(text, tokens);
  const { Parser, ExpressionError } = expressionLibrary();
  let tree: Tree.Expr | undefined;
  try {
    const functions = Object.entries(names.functions ?? {}).map(([name, [minArgs, maxArgs]]) => ({
      name,
      minArgs,
      maxArgs,
    }));
    tree = new Parser(tokens, [...names.contexts], functions as never).parse();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const token = tokens.find((candidate) => candidate.range.start === error.pos);
    const offset = (token && offsets.get(token)) ?? 0;
    throw unparsed(text, offset, token?.lexeme ?? '', Number(Reflect.get(error, 'typ')), names);
  }
  if (tree === undefined) throw fault(text, 0, 'an expression is missing');
  refuseTrailingComma(text, tokens, offsets);
  return { text, root: convert(tree, text, offsets) };
}

function lex(text: string): Token[] {
  const { Lexer } = expressionLibrary();
  const lexer = new Lexer(text);
  try {
    return lexer.lex().tokens;
  } catch (cause) {
    // the library says the place in words only; its field holds it
    const at = Number(Reflect.get(lexer, 'start'));
    const what = text[at] === "'" ? 'a string that does not end' : 'unexpected symbol';
    throw fault(text, at, what, cause);
  }
}

/** Offsets of the tokens: the library's columns count from the wrong line after a string with a line end in it. */
function place(text: string, tokens: readonly Token[]): Map<Token, number> {
  const offsets = new Map<Token, number>();
  let from = 0;
  for (const token of tokens) {
    const at = token.lexeme === '' ? text.length : text.indexOf(token.lexeme, from);
    offsets.set(token, at);
    from = at + token.lexeme.length;
  }
  return offsets;
}

function unparsed(text: string, at: number, lexeme: string, type: number, names: Names): BitError {
  const functions = [...GENERAL_FUNCTIONS, ...Object.keys(names.functions ?? {})];
  if (type === 9)
    return fault(text, at, `there is no function ${lexeme}`, undefined, nearest(lexeme, functions));
  if (type === 1 || type === 8)
    return fault(text, at, `there is no context ${lexeme} here`, undefined, nearest(lexeme, names.contexts));
  return fault(text, at, `${FAULTS[type] ?? 'not an expression'}${lexeme === '' ? '' : `: ${lexeme}`}`);
}

function refuseTrailingComma(text: string, tokens: readonly Token[], offsets: Map<Token, number>): void {
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (token.lexeme === ',' && next?.lexeme === ')' && text[offsets.get(next) ?? 0] === ')')
      throw fault(text, offsets.get(next) ?? 0, 'unexpected symbol: )');
  }
}

/** An error at an offset of an expression. */
export function fault(
  text: string,
  offset: number,
  what: string,
  cause?: unknown,
  near: readonly string[] = [],
): BitError {
  return new BitError('usage', `${what}, at character ${offset + 1} of ${shorten(text, 100)}`, {
    details: { expression: text.slice(0, 500), offset },
    ...(near.length > 0 ? { hint: `did you mean: ${near.join(', ')}` } : {}),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** To our own tree; a chain of comparisons is taken apart without recursion, everything else is at most 50 deep. */
function convert(root: Tree.Expr, text: string, offsets: Map<Token, number>): Node {
  const { Literal, Unary, Binary, Logical, Grouping, ContextAccess, IndexAccess, FunctionCall, Star } =
    syntaxTree();
  const offset = (token: Token): number => offsets.get(token) ?? 0;
  const one = (expr: Tree.Expr): Node => {
    if (expr instanceof Literal) return literal(expr, offset, text);
    if (expr instanceof Grouping) return one(expr.group);
    if (expr instanceof ContextAccess)
      return { kind: 'context', name: expr.name.lexeme.toLowerCase(), at: offset(expr.name) };
    if (expr instanceof IndexAccess) {
      const of = one(expr.expr);
      if (expr.index instanceof Star) return { kind: 'all', of, at: of.at };
      return { kind: 'index', of, index: one(expr.index), at: of.at };
    }
    if (expr instanceof FunctionCall) {
      const { functionName: name, args } = expr;
      return { kind: 'call', name: name.lexeme.toLowerCase(), args: args.map(one), at: offset(name) };
    }
    if (expr instanceof Unary) return { kind: 'not', operand: one(expr.expr), at: offset(expr.operator) };
    if (expr instanceof Logical) {
      const operator = expr.operator.lexeme === '&&' ? '&&' : '||';
      return { kind: 'logical', operator, operands: expr.args.map(one), at: offset(expr.operator) };
    }
    const spine: Tree.Binary[] = [];
    let left: Tree.Expr = expr;
    while (left instanceof Binary) {
      spine.push(left);
      left = left.left;
    }
    return spine.reduceRight<Node>(
      (node, { operator, right }) => ({
        kind: 'compare',
        operator: operator.lexeme as Comparison,
        left: node,
        right: one(right),
        at: offset(operator),
      }),
      one(left),
    );
  };
  return one(root);
}

/** By the lexeme: the library undoes only the first doubled quote and takes JavaScript's binary numbers. */
function literal(
  { token, literal: { kind } }: Tree.Literal,
  offset: (token: Token) => number,
  text: string,
): Node {
  const at = offset(token);
  const { lexeme } = token;
  if (lexeme.startsWith("'"))
    return { kind: 'literal', value: lexeme.slice(1, -1).replaceAll("''", "'"), at };
  // the name of a property, `.true` too
  if (kind === expressionLibrary().data.Kind.String) return { kind: 'literal', value: lexeme, at };
  if (lexeme === 'true' || lexeme === 'false') return { kind: 'literal', value: lexeme === 'true', at };
  if (lexeme === 'null') return { kind: 'literal', value: null, at };
  if (lexeme === 'NaN') return { kind: 'literal', value: Number.NaN, at };
  const value = numberFrom(lexeme);
  if (Number.isNaN(value)) throw fault(text, at, `unexpected symbol: ${lexeme}`);
  return { kind: 'literal', value, at };
}

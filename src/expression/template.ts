import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { type Expression, fault, GITHUB_NAMES, type Names, parseExpression } from './parse.ts';
import { walk } from './tree.ts';
import { isTruthy, textOf } from './value.ts';

/** A part of a template. `at` is where it starts in the text, `start` where the expression itself does. */
export type Part =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | {
      readonly kind: 'expression';
      readonly expression: Expression;
      readonly at: number;
      readonly start: number;
    };

/** A text with `${{ }}` in it, or without. */
export interface Template {
  readonly text: string;
  readonly parts: readonly Part[];
}

const OPEN = '${{';

export function hasExpression(text: string): boolean {
  return text.includes(OPEN);
}

/** Throws a `usage` BitError; `offset` in its details counts from the start of the text. */
export function parseTemplate(text: string, names: Names = GITHUB_NAMES): Template {
  const parts: Part[] = [];
  let from = 0;
  for (let at = text.indexOf(OPEN); at >= 0; at = text.indexOf(OPEN, from)) {
    if (at > from) parts.push({ kind: 'text', text: text.slice(from, at), at: from });
    const end = endOf(text, at + OPEN.length);
    if (end < 0) throw fault(text, at, 'an expression is not closed: }} is missing');
    const raw = text.slice(at + OPEN.length, end);
    const start = at + OPEN.length + raw.length - raw.trimStart().length;
    if (raw.trim() === '') throw fault(text, at, 'an expression is missing');
    parts.push({ kind: 'expression', expression: parseAt(raw.trim(), start, names), at, start });
    from = end + 2;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from), at: from });
  return { text, parts };
}

/** Where the `}}` is that closes it; one inside a string doesn't. */
function endOf(text: string, from: number): number {
  let inString = false;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "'") inString = !inString;
    else if (!inString && text[at] === '}' && text[at + 1] === '}') return at;
  }
  return -1;
}

function parseAt(text: string, start: number, names: Names): Expression {
  try {
    return parseExpression(text, names);
  } catch (error) {
    if (!(error instanceof BitError)) throw error;
    const details = { ...error.details, offset: start + Number(error.details['offset'] ?? 0) };
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new BitError(error.code, error.message, { ...hint, details, cause: error });
  }
}

/** An expression that is the whole text keeps its kind; anything else is text. */
export function evaluateTemplate(template: Template, scope: Scope): Json {
  const [first] = template.parts;
  if (template.parts.length === 1 && first?.kind === 'expression') return evaluate(first.expression, scope);
  return template.parts
    .map((part) => (part.kind === 'text' ? part.text : textOf(evaluate(part.expression, scope))))
    .join('');
}

/** Parses and evaluates a text; for one that is used once. */
export function evaluateText(text: string, scope: Scope, names: Names = GITHUB_NAMES): Json {
  return hasExpression(text) ? evaluateTemplate(parseTemplate(text, names), scope) : text;
}

/** What an `if` says. */
export interface Condition {
  readonly text: string;
  readonly template: Template;
  /** It names no status function: `success()` must hold too. */
  readonly implicitSuccess: boolean;
}

const STATUS_FUNCTIONS = new Set(['success', 'failure', 'cancelled', 'always']);

/**
 * The text of an `if`, with or without `${{ }}` around it. With text around the braces it is a text, which is never
 * empty and so always true, as on GitHub.
 */
export function parseCondition(text: string, names: Names = GITHUB_NAMES): Condition {
  const bare = text.trim();
  const written = bare === '' ? 'success()' : bare;
  const template = hasExpression(text) ? parseTemplate(text, names) : bareTemplate(written, text, names);
  return { text, template, implicitSuccess: !callsStatus(template) };
}

function bareTemplate(written: string, text: string, names: Names): Template {
  const start = text.length - text.trimStart().length;
  const expression = parseAt(written, start, names);
  return { text: written, parts: [{ kind: 'expression', expression, at: start, start }] };
}

function callsStatus({ parts }: Template): boolean {
  return parts.some(
    (part) =>
      part.kind === 'expression' &&
      walk(part.expression.root).some((node) => node.kind === 'call' && STATUS_FUNCTIONS.has(node.name)),
  );
}

export function evaluateCondition(condition: Condition, scope: Scope): boolean {
  if (condition.implicitSuccess && scope.status?.success === false) return false;
  return isTruthy(evaluateTemplate(condition.template, scope));
}

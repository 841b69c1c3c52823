import type { Diagnostics } from '../diagnostic.ts';
import { type Word, wordsOf, wordText } from './words.ts';

/** A condition, read from the left; `AND` binds closer than `OR`, `NOT` closest. */
export type Condition =
  | { readonly is: 'or' | 'and'; readonly left: Condition; readonly right: Condition }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'succeeded' | 'failed' }
  | { readonly is: 'defined'; readonly name: string }
  | { readonly is: 'compare'; readonly operator: string; readonly left: string; readonly right: string };

const OPERATORS = new Set(['==', '!=', '<', '<=', '>', '>=', 'CONTAINS', 'MATCHES', 'IN']);
const MOST_TERMS = 200;

/** Undefined where it can't be read; then it was told. */
export function parseCondition(
  text: string,
  from: number,
  to: number,
  diagnostics: Diagnostics,
): Condition | undefined {
  const words = wordsOf(text, from, to, diagnostics);
  const said = (word: Word | undefined): string =>
    word === undefined ? '' : text.slice(word.start, word.end);
  let at = 0;
  const wrong = (message: string, expected: string): undefined => {
    const word = words[Math.min(at, words.length - 1)];
    diagnostics.error('bad-condition', message, word?.start ?? from, word?.end ?? to, expected);
    return undefined;
  };
  const term = (): Condition | undefined => {
    let negated = false;
    while (said(words[at]) === 'NOT') {
      negated = !negated;
      at += 1;
    }
    const found = plain();
    return negated && found !== undefined ? { is: 'not', of: found } : found;
  };
  const plain = (): Condition | undefined => {
    const first = said(words[at]);
    if (first === '') return wrong('a condition is missing', 'SUCCEEDED, FAILED, DEFINED NAME, or a == b');
    if (first === 'SUCCEEDED' || first === 'FAILED') {
      at += 1;
      return { is: first === 'FAILED' ? 'failed' : 'succeeded' };
    }
    if (first === 'DEFINED') {
      const name = said(words[at + 1]);
      at += 1;
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) return wrong('DEFINED wants a name', 'NAME');
      at += 1;
      return { is: 'defined', name };
    }
    const operator = said(words[at + 1]);
    if (!OPERATORS.has(operator)) {
      at += 1;
      return wrong('an operator is missing', [...OPERATORS].join(' '));
    }
    const right = said(words[at + 2]);
    at += 2;
    if (right === '') return wrong(`${operator} has nothing on its right`, 'a value');
    at += 1;
    return { is: 'compare', operator, left: first, right };
  };
  const chain = (word: 'AND' | 'OR', next: () => Condition | undefined): Condition | undefined => {
    let left = next();
    while (left !== undefined && said(words[at]) === word) {
      at += 1;
      const right = next();
      left = right === undefined ? undefined : { is: word === 'AND' ? 'and' : 'or', left, right };
    }
    return left;
  };
  if (words.length > MOST_TERMS * 4) return wrong('a condition is too long', `at most ${MOST_TERMS} terms`);
  const condition = chain('OR', () => chain('AND', term));
  if (condition !== undefined && at < words.length)
    return wrong('a condition goes on after its end', 'AND or OR');
  return condition;
}

export interface Facts {
  /** Of the last command. */
  readonly succeeded: boolean;
  readonly variable: (name: string) => string | undefined;
}

export function holds(condition: Condition, facts: Facts): boolean {
  switch (condition.is) {
    case 'or':
      return holds(condition.left, facts) || holds(condition.right, facts);
    case 'and':
      return holds(condition.left, facts) && holds(condition.right, facts);
    case 'not':
      return !holds(condition.of, facts);
    case 'succeeded':
      return facts.succeeded;
    case 'failed':
      return !facts.succeeded;
    case 'defined':
      return facts.variable(condition.name) !== undefined;
    case 'compare':
      return compare(
        condition.operator,
        wordText(condition.left, facts.variable),
        wordText(condition.right, facts.variable),
      );
  }
}

function compare(operator: string, left: string, right: string): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case 'CONTAINS':
      return left.includes(right);
    case 'IN':
      return right.split(',').some((one) => one.trim() === left);
    case 'MATCHES':
      return glob(left, right);
    default:
      return ordered(operator, left, right);
  }
}

function ordered(operator: string, left: string, right: string): boolean {
  const number = /^[+-]?\d+(?:\.\d+)?$/;
  const numeric = number.test(left) && number.test(right);
  const order = numeric ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

/** `*` stands for anything; in linear time. */
function glob(text: string, pattern: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

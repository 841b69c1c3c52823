/**
 * GitHub's expressions, `${{ }}`: `@actions/expressions` lexes and parses, the evaluation here follows what GitHub
 * documents and its runner does, on plain JSON, bounded in depth, size and steps. Used by workflows of any source.
 *
 *     const template = parseTemplate('v${{ github.event.number }}');
 *     evaluateTemplate(template, { contexts: { github: { event: { number: 3 } } } });  // 'v3'
 *
 * Errors are `usage` BitErrors whose details hold `offset`, from 0, in the text given.
 */
export { evaluate, type Scope, type Status } from './evaluate.ts';
export { numberText } from './number.ts';
export { type Expression, GENERAL_FUNCTIONS, GITHUB_NAMES, type Names, parseExpression } from './parse.ts';
export { calls, type Reference, references } from './references.ts';
export {
  type Condition,
  evaluateCondition,
  evaluateTemplate,
  evaluateText,
  hasExpression,
  type Part,
  parseCondition,
  parseTemplate,
  type Template,
} from './template.ts';
export type { Comparison, Node } from './tree.ts';
export { isTruthy, textOf } from './value.ts';

/**
 * Lisp: a reader of Scheme (R7RS) and Common Lisp (CLHS §2) that never gives up, a layout, lints, and an evaluator of
 * Scheme's core for scripts. The grammar is in docs/lang/lisp.md.
 */
export { type Evaluation, evaluate, type Limits } from './evaluate.ts';
export { formatLisp } from './format.ts';
export { datumOf, datumText } from './from-json.ts';
export { KIND, kindName } from './kinds.ts';
export { lintLisp } from './lint.ts';
export type { CommandResult, Host } from './machine.ts';
export { type Dialect, type Reading, readLisp } from './reader.ts';

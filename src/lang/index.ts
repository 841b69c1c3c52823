/**
 * Languages: ALN, Lisp and batch, each with a parser that tells every error with its place and goes on, a layout, lints,
 * and an interpreter for scripts of bots (docs/lang/). A text of any size is parsed in linear time into a tree of some
 * sixteen bytes a node.
 */
export {
  type AlnEnd,
  type AlnHost,
  type AlnRequest,
  KIND as ALN_KIND,
  parseAln,
  runAln,
} from './aln/index.ts';
export {
  type BatchEnd,
  type BatchRequest,
  type Files,
  type Host as BatchHost,
  runBatch,
} from './batch/index.ts';
export { Lines } from './diagnostic.ts';
export {
  type CommandResult,
  datumOf,
  datumText,
  type Evaluation,
  evaluate,
  type Host as LispHost,
  type Limits,
} from './lisp/index.ts';
export { type ParsedFile, type ParseQuestion, type ParseReport, parseLanguage, parseText } from './parse.ts';
export { renderParse } from './render.ts';
export type { LanguageName } from './symbols.ts';

/**
 * Batch: cmd.exe's language parsed with every error told, laid out, and its portable part run. The grammar is in
 * docs/lang/batch.md.
 */
export { formatBatch } from './format.ts';
export { type Files, type Host, Stopped } from './host.ts';
export { KIND, kindName } from './kinds.ts';
export { lintBatch } from './lint.ts';
export { type BatchEnd, type BatchRequest, runBatch } from './machine.ts';
export { type Parsing, parseBatch } from './parser.ts';

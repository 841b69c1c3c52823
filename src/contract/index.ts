/**
 * Contract: the ALN form a repository, a bucket or a user states its terms in, `KEY: value` lines and sections.
 *
 * {@link readContract} reads a text, bounded and tolerant of errors, and says all that is wrong with it by line and
 * column; {@link compileContract} turns what it says into Rego that is asked beside the policies. The grammar is in
 * docs/contract.md. This domain reads no files and knows no repository; which contracts are in force is src/guard's.
 */
export { compileContract } from './compile.ts';
export { parseDocument } from './parse.ts';
export { readContract } from './read.ts';
export type {
  Clause,
  Contract,
  Diagnostic,
  Document,
  Field,
  FlagKey,
  Place,
  Scope,
  Section,
  Selector,
} from './types.ts';

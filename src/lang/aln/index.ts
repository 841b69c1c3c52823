/**
 * ALN: sections, `KEY: value`, conditions and dotted commands, for contracts and for scripts of bots. The grammar is in
 * docs/lang/aln.md; what the keys of a contract mean, the domain `contract` says.
 */
export { formatAln } from './format.ts';
export { KIND, kindName } from './kinds.ts';
export { type Parsing, parseAln } from './parser.ts';
export { type AlnEnd, type AlnHost, type AlnRequest, runAln } from './run.ts';

/**
 * Scan: looks over what is about to be committed. Works on what is staged and never on the work tree, so what is
 * judged is what would be committed; `bit check` gives the same rules whole files. A finding names file, line, column and rule; never the secret itself.
 */
export { checkFormat } from './format.ts';
export { checkFiles, formatFiles } from './format-files.ts';
export { type Formatter, formatterFor, formattersOf } from './formatter.ts';
export { type HistoryFinding, type HistoryScan, scanHistory } from './history.ts';
export { scanText } from './line.ts';
export { scanSecrets } from './secretlint.ts';
export { checkSecrets } from './secrets.ts';
export type { StagedPlace } from './staged.ts';

/** One thing wrong, at a place in a staged file. Line and column count from 1. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** Stable id: `github-token`, `biome`. */
  readonly rule: string;
  readonly message: string;
}

export interface CheckReport {
  readonly check: 'policy' | 'secrets' | 'format';
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Files looked at. */
  readonly files: number;
  /** Why it was skipped, or what it left out. */
  readonly note?: string;
  readonly findings: readonly Finding[];
}

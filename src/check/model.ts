export type CheckName = 'secrets' | 'dependencies' | 'licenses' | 'format';
export type Scope = 'security' | 'format' | 'license' | 'all';
export type Level = 'error' | 'warning' | 'note';

export interface CheckFinding {
  readonly check: CheckName;
  readonly level: Level;
  /** Stable id: `github-token`, `GHSA-…`, `license-denied`, `biome`. */
  readonly rule: string;
  /** Relative to the root; lines and columns count from 1. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** Where to read more. */
  readonly url?: string;
}

/** `unknown`: it could not be told, which is no pass. `skipped`: there was nothing to look at, or it was not to be. */
export type Outcome = 'passed' | 'failed' | 'skipped' | 'unknown';

export interface OneCheck {
  readonly check: CheckName;
  readonly outcome: Outcome;
  /** Files or packages looked at. */
  readonly looked: number;
  readonly note?: string;
  readonly findings: readonly CheckFinding[];
}

export interface CheckResult {
  /** Nothing failed, and nothing remained unknown. */
  readonly ok: boolean;
  readonly checks: readonly OneCheck[];
  /** Files `--fix` wrote. */
  readonly fixed: readonly string[];
  /** SARIF 2.1.0, where it was asked for. */
  readonly sarif?: object;
}

export function verdict(findings: readonly CheckFinding[]): Outcome {
  return findings.some(({ level }) => level === 'error') ? 'failed' : 'passed';
}

/** A check that looked at nothing. */
export function without(check: CheckName, outcome: 'skipped' | 'unknown', note: string): OneCheck {
  return { check, outcome, looked: 0, note, findings: [] };
}

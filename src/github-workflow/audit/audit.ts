import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import type { Reader } from '../../operation/index.ts';
import { readWorkflow } from '../definition.ts';
import { findWorkflow, WORKFLOW_FOLDER } from '../github-source.ts';
import { readLock } from '../lock.ts';
import { openWorkTree } from '../work-tree.ts';
import { diffOf } from './diff.ts';
import { type Finding, SEVERITIES, type Severity, type Subject } from './finding.ts';
import { historyOf, type RunHistory } from './history.ts';
import { RULES } from './rules.ts';

/** One finding, with the file it is in. */
export interface AuditFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly fixable: boolean;
}

export interface WorkflowAudit {
  readonly workflows: readonly string[];
  readonly findings: readonly AuditFinding[];
  readonly counts: Readonly<Record<Severity, number>>;
  /** A patch that `git apply` takes, of every mechanical fix; empty where there is none. */
  readonly patch: string;
  /** Of those that were run here. */
  readonly history: readonly RunHistory[];
}

export interface AuditOptions {
  /** Name or path; every workflow where nothing is said. */
  readonly workflow?: string | undefined;
  /** Nothing less grave. */
  readonly least?: string | undefined;
}

/** Looks at workflows without running anything. A file that can't be read is a finding, not a failure. */
export async function auditWorkflows(reader: Reader, options: AuditOptions): Promise<WorkflowAudit> {
  const files = openWorkTree(reader);
  const wanted =
    options.workflow === undefined
      ? files
          .list(WORKFLOW_FOLDER)
          .filter((name) => /\.ya?ml$/.test(name))
          .map((name) => `${WORKFLOW_FOLDER}/${name}`)
      : [pathOf(files.root, options.workflow) ?? findWorkflow(files, options.workflow)];
  const least = SEVERITIES.findIndex((severity: string) => severity === options.least);
  const lock = readLock(files);
  const findings: AuditFinding[] = [];
  const patches: string[] = [];
  for (const path of wanted) {
    const text = files.read(path) ?? readFileSync(join(files.root, path), 'utf8');
    const found = auditText(path, text, (uses) => lock.get(uses)?.commit).filter(
      ({ severity }) => SEVERITIES.indexOf(severity) >= least,
    );
    patches.push(
      diffOf(
        path,
        text,
        found.flatMap(({ fix }) => (fix === undefined ? [] : [fix.edits])),
      ),
    );
    for (const { rule, severity, message, at, fix } of found)
      findings.push({
        rule,
        severity,
        message,
        path,
        line: at.line,
        column: at.column,
        fixable: fix !== undefined,
      });
  }
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return {
    workflows: wanted,
    findings,
    counts: { high: count('high'), medium: count('medium'), low: count('low'), info: count('info') },
    patch: patches.join(''),
    history: historyOf(reader.stateDirectory, wanted),
  };
}

function pathOf(root: string, wanted: string): string | undefined {
  return /\.ya?ml$/.test(wanted) && wanted.includes('/') && existsSync(join(root, wanted))
    ? wanted
    : undefined;
}

/** In the order of the file. */
export function auditText(
  path: string,
  text: string,
  pinOf: Subject['pinOf'] = () => undefined,
): readonly Finding[] {
  let subject: Subject;
  try {
    subject = { workflow: readWorkflow(path, text), lines: text.split('\n'), pinOf };
  } catch (error) {
    if (!(error instanceof BitError)) throw error;
    const [problem] = (error.details['problems'] ?? []) as { message: string; at: Finding['at'] }[];
    return [
      {
        rule: 'unreadable',
        severity: 'high',
        message: problem?.message ?? error.message,
        at: problem?.at ?? { line: 1, column: 1 },
      },
    ];
  }
  const found = RULES.flatMap((rule) => [...rule.check(subject)]);
  return found.toSorted((left, right) => left.at.line - right.at.line || left.at.column - right.at.column);
}

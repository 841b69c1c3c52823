import { listTree } from '../build/index.ts';
import { type CheckFinding, checkDependencies, checkTreeSecrets, type Outcome } from '../check/index.ts';
import { auditWorkflows } from '../github-workflow/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { scanHistory } from '../scan/index.ts';
import { checkPermissions } from './permissions.ts';

export const SCAN_SCOPES = ['all', 'tree', 'history', 'dependencies', 'workflows', 'permissions'] as const;
export type ScanScope = (typeof SCAN_SCOPES)[number];

export interface SecureFinding extends Omit<CheckFinding, 'check'> {
  /** The commit that brought it, of the history. */
  readonly commit?: string;
}

export interface SecurePart {
  readonly part: Exclude<ScanScope, 'all'>;
  readonly outcome: Outcome;
  /** Files, commits, packages or workflows looked at. */
  readonly looked: number;
  readonly note?: string;
  readonly findings: readonly SecureFinding[];
}

export interface SecureReport {
  /** Nothing failed, and nothing remained unknown. */
  readonly ok: boolean;
  readonly parts: readonly SecurePart[];
}

export interface ScanOptions {
  readonly scope: ScanScope;
  readonly offline: boolean;
  /** Commits of the history, the newest first. */
  readonly most: number;
}

/** Work tree, history, dependencies, workflows and permissions in one report. Reads only. */
export async function scanAll(reader: Reader, options: ScanOptions): Promise<SecureReport> {
  const root = reader.git.paths.root;
  if (root === undefined)
    throw new BitError('unsupported', 'a bare repository has no work tree to look over');
  const { signal, env } = reader;
  const work: Readonly<Record<Exclude<ScanScope, 'all'>, () => Promise<SecurePart>>> = {
    tree: async () => {
      const tree = await listTree(reader.git);
      const found = await shown(reader, 'looking for secrets', (update) =>
        checkTreeSecrets(root, tree, { signal, update }),
      );
      return { part: 'tree', ...found };
    },
    history: () => history(reader, options.most),
    dependencies: async () => {
      const { policy } = reader.settings;
      return {
        part: 'dependencies',
        ...(await checkDependencies(root, { env, policy, signal, offline: options.offline })),
      };
    },
    workflows: () => workflows(reader),
    permissions: async () => {
      const findings = (await checkPermissions(reader)).map((one) => ({ ...one, line: 1, column: 1 }));
      return { part: 'permissions', outcome: outcomeOf(findings), looked: findings.length, findings };
    },
  };
  const parts: SecurePart[] = [];
  for (const [name, run] of Object.entries(work)) {
    if (options.scope === 'all' || options.scope === name) parts.push(await run());
  }
  return { ok: parts.every(({ outcome }) => outcome === 'passed' || outcome === 'skipped'), parts };
}

async function history(reader: Reader, most: number): Promise<SecurePart> {
  const { signal } = reader;
  const scan = await shown(reader, 'looking through the history', (update) =>
    scanHistory(reader.git, { most, signal, update }),
  );
  const findings = scan.findings.map(
    (one): SecureFinding => ({
      ...one,
      level: 'error',
      message: `${one.message}, brought by ${one.commit.slice(0, 10)}`,
    }),
  );
  const notes = [
    scan.left === 0 ? [] : [`${scan.left} older commits were not looked at: --most`],
    scan.large.length === 0 ? [] : [`too large to be looked at: ${scan.large.slice(0, 10).join(', ')}`],
  ].flat();
  const whole = notes.length === 0 ? {} : { note: notes.join('; ') };
  const outcome = findings.length > 0 ? 'failed' : notes.length === 0 ? 'passed' : 'unknown';
  return { part: 'history', outcome, looked: scan.commits, findings, ...whole };
}

async function workflows(reader: Reader): Promise<SecurePart> {
  const audit = await auditWorkflows(reader, {});
  const levels = { high: 'error', medium: 'warning', low: 'note', info: 'note' } as const;
  const findings = audit.findings.map(({ severity, rule, message, path, line, column }) => ({
    level: levels[severity],
    rule,
    message,
    path,
    line,
    column,
  }));
  const outcome = audit.workflows.length === 0 ? 'skipped' : outcomeOf(findings);
  return { part: 'workflows', outcome, looked: audit.workflows.length, findings };
}

function outcomeOf(findings: readonly SecureFinding[]): Outcome {
  return findings.some(({ level }) => level === 'error') ? 'failed' : 'passed';
}

async function shown<Result>(
  reader: Reader,
  title: string,
  work: (update: (done: number, total: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = reader.progress(title);
  try {
    return await work((done, total) => progress.update('', done, total));
  } finally {
    progress.end();
  }
}

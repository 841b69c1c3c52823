import { listTree, type Tree } from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import { globSet } from '../kernel/glob.ts';
import { printable } from '../kernel/text.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { checkSecrets } from '../scan/index.ts';
import { readSection } from '../specification/index.ts';
import { checkDependencies } from './dependencies.ts';
import { checkTreeFormat, type FormatPlace, fixFormat } from './format.ts';
import { checkLicenses } from './licenses.ts';
import { type CheckFinding, type CheckResult, type OneCheck, type Scope, verdict } from './model.ts';
import { checkSarif } from './sarif.ts';
import { checkTreeSecrets } from './secrets.ts';

export interface CheckOptions {
  readonly scope: Scope;
  readonly fix: boolean;
  /** Ask no registry. */
  readonly offline: boolean;
  /** Only secrets, and only in the lines that staging adds. */
  readonly staged: boolean;
  readonly format: 'text' | 'sarif';
  /** Of `bit`, for SARIF. */
  readonly version: string;
}

/** Looks over the repository; with `fix` the effect that formats what is not formatted. */
export async function check(
  reader: Reader,
  options: CheckOptions,
): Promise<Effect<CheckResult> | Answer<CheckResult>> {
  const root = rootOf(reader);
  if (options.staged && (options.fix || (options.scope !== 'security' && options.scope !== 'all')))
    throw new BitError('usage', '--staged looks for secrets and for nothing else');
  if (!options.fix) return { reads: 'check', answer: () => runChecks(reader, options) };
  if (options.scope !== 'all' && options.scope !== 'format') {
    throw new BitError('usage', `nothing of ${options.scope} can be put right without a person`, {
      hint: 'bit check format --fix writes what the formatter would',
    });
  }
  const place: FormatPlace = { root, env: reader.env, signal: reader.signal };
  const found = await checkTreeFormat(place, await lookedAt(reader));
  const files = found.unformatted.flatMap((one) => one.files);
  return {
    summary: files.length === 0 ? 'format nothing: all is' : `format ${files.length} files`,
    target: { paths: files.slice(0, 1000) },
    plan: found.unformatted.flatMap(({ formatter, files }) =>
      files.map((path) => `format ${printable(path)} with ${formatter.name}`),
    ),
    touches: { refs: [], worktree: 'untracked' },
    run: async (writer) => {
      await fixFormat({ ...place, signal: writer.signal }, found.unformatted);
      const after = await checkTreeFormat({ ...place, signal: writer.signal }, await lookedAt(reader));
      const still = new Set(after.check.findings.map(({ path }) => path));
      return resultOf(
        [after.check],
        options,
        files.filter((path) => !still.has(path)),
      );
    },
    record: ({ fixed }) => ({ fixed: fixed.slice(0, 100) }),
    failed: ({ ok }) => (ok ? undefined : 'not all could be formatted'),
  };
}

/** All the checks of a scope, one after another. */
export async function runChecks(reader: Reader, options: CheckOptions): Promise<CheckResult> {
  if (options.staged) return resultOf([await checkStaged(reader)], options, []);
  const tree = await lookedAt(reader);
  const checks: OneCheck[] = [];
  for (const one of checksOf(reader, options, tree)) checks.push(await one());
  return resultOf(checks, options, []);
}

/** The tree without what `check.exclude` leaves out. */
async function lookedAt(reader: Reader): Promise<Tree> {
  const tree = await listTree(reader.git);
  const { exclude = [] } = readSection(rootOf(reader), 'check');
  if (exclude.length === 0) return tree;
  const out = globSet(exclude, { below: true });
  return { ...tree, paths: tree.paths.filter((path) => !out(path)) };
}

async function checkStaged(reader: Reader): Promise<OneCheck> {
  const base = await reader.git.resolve('HEAD');
  const { files: looked, findings, note } = await checkSecrets({ git: reader.git, base });
  const told = findings.map((finding): CheckFinding => ({ ...finding, check: 'secrets', level: 'error' }));
  return {
    check: 'secrets',
    outcome: verdict(told),
    looked,
    findings: told,
    ...(note === undefined ? {} : { note }),
  };
}

function checksOf(reader: Reader, { scope, offline }: CheckOptions, tree: Tree): (() => Promise<OneCheck>)[] {
  const root = rootOf(reader);
  const { env, signal } = reader;
  const { policy } = reader.settings;
  const security = [
    async () => {
      const progress = reader.progress('looking for secrets');
      try {
        return await checkTreeSecrets(root, tree, {
          signal,
          update: (done, total) => progress.update('files', done, total),
        });
      } finally {
        progress.end();
      }
    },
    () => checkDependencies(root, { env, policy, signal, offline }),
  ];
  const format = [async () => (await checkTreeFormat({ root, env, signal }, tree)).check];
  const license = [async () => checkLicenses(root, policy)];
  const chosen = { security, format, license, all: [...security, ...license, ...format] };
  return chosen[scope];
}

function resultOf(checks: readonly OneCheck[], options: CheckOptions, fixed: readonly string[]): CheckResult {
  return {
    ok: checks.every(({ outcome }) => outcome === 'passed' || outcome === 'skipped'),
    checks,
    fixed,
    ...(options.format === 'sarif' ? { sarif: checkSarif(checks, options.version) } : {}),
  };
}

export function rootOf(reader: Reader): string {
  const root = reader.git.paths.root;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has no files to check');
  return root;
}

/** 1 where something failed, 6 where the registry did not tell and nothing failed. */
export function checkExit({ ok, checks }: CheckResult): number {
  if (ok) return 0;
  return checks.some(({ outcome }) => outcome === 'failed') ? 1 : checks.some(isRemote) ? 6 : 1;
}

function isRemote({ check, outcome }: OneCheck): boolean {
  return check === 'dependencies' && outcome === 'unknown';
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deployBot } from '../bots/index.ts';
import type { WorkTreeStatus } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import { canonicalJson } from '../kernel/json.ts';
import { type Lock, tryLock } from '../kernel/lock.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import type { RunEnd } from '../workflow/index.ts';
import { withExport } from './export.ts';
import { runPlan } from './perform.ts';
import {
  deployDirectory,
  dropOldFolders,
  type History,
  type Release,
  readHistory,
  releaseFolder,
  withRelease,
  writeHistory,
} from './releases.ts';
import { BACK, FORTH, type Told } from './steps.ts';
import { readTarget, type Target } from './target.ts';

export interface DeployResult {
  readonly target: string;
  /** Id of the release, of its run too. */
  readonly release: string;
  readonly commit: string | null;
  readonly result: 'good' | 'failed' | 'interrupted';
  /** Where it went back to, and whether that is sound; null where it did not have to or could not. */
  readonly back: { readonly release: string; readonly commit: string | null; readonly ok: boolean } | null;
  /** What was done, a line each. */
  readonly tried: readonly string[];
  readonly sandboxed: boolean;
}

/**
 * Deploys the work tree to a target; where that or its health check fails, the last good release is put back.
 *
 * @throws BitError `not-found`, `unsupported`, `usage`; `busy` while another deployment to it goes on; `failed` with
 *   what was tried
 */
export async function deploy(reader: Reader, name: string): Promise<Effect<DeployResult>> {
  const target = readTarget(reader, name);
  const { git, stateDirectory } = reader;
  const root = git.paths.root ?? reader.cwd;
  const commit = (await git.resolve('HEAD', 'commit')) ?? null;
  const dirty = isDirty(await git.status({ untracked: true }));
  const way = wayBack(target, readHistory(stateDirectory, name));
  // what is wrong with the bot, and what it would come to have, is told before anything starts
  const bot =
    'bot' in target.work
      ? await deployBot(reader, { name: target.work.bot, scope: target.work.scope })
      : undefined;
  return {
    summary: `deploy ${commit === null ? 'the work tree' : commit.slice(0, 12)} to ${name}`,
    target: { target: name, commit, dirty, digest: digestOf(target), secrets: target.secrets },
    plan: [
      `deploy ${commit?.slice(0, 12) ?? 'the work tree'}${dirty ? ', with what is not committed,' : ''} to ${name}`,
      ...(bot?.plan ?? []),
      ...(target.secrets.length === 0 ? [] : [`hand it secrets ${target.secrets.join(', ')}`]),
      target.health === undefined
        ? 'it has no health check: its exit status decides'
        : 'wait for its health check',
      way === undefined
        ? 'where it fails there is no release to go back to'
        : `where it fails, go back to release ${way.id}`,
    ],
    touches: { refs: [] },
    ...(bot?.confirm === undefined ? {} : { confirm: bot.confirm }),
    irreversible: [`deployed to ${name}`],
    beside: true,
    async run(writer) {
      const lock = takeTarget(stateDirectory, name);
      try {
        return await forth(writer, { target, root, commit, dirty });
      } finally {
        lock.release();
      }
    },
    record: (out) => ({ ...out, tried: [...out.tried] }),
    failure: failureOf,
  };
}

export function takeTarget(stateDirectory: string, name: string): Lock {
  const lock = tryLock(join(deployDirectory(stateDirectory), name, 'lock'));
  if (lock === undefined) throw new BitError('busy', `another deployment to ${name} goes on`);
  return lock;
}

interface What {
  readonly target: Target;
  readonly root: string;
  readonly commit: string | null;
  readonly dirty: boolean;
}

async function forth(writer: Writer, { target, root, commit, dirty }: What): Promise<DeployResult> {
  const { stateDirectory, operation } = writer;
  const { name } = target;
  const id = ulid(writer.now().getTime());
  const begun: Release = {
    ...{ id, at: writer.now().toISOString(), commit, dirty, state: 'begun', operation, why: null },
  };
  const before = readHistory(stateDirectory, name);
  const way = wayBack(target, before);
  writeHistory(stateDirectory, name, withRelease(before, begun));
  const to: Told = { release: begun, folder: releaseFolder(stateDirectory, name, id) };
  const end = await withWay(writer, target, way, (back) => runPlan(writer, id, { target, root, to, back }));
  const went = resultOf(end, FORTH);
  const back = way === undefined || went === 'success' ? undefined : resultOf(end, BACK);
  const good = went === 'success';
  const why = good ? null : whyOf(end, FORTH);
  const after: Release = { ...begun, state: good ? 'good' : 'failed', why };
  const standing = good ? id : back === 'success' && way !== undefined ? way.id : null;
  writeHistory(stateDirectory, name, withRelease(before, after, standing));
  if (good) dropOldFolders(stateDirectory, name, target.keep);
  return {
    target: name,
    release: id,
    commit,
    result: good ? 'good' : end.result === 'cancelled' ? 'interrupted' : 'failed',
    back:
      way === undefined || back === undefined || back === 'skipped'
        ? null
        : { release: way.id, commit: way.commit, ok: back === 'success' },
    tried: triedOf(end, target, way, why),
    sandboxed: end.sandboxed,
  };
}

/** With the files of that release where it is deployed anew to go back to it. */
export async function withWay<Out>(
  writer: Writer,
  target: Target,
  way: Release | undefined,
  work: (back: Told | undefined) => Promise<Out>,
): Promise<Out> {
  if (way === undefined) return work(undefined);
  const told = { release: way, folder: releaseFolder(writer.stateDirectory, target.name, way.id) };
  if (target.rollback !== undefined || way.commit === null) return work(told);
  return withExport(writer, way.commit, (directory) => work({ ...told, directory }));
}

/**
 * The release to go back to: the newest good one other than `not`. Without a rollback command it is deployed again from
 * its commit, which one that held more than its commit can't be.
 */
export function wayBack(target: Target, history: History, not?: string): Release | undefined {
  const good = history.releases.filter(({ id, state }) => state === 'good' && id !== not);
  const newest = good.at(-1);
  if (newest === undefined || target.rollback !== undefined) return newest;
  return newest.dirty || newest.commit === null ? undefined : newest;
}

export function resultOf(end: RunEnd, job: string): RunEnd['result'] {
  return end.jobs.find(({ id }) => id === job)?.result ?? 'skipped';
}

export function whyOf({ failed, result }: RunEnd, job: string): string {
  if (failed !== undefined && failed.job === job) {
    const where = failed.title === '' || failed.title === job ? '' : `${failed.title}: `;
    return printable(`${where}${failed.error}`);
  }
  return result === 'cancelled' ? 'it was interrupted' : 'it failed';
}

function triedOf(
  end: RunEnd,
  target: Target,
  way: Release | undefined,
  why: string | null,
): readonly string[] {
  if (why === null) return [`deployed to ${target.name}`];
  const first = `deployed to ${target.name}: ${why}`;
  if (way === undefined) return [first, 'no good release to go back to'];
  const back = resultOf(end, BACK);
  if (back === 'skipped') return [first, `did not go back to release ${way.id}`];
  const how = target.rollback === undefined ? 'by deploying it again' : 'by its rollback command';
  const went = back === 'success' ? 'it stands' : 'that failed too';
  return [first, `went back to release ${way.id} ${how}: ${went}`];
}

function failureOf({ target, result, back, tried, release }: DeployResult): BitError | undefined {
  if (result === 'good') return undefined;
  const logs = `its logs: bit log workflow ${release}`;
  const hint =
    back?.ok === true
      ? `release ${back.release} stands; ${logs}`
      : `nobody knows what stands at ${target}; see to it, then: bit deploy ${target}, or bit rollback deployment ${target}; ${logs}`;
  const code = result === 'interrupted' ? 'cancelled' : 'failed';
  const lines = tried.map((line) => `\n  ${line}`).join('');
  return new BitError(
    code,
    `the deployment to ${target} ${result === 'failed' ? 'failed' : 'was interrupted'}${lines}`,
    {
      hint,
      details: { target, release, back },
    },
  );
}

function digestOf({ work, health, rollback, environment }: Target): string {
  const told = canonicalJson({
    work,
    health: health === undefined ? null : { ask: 'url' in health.ask ? health.ask.url : health.ask.command },
    rollback: rollback ?? null,
    environment,
  });
  return `sha256:${createHash('sha256').update(told).digest('hex')}`;
}

function isDirty({ changed, untracked, conflicted }: WorkTreeStatus): boolean {
  return changed.length + untracked.length + conflicted.length > 0;
}

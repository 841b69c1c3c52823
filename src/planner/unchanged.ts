import { createHash } from 'node:crypto';
import { findTargets, listTree, readBuildSettings, type Target } from '../build/index.ts';
import type { GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { PastRun } from './history.ts';
import type { JobText, WorkflowText } from './text.ts';

/** A step that is what `bit build` would do, and how often its inputs were those of the run before. */
export interface Unchanged {
  readonly job: string;
  readonly step: number;
  readonly target: string;
  /** Runs whose commit is known, and those of them that read the same as the one before. */
  readonly compared: number;
  readonly same: number;
  /** SHA-256 of what it reads now: mode, object and path of each file. */
  readonly inputs: string;
  /** A native workflow with the step handed to `bit build`; undefined where that is only advice. */
  readonly text?: string;
}

const MOST_COMMITS = 20;
const MOST_PATHS = 200_000;

/** Every step that only runs what a build target runs. */
export async function unchangedSteps(
  git: GitReader,
  root: string,
  file: WorkflowText,
  runs: readonly PastRun[],
): Promise<readonly Unchanged[]> {
  const targets = await targetsOf(git, root);
  const found = file.jobs.flatMap((job) =>
    job.steps.flatMap((step, at) => {
      const target = targets.find((one) => runsIt(one, job, step.value));
      return target === undefined ? [] : [{ job, at, target }];
    }),
  );
  if (found.length === 0) return [];
  const commits = await commitsOf(git, runs);
  const listings = await Promise.all(commits.map((commit) => listing(git, commit)));
  const head = await git.resolve('HEAD', 'commit');
  const now = head === undefined ? [] : await listing(git, head);
  return found.map(({ job, at, target }) => {
    const digests = listings.map((lines) => digestOf(target, lines));
    const same = digests.filter(
      (digest, place) => place + 1 < digests.length && digest === digests[place + 1],
    ).length;
    const text = file.kind === 'native' ? handedOver(file, job, at, target.id) : undefined;
    return {
      job: job.id,
      step: at,
      target: target.id,
      compared: Math.max(0, digests.length - 1),
      same,
      inputs: digestOf(target, now),
      ...(text === undefined ? {} : { text }),
    };
  });
}

async function targetsOf(git: GitReader, root: string): Promise<readonly Target[]> {
  try {
    const { graph } = findTargets(root, await listTree(git), readBuildSettings(root));
    return [...graph.values()].filter(
      ({ cached, outputs, observe }) => cached && (outputs.length > 0 || observe),
    );
  } catch (error) {
    if (error instanceof BitError) return [];
    throw error;
  }
}

/** Nothing but the target's own commands, in its folder, with no environment of the step's. */
function runsIt(target: Target, job: JobText, step: JobText['value']): boolean {
  const run = typeof step['run'] === 'string' ? step['run'].trim() : undefined;
  if (run === undefined || step['env'] !== undefined || job.value['env'] !== undefined) return false;
  const folder = String(step['working-directory'] ?? '').replace(/^\.\/|\/$/g, '');
  const command = target.steps.length === 1 ? target.steps[0] : undefined;
  return folder === target.directory && [command, target.command].includes(run);
}

/** The commits that runs were of, newest first: as the journal says, or where HEAD stood when they began. */
async function commitsOf(git: GitReader, runs: readonly PastRun[]): Promise<readonly string[]> {
  const commits: string[] = [];
  for (const { commit, startedAt } of runs.slice(0, MOST_COMMITS)) {
    const known = commit ?? (await headAt(git, startedAt));
    if (known !== undefined && (await git.resolve(known, 'commit')) !== undefined) commits.push(known);
  }
  return commits;
}

async function headAt(git: GitReader, time: string): Promise<string | undefined> {
  if (!/^[0-9TZ:.+-]{1,40}$/.test(time)) return undefined;
  const { stdout, exitCode } = await git.read(['rev-parse', '--verify', '--quiet', `HEAD@{${time}}`], {
    accept: [0, 1, 128],
  });
  return exitCode === 0 ? stdout.trim() : undefined;
}

interface Listed {
  readonly path: string;
  /** Mode and object. */
  readonly is: string;
}

async function listing(git: GitReader, commit: string): Promise<readonly Listed[]> {
  const { stdout } = await git.read(['ls-tree', '-r', '-z', '--full-tree', commit]);
  return stdout
    .split('\0')
    .slice(0, MOST_PATHS)
    .flatMap((line) => {
      const [is, path] = line.split('\t', 2);
      return is === undefined || path === undefined ? [] : [{ is, path }];
    });
}

function digestOf(target: Target, listed: readonly Listed[]): string {
  const hash = createHash('sha256');
  const inside = target.directory === '' ? '' : `${target.directory}/`;
  for (const { path, is } of listed) {
    const near = !target.close || path.startsWith(inside) || !path.includes('/');
    if (near && target.reads(path)) hash.update(`${is}\t${path}\0`);
  }
  return hash.digest('hex');
}

/** The step's script replaced by the build of its target. */
function handedOver(file: WorkflowText, job: JobText, at: number, target: string): string | undefined {
  const step = job.steps[at];
  if (step === undefined || !/^[A-Za-z0-9@][A-Za-z0-9@/._-]{0,200}$/.test(target)) return undefined;
  const block = file.text.slice(step.from, step.to);
  const line = /^(\s*(?:- +)?run:[ \t]+)([^|>\s"'&*#][^\n#]*?)([ \t]*(?:#[^\n]*)?)$/m.exec(block);
  if (line === null || line[2] !== String(step.value['run'] ?? '').trim()) return undefined;
  const from = step.from + (line.index ?? 0) + (line[1]?.length ?? 0);
  return `${file.text.slice(0, from)}bit build incremental --target ${target}${file.text.slice(from + (line[2]?.length ?? 0))}`;
}

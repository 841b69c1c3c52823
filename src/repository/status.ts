import { basename, dirname } from 'node:path';
import { type Freeze, freezesShown } from '../freeze/index.ts';
import type { Head, OperationInProgress, StatusEntry } from '../git/index.ts';
import { type PolicyStanding, policyStanding } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { type DeepStatus, readDeepStatus } from './status-deep.ts';

export type StatusDepth = 'shallow' | 'normal' | 'deep';

export interface RepositoryStatus {
  /** Work tree root, or the git directory of a bare repository. */
  readonly root: string;
  readonly bare: boolean;
  /** Short name; null where HEAD is detached. */
  readonly branch: string | null;
  /** Commit HEAD points to; null before the first one. */
  readonly head: string | null;
  readonly upstream: {
    readonly name: string;
    readonly ahead: number | null;
    readonly behind: number | null;
  } | null;
  readonly staged: readonly FileChange[];
  readonly unstaged: readonly FileChange[];
  /** Null where they were not looked for (`shallow`). */
  readonly untracked: readonly string[] | null;
  readonly conflicted: readonly string[];
  readonly inProgress: OperationInProgress | null;
  readonly stashes: number;
  readonly policy: PolicyStanding;
  /** Freezes that stand, oldest first. */
  readonly freezes: readonly Freeze[];
  readonly deep: DeepStatus | null;
}

export interface FileChange {
  readonly path: string;
  readonly from?: string;
  readonly state: NonNullable<StatusEntry['staged']>;
}

/** Where the work tree stands. One start of git; `deep` also reads and verifies the ledger, policies and keys. */
export async function readStatus(
  reader: Reader,
  options: { readonly depth: StatusDepth },
): Promise<RepositoryStatus> {
  const { git } = reader;
  await refuseInside(reader);
  const deep = options.depth === 'deep' ? readDeepStatus(reader) : null;
  const tree = git.paths.root === undefined ? bareStatus(reader) : treeStatus(reader, options.depth);
  const standing = policyStanding(reader, { thorough: options.depth === 'deep' });
  const [found, freezes, deepStatus, policy] = await Promise.all([
    tree,
    freezesShown(reader),
    deep,
    standing,
  ]);
  return {
    root: git.paths.root ?? git.paths.gitDir,
    bare: git.paths.root === undefined,
    ...found,
    policy,
    freezes,
    deep: deepStatus,
  };
}

type TreeStatus = Omit<RepositoryStatus, 'root' | 'bare' | 'policy' | 'freezes' | 'deep'>;

async function treeStatus({ git }: Reader, depth: StatusDepth): Promise<TreeStatus> {
  const status = await git.status({ untracked: depth !== 'shallow' });
  return {
    ...headFacts(status.head),
    upstream:
      status.upstream === undefined
        ? null
        : { name: status.upstream, ahead: status.ahead ?? null, behind: status.behind ?? null },
    staged: status.changed.flatMap((entry) => change(entry, entry.staged)),
    unstaged: status.changed.flatMap((entry) => change(entry, entry.unstaged)),
    untracked: depth === 'shallow' ? null : status.untracked,
    conflicted: status.conflicted,
    inProgress: status.inProgress ?? null,
    stashes: status.stashes,
  };
}

/** Inside the git directory of a repository with a work tree there is none to look at, as git's own status says too. */
async function refuseInside({ git }: Reader): Promise<void> {
  const { root, gitDir, commonDir } = git.paths;
  if (root !== undefined) return;
  const linked = gitDir !== commonDir;
  if (!linked && (await git.config('core.bare')) !== 'false') return;
  throw new BitError('usage', `${gitDir} is the inside of a repository, not a work tree`, {
    hint:
      linked || basename(gitDir) !== '.git'
        ? 'go to its work tree'
        : `go to its work tree: cd ${dirname(gitDir)}`,
    details: { path: gitDir },
  });
}

/** A bare repository has no index and no files; git's own status refuses there. */
async function bareStatus({ git }: Reader): Promise<TreeStatus> {
  return {
    ...headFacts(await git.head()),
    upstream: null,
    staged: [],
    unstaged: [],
    untracked: null,
    conflicted: [],
    inProgress: null,
    stashes: 0,
  };
}

function headFacts(head: Head): { branch: string | null; head: string | null } {
  return {
    branch: head.kind === 'detached' ? null : head.ref.replace(/^refs\/heads\//, ''),
    head: head.kind === 'unborn' ? null : head.oid,
  };
}

function change(entry: StatusEntry, state: StatusEntry['staged']): FileChange[] {
  if (state === undefined) return [];
  const moved = entry.from !== undefined && (state === 'renamed' || state === 'copied');
  return [{ path: entry.path, ...(moved ? { from: entry.from } : {}), state }];
}

import { checkShortName, type GitReader, type Oid, type RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { HEADS, requireCommit, short } from './lookup.ts';
import { configFile } from './merge-state.ts';
import { forgetBranchSettings, switchFiles } from './switch-files.ts';

export interface NewBranchOptions {
  readonly name: string;
  /** Revision to start at; default HEAD. */
  readonly from: string | undefined;
  /** Go to it. */
  readonly switch: boolean;
  /** Track `from`, which must be a branch; undefined: where it is a remote-tracking one. */
  readonly track: boolean | undefined;
}

export interface NewBranchResult {
  readonly branch: string;
  readonly oid: Oid;
  /** What it tracks, short: `origin/main`. */
  readonly upstream: string | null;
  readonly switched: boolean;
}

/** @throws BitError `conflict` where a branch of that name exists */
export async function newBranch(reader: Reader, options: NewBranchOptions): Promise<Effect<NewBranchResult>> {
  const { git } = reader;
  const { name } = options;
  const ref = `${HEADS}${checkShortName('branch', name)}`;
  const start = options.from ?? 'HEAD';
  const refs = await git.refs([HEADS, 'refs/remotes/']);
  refuseTaken(
    name,
    refs.map((item) => item.name),
  );
  if (options.from === undefined && (await git.head()).kind === 'unborn') {
    throw new BitError('failed', `can't start ${printable(name)}: there is no commit yet`, {
      hint: `commit first, name a revision with --from, or begin on it: bit branch switch --create ${printable(name)}`,
    });
  }
  const oid = await requireCommit(git, start);
  const tracked = refs.find((item) =>
    [start, `${HEADS}${start}`, `refs/remotes/${start}`].includes(item.name),
  );
  if (options.track === true && tracked === undefined) {
    throw new BitError('usage', `${printable(start)} is no branch, so nothing could be tracked`, {
      hint: 'name a branch with --from, for example --from origin/main',
    });
  }
  const upstream =
    options.track === true
      ? (tracked?.name ?? null)
      : options.track === false
        ? null
        : await usualUpstream(git, name, tracked?.name);
  const shown = upstream?.replace(/^refs\/(heads|remotes)\//, '') ?? null;
  return {
    summary: `make branch ${name} at ${short(oid)}${options.switch ? ' and switch to it' : ''}`,
    target: { branch: name, oid, from: start, upstream: shown, switch: options.switch },
    plan: [
      `make ${ref} at ${short(oid)}`,
      ...(shown === null ? [] : [`let it track ${shown}`]),
      ...(options.switch ? [`switch to ${name}`] : []),
    ],
    touches: {
      refs: [ref],
      ...(options.switch ? { head: true, index: true, worktree: 'tracked' } : {}),
      ...(upstream === null ? {} : { files: [configFile(git.paths)] }),
    },
    async run(writer) {
      await writer.git.updateRefs(
        [{ name: ref, to: oid, from: git.zeroOid }],
        `bit ${writer.operation}: branch: created from ${start}`,
      );
      try {
        if (shown !== null) await writer.git.run(['branch', `--set-upstream-to=${upstream}`, '--', name]);
        if (options.switch) await switchFiles(writer, name);
      } catch (error) {
        await writer.git.updateRefs(
          [{ name: ref, to: undefined, from: oid }],
          `bit ${writer.operation}: take back`,
        );
        if (shown !== null) await forgetBranchSettings(writer.git, name);
        throw error;
      }
      return { branch: name, oid, upstream: shown, switched: options.switch };
    },
    record: (out) => ({ branch: out.branch, oid: out.oid }),
  };
}

/** What a new branch tracks by itself, as `branch.autoSetupMerge` has it (git-config(1)). */
async function usualUpstream(
  git: GitReader,
  name: string,
  start: RefName | undefined,
): Promise<RefName | null> {
  if (start === undefined) return null;
  const isRemote = start.startsWith('refs/remotes/');
  switch ((await git.config('branch.autoSetupMerge'))?.toLowerCase() ?? 'true') {
    case 'always':
      return start;
    case 'simple':
      return isRemote && start.split('/').slice(3).join('/') === name ? start : null;
    case 'inherit': {
      const { stdout } = await git.read(['for-each-ref', '--format=%(upstream)', '--', start]);
      return stdout.trim() === '' ? null : stdout.trim();
    }
    case 'false':
    case 'no':
    case 'off':
    case '0':
    case '':
      return null;
    default:
      return isRemote ? start : null;
  }
}

function refuseTaken(name: string, refs: readonly string[]): void {
  const ref = `${HEADS}${name}`;
  if (refs.includes(ref)) {
    throw new BitError('conflict', `branch ${printable(name)} exists already`, {
      hint: `go to it with: bit branch switch ${printable(name)}`,
      details: { branch: name },
    });
  }
  const inTheWay = refs.find((other) => other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`));
  if (inTheWay === undefined || !inTheWay.startsWith(HEADS)) return;
  throw new BitError(
    'conflict',
    `branch ${printable(name)} can't stand beside ${printable(inTheWay.slice(HEADS.length))}`,
    {
      hint: 'git keeps branches like files in folders: one can’t be both',
      details: { branch: name, other: inTheWay },
    },
  );
}

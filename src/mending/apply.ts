import { checkShortName, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import type { Change } from './model.ts';
import { treeWith } from './patch.ts';

export interface Applied {
  readonly branch: string;
  readonly commit: Oid;
  readonly files: readonly string[];
}

export interface ApplyOptions {
  readonly changes: readonly Change[];
  /** Subject and body. */
  readonly message: string;
  /** Short name of the branch; undefined: the one HEAD is on. */
  readonly branch: string | undefined;
  /** A folder for what git needs meanwhile. */
  readonly directory: string;
  /** Commit it is put on; default HEAD's. */
  readonly base?: Oid;
}

/**
 * Commits changes on a branch of their own, where HEAD stands; nothing of the work tree, the index or the current branch
 * changes. Or on the current branch itself, and then the files change with it.
 *
 * @throws BitError `conflict` where a file to be changed has edits that are not committed
 */
export async function applyEffect(reader: Reader, options: ApplyOptions): Promise<Effect<Applied>> {
  const { git } = reader;
  const { changes, branch } = options;
  const head = await git.head();
  if (head.kind === 'unborn') throw new BitError('failed', 'there is no commit yet to put the repair on');
  const files = changes.map(({ path }) => path);
  // on another commit the work tree has no say
  if (options.base === undefined) await refuseEdited(reader, files);
  const base = options.base ?? head.oid;
  const here = branch === undefined;
  if (here && head.kind !== 'branch')
    throw new BitError('failed', 'HEAD is on no branch to commit the repair to', {
      hint: 'leave --here out',
    });
  const name = branch === undefined ? undefined : await freeName(reader, branch);
  const ref = name === undefined ? (head.kind === 'branch' ? head.ref : 'HEAD') : `refs/heads/${name}`;
  const short = ref.replace(/^refs\/heads\//, '');
  return {
    summary: `commit a repair of ${files.length} ${files.length === 1 ? 'file' : 'files'} on ${short}`,
    target: { branch: short, paths: files, here },
    plan: [`commit ${files.map((path) => printable(path)).join(', ')} on ${short}`],
    touches: { refs: [ref], ...(here ? { head: true, index: true, worktree: 'tracked' as const } : {}) },
    async run(writer) {
      const place = { git: writer.git, directory: options.directory, root: '', commit: base };
      makeDirectory(options.directory, 0o700);
      const tree = await treeWith(place, base, changes);
      const commit = await commitTree(writer, tree, base, options.message);
      if (here) await writer.git.run(['read-tree', '-m', '-u', head.oid, commit]);
      await writer.git.updateRefs(
        [{ name: ref, to: commit, from: here ? head.oid : git.zeroOid }],
        `bit ${writer.operation}: autofix: ${shorten(options.message.split('\n')[0] ?? '', 100)}`,
      );
      return { branch: short, commit, files };
    },
    record: (out) => ({ ...out }),
  };
}

async function commitTree(writer: Writer, tree: Oid, parent: Oid, message: string): Promise<Oid> {
  const sign = (await writer.git.config('commit.gpgsign')) === 'true' ? ['--gpg-sign'] : [];
  const words = ['commit-tree', ...sign, '-p', parent, '-F', '-', tree];
  return (await writer.git.run(words, { input: message })).stdout.trim();
}

/** What a person has not committed is theirs: it goes into no commit of a repair. */
async function refuseEdited({ git }: Reader, files: readonly string[]): Promise<void> {
  const status = await git.status({ untracked: 'all', paths: files });
  const edited = [
    ...status.changed.map(({ path }) => path),
    ...status.untracked,
    ...status.conflicted,
  ].filter((path) => files.includes(path));
  const [first] = edited;
  if (first === undefined) return;
  throw new BitError('conflict', `${printable(first)} has edits that are not committed`, {
    hint: 'commit them first; or take the patch that is shown by hand',
    details: { files: edited },
  });
}

async function freeName({ git }: Reader, wanted: string): Promise<string> {
  checkShortName('branch', wanted);
  const taken = new Set((await git.refs(['refs/heads/'])).map(({ name }) => name));
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}-${count}`;
    if (!taken.has(`refs/heads/${name}`)) return name;
  }
}

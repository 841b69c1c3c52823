import type { Oid, RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { branchesElsewhere, branchesInUse, requireBranch, short, shortBranch } from './lookup.ts';
import { configFile, reflogFile } from './merge-state.ts';
import { forgetBranchSettings } from './switch-files.ts';

export interface DeleteBranchOptions {
  readonly names: readonly string[];
  /** Also where commits would be lost. */
  readonly force: boolean;
}

export interface DeletedBranch {
  readonly branch: string;
  /** Where it stood. */
  readonly tip: Oid;
  /** Commits no other branch, remote-tracking branch or tag holds. */
  readonly lost: number;
}

export interface DeleteBranchResult {
  readonly deleted: readonly DeletedBranch[];
}

/**
 * Deletes branches, all or none. Work is lost where commits are on no other branch, remote-tracking branch or tag.
 *
 * @throws BitError `failed` where work would be lost without `force`; `conflict` where one is checked out
 */
export async function deleteBranches(
  reader: Reader,
  options: DeleteBranchOptions,
): Promise<Effect<DeleteBranchResult>> {
  const { git } = reader;
  if (options.names.length === 0) throw new BitError('usage', 'name the branches to delete');
  const names = [...new Set(options.names)];
  const refs = await Promise.all(names.map((name) => requireBranch(git, name)));
  const [head, elsewhere] = await Promise.all([git.head(), branchesElsewhere(git)]);
  const inUse = branchesInUse(git.paths);
  for (const { name } of refs) {
    if (head.kind !== 'detached' && head.ref === name) {
      throw new BitError('conflict', `${printable(shortBranch(name))} is the branch you are on`, {
        hint: 'switch to another first: bit branch switch <name>',
      });
    }
    const place = elsewhere.get(name);
    if (place !== undefined) {
      throw new BitError(
        'conflict',
        `${printable(shortBranch(name))} is checked out at ${printable(place)}`,
        {
          hint: 'switch to another branch there, or remove that work tree: bit git worktree remove <path>',
          details: { branch: shortBranch(name), worktree: place },
        },
      );
    }
    const doing = inUse.get(name);
    if (doing !== undefined) {
      throw new BitError('conflict', `${printable(shortBranch(name))} is being ${doing}`, {
        hint: `finish that first, or give it up: bit git ${doing === 'rebased' ? 'rebase --abort' : 'bisect reset'}`,
      });
    }
  }
  const branches = await Promise.all(
    refs.map((ref) =>
      describe(
        reader,
        ref,
        refs.map(({ name }) => name),
      ),
    ),
  );
  const losing = branches.filter((branch) => branch.lost > 0);
  if (losing.length > 0 && !options.force) {
    const what = losing.map(
      ({ branch, lost }) => `${printable(branch)} holds ${lost} that no other branch has`,
    );
    throw new BitError('failed', `commits would be lost: ${what.join('; ')}`, {
      hint: 'merge them first, or delete all the same with --force (bit undo brings them back)',
      details: { branches: losing },
    });
  }
  const said = branches.map(({ branch, tip }) => `${branch} (${short(tip)})`).join(', ');
  return {
    summary: `delete ${branches.length === 1 ? 'branch' : 'branches'} ${said}`,
    target: {
      branches: branches.map((item) => ({ ...item })),
      force: options.force,
      lost: losing.length > 0,
    },
    plan: branches.map(
      ({ branch, tip, lost }) =>
        `delete ${branch}, which stands at ${short(tip)}${lost > 0 ? ` (${lost} commits on no other branch)` : ''}`,
    ),
    touches: {
      refs: refs.map((ref) => ref.name),
      rewrites: true,
      files: [configFile(git.paths), ...refs.map((ref) => reflogFile(git.paths, ref.name))],
    },
    ...(losing.length > 0 ? { confirm: `Delete ${said} with commits that no other branch holds?` } : {}),
    async run(writer) {
      await writer.git.updateRefs(
        refs.map(({ name, oid }) => ({ name, to: undefined, from: oid })),
        `bit ${writer.operation}: branch: deleted`,
      );
      for (const { branch } of branches) await forgetBranchSettings(writer.git, branch);
      return { deleted: branches };
    },
    record: ({ deleted }) => ({ deleted: deleted.slice(0, 50).map((item) => ({ ...item })) }),
  };
}

async function describe(
  reader: Reader,
  ref: { readonly name: RefName; readonly oid: Oid },
  going: readonly RefName[],
): Promise<DeletedBranch> {
  const { stdout } = await reader.git.read([
    ...['rev-list', '--count', ref.oid, '--not'],
    ...going.map((name) => `--exclude=${shortBranch(name)}`),
    ...['--branches', '--remotes', '--tags', 'HEAD', '--'],
  ]);
  return { branch: shortBranch(ref.name), tip: ref.oid, lost: Number(stdout.trim()) };
}

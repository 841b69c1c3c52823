import type { GitReader, Oid } from '../git/index.ts';
import type { Writer } from '../operation/index.ts';
import { shortBranch } from './lookup.ts';
import { conflictError, type MergePlan, type MergeResult } from './merge-plan.ts';
import { mergeTrees } from './merge-trees.ts';

/** The merge into a branch that is not checked out: no file, no index, and the branch moves only from where it stood. */
export async function mergeAside(
  writer: Writer,
  plan: MergePlan,
): Promise<Pick<MergeResult, 'kind' | 'after' | 'conflicts'>> {
  const { git } = writer;
  const { ours, theirs, kind } = plan;
  const ref = plan.ref ?? 'HEAD';
  const after = kind === 'fast-forward' ? theirs : await commitMerge(writer, plan);
  await git.updateRefs(
    [{ name: ref, to: after, from: ours }],
    `bit ${writer.operation}: merge ${plan.source}`,
  );
  return { kind, after, conflicts: [] };
}

async function commitMerge(writer: Writer, plan: MergePlan): Promise<Oid> {
  const { git, signal } = writer;
  const { ours, theirs } = plan;
  const tree = plan.strategy === 'ours' ? await git.resolve(ours, 'tree') : await cleanTree(writer, plan);
  const [message, gpg] = await Promise.all([
    plan.message ?? defaultMessage(git, plan),
    git.config('commit.gpgSign'),
  ]);
  const parents = plan.kind === 'squash' ? ['-p', ours] : ['-p', ours, '-p', theirs];
  const sign = gpg !== undefined && /^(true|yes|on|1)$/i.test(gpg) ? ['-S'] : [];
  const made = await git.run(['commit-tree', ...sign, ...parents, tree ?? ''], {
    input: message.endsWith('\n') ? message : `${message}\n`,
    signal,
  });
  return made.stdout.trim();
}

async function cleanTree(writer: Writer, plan: MergePlan): Promise<Oid> {
  const { tree, conflicts } = await mergeTrees(writer.git, plan.ours, plan.theirs);
  if (conflicts.length > 0) throw conflictError(plan, conflicts);
  return tree;
}

/** The message `git merge`, or `git merge --squash`, would write. */
async function defaultMessage(git: GitReader, plan: MergePlan): Promise<string> {
  if (plan.kind === 'squash') {
    const log = await git.read(['log', '--no-merges', '--no-color', plan.theirs, '--not', plan.ours, '--']);
    return `Squashed commit of the following:\n\n${log.stdout}`;
  }
  const full = await git.read(['rev-parse', '--symbolic-full-name', '--end-of-options', plan.source], {
    accept: [0, 128],
  });
  const ref = full.stdout.trim().split('\n').at(-1) ?? '';
  const what = ref.startsWith('refs/heads/')
    ? `branch '${shortBranch(ref)}'`
    : ref.startsWith('refs/remotes/')
      ? `remote-tracking branch '${ref.slice('refs/remotes/'.length)}'`
      : ref.startsWith('refs/tags/')
        ? `tag '${ref.slice('refs/tags/'.length)}'`
        : `commit '${plan.source}'`;
  const into = plan.ref === null ? 'HEAD' : shortBranch(plan.ref);
  const message = await git.read(['fmt-merge-msg', `--into-name=${into}`], {
    input: `${plan.theirs}\t\t${what} of .\n`,
  });
  return message.stdout;
}

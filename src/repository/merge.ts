import { checkRevision, type GitReader, type Oid, type RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { branchesElsewhere, listed, requireBranch, requireCommit, short, shortBranch } from './lookup.ts';
import { mergeAside } from './merge-aside.ts';
import { mergeHere } from './merge-here.ts';
import { conflictError, type MergeOptions, type MergePlan, type MergeResult } from './merge-plan.ts';
import { refuseInTheMiddle, stateFiles } from './merge-state.ts';
import { changedFiles, previewMerge } from './merge-trees.ts';

/**
 * Merges a branch, tag or commit into a branch, checked out or not.
 *
 * @throws BitError `conflict` listing the files, with everything as before, unless conflicts are to be left
 */
export async function merge(
  reader: Reader,
  options: MergeOptions,
): Promise<Effect<MergeResult> | Answer<MergeResult>> {
  const { git } = reader;
  const { source } = options;
  checkRevision(source);
  const [place, theirs] = await Promise.all([destinationOf(reader, options), requireCommit(git, source)]);
  const { ref, oid: ours, here } = place;
  const branch = ref === null ? null : shortBranch(ref);
  const name = branch ?? 'the detached HEAD';
  const base = await git.mergeBase(ours, theirs);
  const kind = kindOf(options, { base, ours, theirs });
  const plan: MergePlan = { ...options, ref, ours, theirs, kind };
  const still = { branch, source, before: ours, after: ours };
  if (kind === 'up-to-date') {
    return { answer: async () => ({ ...still, kind, conflicts: [], files: [], preview: options.preview }) };
  }
  if (base === undefined) {
    throw new BitError('failed', `${printable(source)} and ${printable(name)} have no history in common`, {
      hint: `if that is meant: bit git merge --allow-unrelated-histories ${printable(source)}`,
    });
  }
  if (options.preview)
    return { answer: async () => ({ ...(await previewOf(reader, plan)), ...still, preview: true }) };
  if (options.fastForward === 'only' && kind !== 'fast-forward') {
    throw new BitError(
      'conflict',
      `${printable(name)} can't be fast-forwarded to ${printable(source)}: both have commits of their own`,
      {
        hint: 'merge without --ff-only, or rebase one of them',
        details: { branch, source, base },
      },
    );
  }
  refuseMismatch(options, here);
  if (here) refuseInTheMiddle(git.paths);
  if (here && options.squash) await refuseStaged(git);
  const preview = await previewOf(reader, plan);
  if (preview.conflicts.length > 0 && !options.leaveConflicts) throw conflictError(plan, preview.conflicts);
  const paths = preview.files.map((file) => file.path);
  return {
    summary: `${kind === 'fast-forward' ? 'fast-forward' : kind} ${source} into ${name}`,
    target: {
      branch,
      source,
      from: ours,
      oid: theirs,
      kind,
      checked_out: here,
      paths: paths.slice(0, 1000),
      files: paths.length,
      strategy: options.strategy ?? null,
    },
    plan: [
      `${kind === 'fast-forward' ? 'move' : kind === 'squash' ? 'commit the changes on' : 'make a merge commit on'} ${name}, from ${short(ours)}, with ${source} (${short(theirs)})`,
      `${paths.length} files change${paths.length === 0 ? '' : `: ${listed(paths)}`}`,
      ...(preview.conflicts.length === 0 ? [] : [`leave conflicts in ${listed(preview.conflicts)}`]),
    ],
    touches: {
      refs: ref === null ? [] : [ref],
      ...(here ? { head: ref === null, index: true, worktree: 'tracked', files: stateFiles(git.paths) } : {}),
    },
    async run(writer) {
      await refuseMoved(writer.git, plan);
      const done = here ? await mergeHere(writer, plan) : await mergeAside(writer, plan);
      const files = done.after === ours ? [] : await changedFiles(writer.git, ours, done.after);
      return { ...still, ...done, files, preview: false };
    },
    record: (out) => ({ kind: out.kind, after: out.after, conflicts: out.conflicts.slice(0, 50) }),
  };
}

/** What was decided on is what is merged: another `bit`, or git, may have been at work while this one waited. */
async function refuseMoved(git: GitReader, { ref, ours, theirs, source }: MergePlan): Promise<void> {
  const [into, from] = await Promise.all([
    git.resolve(ref ?? 'HEAD', 'commit'),
    git.resolve(source, 'commit'),
  ]);
  if (into === ours && from === theirs) return;
  const name = into === ours ? source : shortBranch(ref ?? 'HEAD');
  throw new BitError('changed', `${printable(name)} moved while this waited; nothing was merged`);
}

async function destinationOf(
  reader: Reader,
  options: MergeOptions,
): Promise<{ readonly ref: RefName | null; readonly oid: Oid; readonly here: boolean }> {
  const { git } = reader;
  const head = await git.head();
  const wanted = options.destination;
  if (
    wanted === undefined ||
    (head.kind === 'branch' && [head.ref, shortBranch(head.ref)].includes(wanted))
  ) {
    if (head.kind === 'unborn') {
      throw new BitError('failed', `${printable(shortBranch(head.ref))} has no commit yet to merge into`, {
        hint: `start from it instead: bit branch new <name> --from ${printable(options.source)} --switch`,
      });
    }
    return {
      ref: head.kind === 'branch' ? head.ref : null,
      oid: head.oid,
      here: git.paths.root !== undefined,
    };
  }
  const { name: ref, oid } = await requireBranch(git, wanted);
  const elsewhere = (await branchesElsewhere(git)).get(ref);
  if (elsewhere !== undefined) {
    throw new BitError('conflict', `${printable(wanted)} is checked out at ${printable(elsewhere)}`, {
      hint: `merge there: bit -C ${printable(elsewhere)} merge ${printable(options.source)}`,
    });
  }
  return { ref, oid, here: false };
}

function kindOf(
  options: MergeOptions,
  at: { readonly base: Oid | undefined; readonly ours: Oid; readonly theirs: Oid },
): MergePlan['kind'] {
  if (at.base === at.theirs) return 'up-to-date';
  if (options.squash) return 'squash';
  return at.base === at.ours && options.fastForward !== 'never' ? 'fast-forward' : 'merge';
}

function refuseMismatch(options: MergeOptions, here: boolean): void {
  if (options.squash && options.fastForward !== 'allowed') {
    throw new BitError(
      'usage',
      '--squash makes a commit of its own: it goes with neither --ff-only nor --no-ff',
    );
  }
  if (here) return;
  const branch = printable(shorten(options.destination ?? ''));
  const hint = `go there first: bit branch switch ${branch}`;
  if (options.leaveConflicts) {
    throw new BitError('usage', `conflicts can only be left in files, and ${branch} is not checked out`, {
      hint,
    });
  }
  if (!['ort', 'recursive', 'ours', undefined].includes(options.strategy)) {
    throw new BitError('unsupported', `strategy ${options.strategy} needs ${branch} checked out`, { hint });
  }
}

/** What is staged would go into the squash commit, and be lost where it fails. */
async function refuseStaged(git: GitReader): Promise<void> {
  const { exitCode } = await git.read(['diff', '--cached', '--quiet', '--no-ext-diff'], { accept: [0, 1] });
  if (exitCode === 0) return;
  throw new BitError('conflict', 'changes are staged, and would become part of the squash commit', {
    hint: 'commit or unstage them first',
  });
}

/** The result's files and conflicts, as `ort` would make them; other strategies show what their run brings. */
async function previewOf(
  reader: Reader,
  plan: MergePlan,
): Promise<Pick<MergeResult, 'kind' | 'conflicts' | 'files'>> {
  if (plan.strategy === 'ours') return { kind: plan.kind, conflicts: [], files: [] };
  if (plan.kind === 'fast-forward') {
    return { kind: plan.kind, conflicts: [], files: await changedFiles(reader.git, plan.ours, plan.theirs) };
  }
  const { conflicts, files } = await previewMerge(reader, plan.ours, plan.theirs);
  const judged = plan.strategy === undefined || plan.strategy === 'ort' || plan.strategy === 'recursive';
  const shown = judged ? conflicts : [];
  return { kind: shown.length > 0 ? 'conflict' : plan.kind, conflicts: shown, files };
}

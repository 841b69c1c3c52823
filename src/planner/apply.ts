import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkShortName, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import type { Answer, Effect, Reader, Writer } from '../operation/index.ts';
import type { FileChange, Proposal, WorkflowPlanReport } from './model.ts';
import { type PlanQuestion, planWorkflows } from './plan.ts';

export interface Improvement extends WorkflowPlanReport {
  /** What was written; null where it was only shown. */
  readonly applied: { readonly branch: string | null; readonly commit: string | null } | null;
}

export interface ImproveRequest extends PlanQuestion {
  readonly apply: boolean;
  /** Committed on this new branch instead of written to the work tree. */
  readonly branch: string | undefined;
}

/** The plan: shown as patches, written to the work tree, or committed on a branch of its own that nobody is on. */
export async function improveWorkflows(
  reader: Reader,
  request: ImproveRequest,
): Promise<Effect<Improvement> | Answer<Improvement>> {
  if (request.branch !== undefined && !request.apply)
    throw new BitError('usage', '--branch says where --apply writes');
  if (!request.apply)
    return {
      reads: 'workflow.plan',
      answer: async () => ({ ...(await planWorkflows(reader, request)).report, applied: null }),
    };
  const { report, changes } = await planWorkflows(reader, request);
  if (changes.length === 0)
    return { reads: 'workflow.plan', answer: async () => ({ ...report, applied: null }) };
  const taken = report.proposals.filter(({ patch }) => patch !== '');
  const common = {
    summary: `improve ${changes.length} workflow ${changes.length === 1 ? 'file' : 'files'}`,
    plan: taken.map(({ title }) => title),
    record: (out: Improvement) => ({ paths: changes.map(({ path }) => path), ...out.applied }),
  };
  const paths = changes.map(({ path }) => path);
  if (request.branch !== undefined)
    return onBranch(reader, report, { changes, taken, branch: request.branch, common, paths });
  const root = reader.git.paths.root ?? '';
  return {
    ...common,
    target: { paths, branch: null },
    touches: { refs: [], worktree: 'untracked' },
    async run() {
      for (const { path, before } of changes)
        if ((readTextIfExists(join(root, path)) ?? null) !== before) throw changedMeanwhile(path);
      for (const { path, after } of changes) {
        if (after === null) rmSync(join(root, path));
        else writeFileAtomic(join(root, path), after, { mode: modeOf(join(root, path)) });
      }
      return { ...report, applied: { branch: null, commit: null } };
    },
  };
}

function modeOf(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777;
}

function changedMeanwhile(path: string): BitError {
  return new BitError('changed', `${path} was changed meanwhile; nothing was written`);
}

async function onBranch(
  reader: Reader,
  report: WorkflowPlanReport,
  given: {
    readonly changes: readonly FileChange[];
    readonly taken: readonly Proposal[];
    readonly branch: string;
    readonly paths: readonly string[];
    readonly common: Pick<Effect<Improvement>, 'summary' | 'plan'> & {
      readonly record: (out: Improvement) => ReturnType<NonNullable<Effect<Improvement>['record']>>;
    };
  },
): Promise<Effect<Improvement>> {
  const { changes, branch, paths, common, taken } = given;
  const ref = `refs/heads/${checkShortName('branch', branch)}` as const;
  const head = await reader.git.resolve('HEAD', 'commit');
  if (head === undefined) throw new BitError('not-found', 'there is no commit to branch from');
  if ((await reader.git.resolve(ref, 'any')) !== undefined)
    throw new BitError('conflict', `there is a branch ${branch} already`, { details: { ref } });
  for (const { path, before } of changes) {
    const blob = await reader.git.blob(head, path);
    if (before !== null && blob !== undefined && Buffer.from(blob).toString('utf8') === before) continue;
    throw new BitError('conflict', `${path} is not as HEAD has it`, {
      hint: 'commit it first, or write to the work tree: without --branch',
      details: { path },
    });
  }
  const message = messageOf(common.summary, taken);
  const target = { paths, branch };
  return {
    ...common,
    target,
    touches: { refs: [ref] },
    amountsTo: [{ action: 'repo.commit', command: 'commit', args: { message }, target }],
    async run(writer) {
      const commit = await commitOn(writer, { head, ref, changes, message });
      return { ...report, applied: { branch, commit } };
    },
  };
}

function messageOf(summary: string, taken: readonly Proposal[]): string {
  const lines = taken.flatMap(({ title, because }) => [`- ${title}`, ...because.map((why) => `  ${why}`)]);
  return `ci: ${summary}\n\n${lines.join('\n')}\n`;
}

/** A commit on top of HEAD at a new branch; index and work tree stay as they are. */
async function commitOn(
  writer: Writer,
  {
    head,
    ref,
    changes,
    message,
  }: {
    readonly head: Oid;
    readonly ref: string;
    readonly changes: readonly FileChange[];
    readonly message: string;
  },
): Promise<Oid> {
  const { git } = writer;
  const folder = join(writer.stateDirectory, 'tmp');
  makeDirectory(folder);
  const index = join(folder, `plan.${writer.operation}.index`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git.run(['read-tree', head], { env });
    for (const { path, after } of changes) {
      if (after === null) {
        await git.run(['update-index', '--force-remove', '--', path], { env });
        continue;
      }
      const blob = (await git.run(['hash-object', '-w', '--stdin'], { input: after })).stdout.trim();
      const mode = (await git.read(['ls-tree', head, '--', path])).stdout.slice(0, 6) || '100644';
      await git.run(['update-index', '--add', '--cacheinfo', `${mode},${blob},${path}`], { env });
    }
    const tree = (await git.run(['write-tree'], { env })).stdout.trim();
    const made = await git.run(['commit-tree', tree, '-p', head, '-F', '-'], { input: message });
    const commit = made.stdout.trim();
    await git.updateRefs([{ name: ref, to: commit, from: git.zeroOid }], `bit ${writer.operation}`);
    return commit;
  } finally {
    rmSync(index, { force: true });
  }
}

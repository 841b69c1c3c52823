import type { Oid, RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import { listed, shortBranch } from './lookup.ts';
import type { FileChange } from './merge-trees.ts';

export const MERGE_STRATEGIES = ['ort', 'recursive', 'resolve', 'ours', 'subtree'] as const;

export interface MergeOptions {
  readonly source: string;
  /** Branch that takes it in; default the one HEAD is on. */
  readonly destination: string | undefined;
  readonly fastForward: 'allowed' | 'only' | 'never';
  readonly squash: boolean;
  readonly strategy: string | undefined;
  readonly message: string | undefined;
  readonly leaveConflicts: boolean;
  /** Only say what it would do. */
  readonly preview: boolean;
}

export interface MergeResult {
  readonly kind: 'up-to-date' | 'fast-forward' | 'merge' | 'squash' | 'conflict';
  /** Null on a detached HEAD. */
  readonly branch: string | null;
  readonly source: string;
  readonly before: Oid;
  /** Equal to `before` where nothing moved. */
  readonly after: Oid;
  readonly conflicts: readonly string[];
  readonly files: readonly FileChange[];
  readonly preview: boolean;
}

/** What is merged into what, found out before anything is touched. */
export interface MergePlan extends MergeOptions {
  readonly ref: RefName | null;
  readonly ours: Oid;
  readonly theirs: Oid;
  readonly kind: Exclude<MergeResult['kind'], 'conflict'>;
}

export function conflictError(plan: MergePlan, paths: readonly string[]): BitError {
  const into = plan.ref === null ? 'HEAD' : shortBranch(plan.ref);
  return new BitError(
    'conflict',
    `${printable(plan.source)} conflicts with ${printable(into)} in ${listed(paths)}`,
    {
      hint: `everything is as before; to resolve it in the files: bit merge ${printable(plan.source)} --leave-conflicts`,
      details: { conflicts: paths, source: plan.source, branch: into },
    },
  );
}

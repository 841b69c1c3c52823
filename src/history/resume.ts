import type { OperationInProgress } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Effect, Reader } from '../operation/index.ts';

export interface ResumeResult {
  readonly resumed: OperationInProgress;
  readonly head: string;
}

/** Continues the operation git is in the middle of, once its conflicts are resolved. */
export async function resume(reader: Reader): Promise<Effect<ResumeResult>> {
  const status = await reader.git.status({ untracked: false });
  const operation = status.inProgress;
  if (operation === undefined) {
    throw new BitError('not-found', 'nothing here was interrupted', {
      hint: 'open operations are settled by: bit repair',
    });
  }
  if (operation === 'bisect') {
    throw new BitError('unsupported', 'a bisect goes on with your verdict', {
      hint: 'bit git bisect good|bad, or: bit git bisect reset',
    });
  }
  if (status.conflicted.length > 0) {
    throw new BitError('conflict', `still in conflict: ${status.conflicted.join(', ')}`, {
      hint: 'resolve them, stage them with: bit add <file>, then: bit resume',
      details: { conflicted: status.conflicted },
    });
  }
  return {
    summary: `continue the ${operation}`,
    target: { operation },
    plan: [`git ${operation} --continue`],
    touches: { refs: 'all', rewrites: true, head: true, index: true, worktree: 'tracked' },
    async run(writer) {
      const env = { GIT_EDITOR: 'true', GIT_REFLOG_ACTION: `bit ${writer.operation}` };
      await writer.git.run([operation, '--continue'], { env, signal: writer.signal });
      const head = await writer.git.head();
      return { resumed: operation, head: head.kind === 'unborn' ? '' : head.oid };
    },
    record: (out) => ({ ...out }),
  };
}

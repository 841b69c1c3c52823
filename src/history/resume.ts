import { type OperationInProgress, operationFiles } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';

export interface ResumeResult {
  readonly resumed: OperationInProgress;
  readonly aborted: boolean;
  readonly head: string;
}

/**
 * Continues the operation git is in the middle of, once its conflicts are resolved, or gives it up.
 *
 * @throws BitError `not-found` where there is none, `conflict` naming the files that are still in conflict
 */
export async function resume(
  reader: Reader,
  options: { readonly abort: boolean },
): Promise<Effect<ResumeResult>> {
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
  const { conflicted } = status;
  if (conflicted.length > 0 && !options.abort) throw stillIn(conflicted);
  const [doing, flag] = options.abort ? ['give up', '--abort'] : ['continue', '--continue'];
  return {
    summary: `${doing} the ${operation}`,
    target: { operation, abort: options.abort },
    plan: [`git ${operation} ${flag}`],
    touches: {
      refs: 'all',
      rewrites: true,
      head: true,
      index: true,
      worktree: 'tracked',
      files: operationFiles(reader.git.paths.gitDir),
    },
    ...(options.abort ? { confirm: `Give up the ${operation}, with what was resolved so far?` } : {}),
    async run(writer) {
      const env = { GIT_EDITOR: 'true', GIT_REFLOG_ACTION: `bit ${writer.operation}` };
      await writer.git
        .run([operation, flag], { env, signal: writer.signal })
        .catch(async (error: unknown) => {
          const met = (await writer.git.status({ untracked: false })).conflicted;
          throw met.length > 0 ? stillIn(met, error) : error;
        });
      const head = await writer.git.head();
      return { resumed: operation, aborted: options.abort, head: head.kind === 'unborn' ? '' : head.oid };
    },
    record: (out) => ({ ...out }),
  };
}

/** As it began, or met on the way: a rebase goes from one conflict to the next. */
function stillIn(paths: readonly string[], cause?: unknown): BitError {
  const first = paths.slice(0, 10).map((path) => printable(path));
  const more = paths.length > 10 ? `, and ${paths.length - 10} more` : '';
  return new BitError(
    'conflict',
    `${cause === undefined ? 'still in conflict' : 'stopped at the next conflict'}: ${first.join(', ')}${more}`,
    {
      cause,
      hint: 'resolve them, stage them with bit add <file>, then: bit resume; or give it up: bit resume --abort',
      details: { conflicted: paths },
    },
  );
}

import { BitError } from '../kernel/errors.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type AutofixResult, autofixWorkflow } from './autofix.ts';
import { autofixIssue } from './autofix-issue.ts';
import { autofixPull } from './autofix-pr.ts';

/** What a person asked for. */
export interface AskedAutofix {
  readonly apply: boolean;
  readonly here: boolean;
  readonly network: string;
  readonly repo?: string | undefined;
  readonly api?: string | undefined;
}

/** `bit bot autofix`. */
export async function autofix(
  reader: Reader,
  what: string,
  id: string | undefined,
  asked: AskedAutofix,
): Promise<Effect<AutofixResult>> {
  const { apply, here, repo, api } = asked;
  const options = { apply, here, network: asked.network === 'host' ? 'host' : 'none' } as const;
  if (what === 'pr') return autofixPull(reader, id, { ...options, repo, api });
  if (what === 'issue') return autofixIssue(reader, id, { ...options, repo, api });
  if (repo !== undefined || api !== undefined)
    throw new BitError('usage', '--repo and --api are for what GitHub is asked for: a PR or an issue');
  return autofixWorkflow(reader, id, options);
}

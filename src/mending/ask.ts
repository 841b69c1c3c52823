import { BitError } from '../kernel/errors.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type AutofixResult, autofixWorkflow } from './autofix.ts';

/** What a person asked for. */
export interface AskedAutofix {
  readonly apply: boolean;
  readonly here: boolean;
  readonly network: string;
  readonly api?: string | undefined;
}

/** `bit bot autofix`. */
export function autofix(
  reader: Reader,
  what: string,
  id: string | undefined,
  asked: AskedAutofix,
): Promise<Effect<AutofixResult>> {
  const options = {
    apply: asked.apply,
    here: asked.here,
    network: asked.network === 'host' ? 'host' : 'none',
  } as const;
  if (what === 'workflow') return autofixWorkflow(reader, id, options);
  throw new BitError('usage', `autofix mends a workflow, a PR or an issue, and no ${what}`);
}

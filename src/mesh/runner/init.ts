import type { Effect, Reader } from '../../operation/index.ts';
import { type InitResult, initProject } from '../../repository/index.ts';
import { runnerRoot } from './start.ts';

/**
 * Writes what a runner of this repository needs (the `runner` template): manifest, mesh configuration, hooks, boot
 * script, policies, a workflow that runs one on GitHub. Nothing that is there is overwritten.
 */
export async function initRunner(reader: Reader): Promise<Effect<InitResult>> {
  runnerRoot(reader);
  const effect = await initProject(reader, { template: 'runner', branch: undefined, share: undefined });
  return {
    ...effect,
    summary: effect.summary.replace('set up runner', 'set up a runner'),
    event: 'RUNNER_INIT',
  };
}

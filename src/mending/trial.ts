import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { isBitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import type { Writer } from '../operation/index.ts';
import { sourceOf, workTreeFiles } from '../runs/index.ts';
import {
  type Result,
  type RunEvent,
  type RunRequest,
  sealWith,
  startRun,
  type Trees,
} from '../workflow/index.ts';
import { hiddenFrom, type Network, trialEnvironment, trialExecutor } from './room.ts';
import { type Copy, removeTree } from './workshop.ts';

export interface TrialStep {
  readonly outcome: Result;
  readonly exit: number | null;
  readonly milliseconds: number;
  readonly error: string | null;
  readonly tail: readonly string[];
}

/** How a workflow ran in a copy. */
export interface Trial {
  readonly run: string;
  /** By `instance step`. */
  readonly steps: ReadonlyMap<string, TrialStep>;
  readonly jobs: ReadonlyMap<string, Result>;
  /** What kept it from running at all. */
  readonly fault: string | null;
  /** Its time was over. */
  readonly late: boolean;
  readonly milliseconds: number;
}

export interface TrialOptions {
  readonly network: Network;
  /** Milliseconds for all of it. */
  readonly most: number;
}

export const stepKey = (instance: string, step: string): string => `${instance} ${step}`;

/** A trial holds fewer than a run may: what runs here may be wrong. */
const LIMITS = { processes: 1024, fileSize: 4 * 1024 ** 3 };
const LOG_BYTES = 4 * 1024 * 1024;

/**
 * Runs a workflow in a copy, in the sandbox whatever it asks for: no secrets, no `bit`, no network unless it was asked
 * for, and nothing to write but the copy. Its journal and logs lie in the copy's own state.
 */
export async function runTrial(
  writer: Writer,
  copy: Copy,
  request: RunRequest,
  options: TrialOptions,
): Promise<Trial> {
  const id = ulid(writer.now().getTime());
  const files = workTreeFiles(copy.tree);
  const steps = new Map<string, TrialStep>();
  const jobs = new Map<string, Result>();
  const limit = AbortSignal.timeout(options.most);
  const started = performance.now();
  const executor = trialExecutor(copy, options.network, gitConfig(writer));
  let fault: string | null = null;
  try {
    await startRun({
      stateDirectory: copy.state,
      cacheDirectory: copy.cache,
      workspace: copy.tree,
      id,
      load: (asked) => sourceOf(asked.source).load(asked, files),
      request: { ...request, on: 'local' },
      env: trialEnvironment(writer, copy),
      // what would be a secret is not there, and a step that needs one fails as it did without the candidate
      secrets: async () => () => undefined,
      seal: sealWith(randomBytes(32)),
      signal: AbortSignal.any([writer.signal, limit]),
      now: writer.now,
      watch: (event) => hear(event, steps, jobs),
      trees: copiesOf(copy),
      bit: async (_words, log) => {
        log('[bit: no command of bit runs in a trial]');
        return 1;
      },
      executors: { local: executor, vm: executor, mesh: executor },
      settings: {
        sandbox: { network: options.network },
        limits: LIMITS,
        logBytes: LOG_BYTES,
        grace: { interrupt: 1000, terminate: 1000 },
        afterCancel: 5000,
        hidden: hiddenFrom(writer),
      },
    });
  } catch (error) {
    if (!isBitError(error) || error.code === 'cancelled') throw error;
    fault = error.message;
  }
  writer.signal.throwIfAborted();
  return { run: id, steps, jobs, fault, late: limit.aborted, milliseconds: performance.now() - started };
}

export function gitConfig({ env }: Writer): string | undefined {
  return (
    env['GIT_CONFIG_GLOBAL'] ?? (env['HOME'] === undefined ? undefined : join(env['HOME'], '.gitconfig'))
  );
}

function hear(event: RunEvent, steps: Map<string, TrialStep>, jobs: Map<string, Result>): void {
  if (event.event === 'job-finished') jobs.set(event.job, event.result);
  if (event.event !== 'step-finished') return;
  steps.set(stepKey(event.job, event.step), {
    // one that its workflow forgives is no failure
    outcome: event.conclusion,
    exit: event.exit ?? null,
    milliseconds: event.milliseconds,
    error: event.error ?? null,
    tail: event.tail ?? [],
  });
}

/** For jobs that want a tree of their own: copies of the copy, its repository too. */
function copiesOf(copy: Copy): Trees {
  const directory = join(copy.state, 'trees');
  return {
    directory,
    async make(path) {
      removeTree(path);
      makeDirectory(join(path, '..'));
      await cp(copy.tree, path, {
        recursive: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE,
      });
    },
    renew: async () => undefined,
    remove: async (path) => removeTree(path),
  };
}

/** A place to run workflows in, with no repository around it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from '../../src/kernel/ids.ts';
import {
  type Job,
  type NativeWork,
  type RunEnd,
  type RunEvent,
  type RunRequest,
  type StartOptions,
  type Step,
  type StepsPlan,
  sealWith,
  startRun,
  type Workflow,
} from '../../src/workflow/index.ts';

export interface Bench {
  readonly root: string;
  readonly state: string;
  /** Told since it was made. */
  readonly events: RunEvent[];
  run(workflow: Workflow, more?: Partial<StartOptions>): Promise<RunEnd>;
  /** Goes on with a run. */
  again(id: string, workflow: Workflow, more?: Partial<StartOptions>): Promise<RunEnd>;
  close(): void;
}

export const REQUEST: RunRequest = {
  source: 'test',
  workflow: 'test',
  inputs: {},
  event: { name: 'manual', payload: {} },
  env: {},
  jobs: [],
  on: 'local',
  options: {},
};

export function optionsIn(root: string): Omit<StartOptions, 'id' | 'load' | 'request'> {
  return {
    stateDirectory: join(root, 'state'),
    cacheDirectory: join(root, 'cache'),
    workspace: root,
    env: { PATH: process.env['PATH'] ?? '' },
    secrets: async () => () => undefined,
    seal: sealWith(Buffer.alloc(32, 7)),
    signal: new AbortController().signal,
    now: () => new Date(),
    watch: () => undefined,
    bit: async () => 0,
    settings: { grace: { interrupt: 200, terminate: 200 } },
  };
}

export function bench(): Bench {
  const root = mkdtempSync(join(tmpdir(), 'bit-workflow-'));
  const events: RunEvent[] = [];
  const go = (id: string, request: RunRequest | undefined, workflow: Workflow, more: Partial<StartOptions>) =>
    startRun({
      ...optionsIn(root),
      id,
      request,
      load: async () => workflow,
      watch: (event) => void events.push(event),
      ...more,
    });
  return {
    root,
    state: join(root, 'state'),
    events,
    run: (workflow, more = {}) =>
      go(more.id ?? ulid(Date.now()), { ...REQUEST, ...more.request }, workflow, more),
    again: (id, workflow, more = {}) => go(id, undefined, workflow, more),
    close: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export function flow(jobs: readonly Job[], more: Partial<Workflow> = {}): Workflow {
  return { name: 'test', jobs, ...more };
}

export function job(
  id: string,
  needs: readonly string[],
  steps: readonly Step[],
  more: Partial<StepsPlan & Pick<Job, 'decide' | 'strategy'>> = {},
): Job {
  const { decide, strategy, ...plan } = more;
  return {
    id,
    needs,
    ...(decide === undefined ? {} : { decide }),
    ...(strategy === undefined ? {} : { strategy }),
    plan: () => ({ kind: 'steps', env: {}, steps, ...plan }),
  };
}

/** A step that is a shell script. */
export function sh(id: string, text: string, more: Partial<Step> = {}): Step {
  return {
    id,
    title: id,
    prepare: () => ({
      kind: 'process',
      argv: ['sh', '-e', '{0}'],
      script: { text, extension: '.sh' },
      env: {},
      files: { OUTPUT: 'output', ENV: 'env', FOLDERS: 'path', SUMMARY: 'summary' },
    }),
    ...more,
  };
}

/** A step done in this process. */
export function native(id: string, run: NativeWork['run'], more: Partial<Step> = {}): Step {
  return { id, title: id, prepare: () => ({ kind: 'native', run }), ...more };
}

import { availableParallelism } from 'node:os';
import { BitError } from '../kernel/errors.ts';
import { GroupGate } from './concurrency.ts';
import { contentStore } from './content.ts';
import type { RunContext, RunSettings, Trees } from './context.ts';
import type { Delegate } from './delegation.ts';
import type { Executor } from './executor.ts';
import { localExecutor } from './local/executor.ts';
import type { Placement } from './model.ts';
import { Slots } from './slots.ts';

/** What a run is given from outside, whichever way it starts. */
export interface Given {
  readonly stateDirectory: string;
  readonly cacheDirectory: string;
  /** Absolute: the work tree. */
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly bit: RunContext['bit'];
  /** Runs a step kind of a plugin's; undefined where there are no plugins. */
  readonly plugged?: RunContext['plugged'];
  /** Job instances at once; default the machine's processors, and any number of those that run elsewhere. */
  readonly jobs?: number;
  readonly settings?: Partial<RunSettings>;
  /** For jobs that want a tree of their own. */
  readonly trees?: Trees;
  /** Executors beside the local one. */
  readonly executors?: Partial<Readonly<Record<Placement, Executor>>>;
  /** What has whole instances run elsewhere. */
  readonly delegates?: Partial<Readonly<Record<Placement, Delegate>>>;
}

type Known = Pick<
  RunContext,
  'place' | 'facts' | 'request' | 'workflow' | 'log' | 'signal' | 'secret' | 'scratch'
>;

const SETTINGS: RunSettings = {
  sandbox: undefined,
  limits: { processes: 4096 },
  grace: { interrupt: 7500, terminate: 2500 },
  logBytes: 64 * 1024 * 1024,
  afterCancel: 30_000,
  hidden: [],
};

export function contextOf(given: Given, known: Known): RunContext {
  const local = localExecutor();
  const { workflow, log, secret } = known;
  return {
    ...known,
    content: contentStore(given.stateDirectory),
    executor: (placement) =>
      given.executors?.[placement] ?? (placement === 'local' ? local : lacking(placement)),
    delegate: (placement) => given.delegates?.[placement],
    slots: new Slots(
      Math.min(given.jobs ?? availableParallelism(), workflow.maxParallel ?? Number.POSITIVE_INFINITY),
    ),
    slotted: given.jobs !== undefined || workflow.maxParallel !== undefined,
    groups: new GroupGate(given.stateDirectory),
    env: given.env,
    secret: (name) => {
      const value = secret(name);
      if (value !== undefined) log.mask(value);
      return value;
    },
    workspace: given.workspace,
    cacheDirectory: given.cacheDirectory,
    bit: given.bit,
    plugged: given.plugged ?? noPlugins,
    settings: { ...SETTINGS, ...given.settings },
    trees: given.trees,
    waiting: [],
  };
}

function noPlugins(uses: string): never {
  throw new BitError('unsupported', `${uses} can't run here: no plugins are at hand where this job runs`, {
    hint: 'run it on this machine: --on local',
  });
}

function lacking(placement: Placement): never {
  const what = placement === 'vm' ? 'virtual machines' : 'the mesh';
  throw new BitError('missing-tool', `jobs can't run on ${placement}: this bit has no executor for ${what}`, {
    hint: 'run it here: --on local',
    details: { on: placement },
  });
}

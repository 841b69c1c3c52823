import type { GroupGate } from './concurrency.ts';
import type { ContentStore } from './content.ts';
import type { Delegate, DelegatedLevel } from './delegation.ts';
import type { Executor, Grace } from './executor.ts';
import type {
  Limits,
  Placement,
  RunFacts,
  RunRequest,
  Sandbox,
  StepsState,
  StepTools,
  Workflow,
} from './model.ts';
import type { RunLog } from './run-log.ts';
import type { Slots } from './slots.ts';
import type { RunPlace } from './store.ts';

/** A step that waits for somebody. */
export interface Waiting {
  /** The job's instance. */
  readonly job: string;
  readonly step: string;
  readonly why: string;
}

/** Copies of the work tree for single jobs. */
export interface Trees {
  /** Where they are, a folder a run. */
  readonly directory: string;
  /** Makes one anew. @throws BitError where it can't be */
  make(path: string): Promise<void>;
  /** Brings what changed in the run's own since. @throws BitError where it can't be */
  renew(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** What everything within one run shares. */
export interface RunContext {
  readonly place: RunPlace;
  readonly facts: RunFacts;
  readonly request: RunRequest;
  readonly workflow: Workflow;
  readonly log: RunLog;
  readonly content: ContentStore;
  readonly executor: (placement: Placement) => Executor;
  /** What has whole instances run elsewhere; undefined where their steps run here. */
  readonly delegate: (placement: Placement) => Delegate | undefined;
  /** Asked to end: Ctrl-C, or another process. */
  readonly signal: AbortSignal;
  /** Job instances at once. */
  readonly slots: Slots;
  /** So many were asked for: it holds for instances that run elsewhere too. */
  readonly slotted: boolean;
  readonly groups: GroupGate;
  /** What processes inherit, before the workflow's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly secret: (name: string) => string | undefined;
  readonly workspace: string;
  /** Folder for scripts and command files, on no disk where the system has one. */
  readonly scratch: string;
  readonly cacheDirectory: string;
  readonly bit: (
    words: readonly string[],
    log: (text: string) => void,
    signal: AbortSignal,
  ) => Promise<number>;
  /** Runs a step kind of a plugin's. */
  readonly plugged: (
    uses: string,
    given: Readonly<Record<string, string>>,
    tools: StepTools,
  ) => Promise<void>;
  readonly settings: RunSettings;
  /** Undefined: every job works in the work tree. */
  readonly trees: Trees | undefined;
  /** Filled as the run goes. */
  readonly waiting: Waiting[];
}

export interface RunSettings {
  readonly sandbox: Sandbox | undefined;
  readonly limits: Limits;
  readonly grace: Grace;
  /** Bytes of a step's log. */
  readonly logBytes: number;
  /** Milliseconds that steps which run although the run is cancelled are given in all. */
  readonly afterCancel: number;
  /** Absolute folders that a sandbox hides. */
  readonly hidden: readonly string[];
  /** Asked before each step that is due to run; the step waits for the answer. */
  readonly before?: (at: Due) => Promise<'run' | 'skip'>;
}

/** A step about to run. */
export interface Due {
  /** The job's instance. */
  readonly job: string;
  /** Path of the step in it. */
  readonly step: string;
  readonly title: string;
  readonly state: StepsState;
  /** The text as it may be shown. */
  readonly masked: (text: string) => string;
}

/** One workflow within the run: the one asked for, or one that a job calls. */
export interface Scope {
  /** `''`, or `caller/`. */
  readonly prefix: string;
  /** The way here, from the workflow asked for. */
  readonly levels?: readonly DelegatedLevel[];
  readonly workflow: Workflow;
  readonly inputs: Readonly<Record<string, string>>;
  readonly secret: (name: string) => string | undefined;
  /** Ends the jobs of this scope: the run's end, a caller's, or fail-fast. */
  readonly signal: AbortSignal;
}

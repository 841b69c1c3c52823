/**
 * The model of a run: what every source (native workflows, GitHub's, flows of `.bithub.yml`, scripts) compiles to and
 * the engine runs. Jobs and steps hold functions, called when their time comes with what the run's journal says by
 * then. The rule that makes a run resumable: such a function depends on its state alone (and on files of the work
 * tree, where the language itself does, as `hashFiles`), so that the same journal gives the same answers.
 *
 * The order for a job, as GitHub documents it: `needs` ended → `decide` → `strategy` → for each instance `plan` →
 * its steps, one after another → the `post` steps of those that ran, last first → `outputs`.
 * Any function may throw: the job or step it belongs to fails with that message.
 */
import type { JsonObject } from '../kernel/json.ts';
import type { Step, StepsState, StepTools } from './step-model.ts';

export type { Artifact, ArtifactFile, Artifacts } from './artifact-model.ts';
export type * from './step-model.ts';

/** How a job or step ended. `cancelled` is a timeout of the job, Ctrl-C, or a sibling's failure under fail-fast. */
export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

/** How a run ended: `waiting` where steps wait for somebody, and nothing failed. */
export type RunEnding = Result | 'waiting';

/** What a step or job hands on. Strings, as GitHub's are; a source that needs more puts JSON into one. */
export type Outputs = Readonly<Record<string, string>>;

/** Where jobs run. */
export type Placement = 'local' | 'vm' | 'mesh';

/**
 * What a run was asked for. Kept in its journal: with the source files as they were (see `SourceFiles`) it is all
 * a source needs to make the same workflow again when a run is resumed.
 */
export interface RunRequest {
  /** Kind of the source that understands `workflow`: `native`, `github`, `flow`, `script`, `executable`, `chain`. */
  readonly source: string;
  /** Name or path, as that source takes it. */
  readonly workflow: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly event: { readonly name: string; readonly payload: JsonObject };
  /** `--env`: over what the workflow sets. Values that are secrets stand as `secret:NAME`. */
  readonly env: Readonly<Record<string, string>>;
  /** `--job`: only these, and what they need; empty for all. */
  readonly jobs: readonly string[];
  readonly on: Placement;
  /** Anything else the source was told; JSON. */
  readonly options: JsonObject;
}

export interface Workflow {
  readonly name: string;
  /** Relative to the work tree, where it has a file. */
  readonly path?: string;
  readonly jobs: readonly Job[];
  /** Names and paths of workflows that run within it: policies and freezes of those hold for it. */
  readonly includes?: readonly string[];
  /** Asked before anything runs. */
  readonly concurrency?: (state: RunState) => Concurrency | undefined;
  /** Job instances at once; the command line's `--jobs` narrows it further. */
  readonly maxParallel?: number;
  /** A job that fails ends all the others. GitHub: false. */
  readonly failFast?: boolean;
  /**
   * The inputs given, checked, with the defaults of those left out; default as given.
   *
   * @throws BitError `usage` for one that is missing or unknown
   */
  readonly inputs?: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Names of secrets its functions may ask for: they are read before the run begins. */
  readonly secrets?: readonly string[];
  /** Asked when every job ended; of a workflow another one calls, its outputs. */
  readonly outputs?: (state: RunState) => Outputs;
}

/** At most one run (or job) of a group at a time, among all processes that share this clone's state. */
export interface Concurrency {
  readonly group: string;
  /** Ends the one that runs instead of waiting for it. */
  readonly cancelInProgress: boolean;
}

/** What is known of the run. The maps hold what has ended, and only that. */
export interface RunState {
  readonly run: RunFacts;
  readonly request: RunRequest;
  /** Of a called workflow: the inputs its caller gave; else the request's. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Jobs of this workflow that ended, by id. */
  readonly jobs: ReadonlyMap<string, JobRecord>;
  /** Somebody asked the run to end. */
  readonly cancelled: boolean;
  /** A secret's value, masked from then on wherever this run writes; undefined where there is none of that name. */
  readonly secret: (name: string) => string | undefined;
  /** Absolute: the work tree the run acts on. */
  readonly workspace: string;
}

export interface RunFacts {
  /** ULID. */
  readonly id: string;
  /** 1 for the first run of this clone, and so on. */
  readonly number: number;
  /** 1, and one more for each retry. A resumed run is the same attempt. */
  readonly attempt: number;
  /** RFC 3339. */
  readonly startedAt: string;
}

export interface JobRecord {
  readonly id: string;
  readonly result: Result;
  readonly outputs: Outputs;
  /** Of a job that ran: its instances' results by key. */
  readonly instances: Readonly<Record<string, Result>>;
}

export interface Job {
  /** Unique in its workflow; `[A-Za-z_][A-Za-z0-9_-]*`. */
  readonly id: string;
  /** For people; default the id. */
  readonly title?: string;
  /** Ids of this workflow's jobs. The engine refuses cycles and unknown names. */
  readonly needs: readonly string[];
  /** Whether it runs, once what it needs has ended. Default: {@link allSucceeded} of what it needs. */
  readonly decide?: (state: JobState) => Decision;
  /** Its instances (a matrix), known at the earliest now. Default: one, with no values. No instance: it is skipped. */
  readonly strategy?: (state: JobState) => Strategy;
  /** `own`: its processes work in a copy of the work tree that nobody else sees; default `shared`, in the work tree. */
  readonly workspace?: (state: InstanceState) => 'own' | 'shared';
  readonly plan: (state: InstanceState) => JobPlan;
}

export interface JobState extends RunState {
  readonly job: Job;
  /** Records of what it needs, by id. */
  readonly needs: ReadonlyMap<string, JobRecord>;
}

export type Decision = { readonly run: true } | { readonly run: false; readonly why: string };

export interface Strategy {
  readonly instances: readonly Instance[];
  /** An instance that fails ends its siblings. */
  readonly failFast: boolean;
  readonly maxParallel?: number;
}

export interface Instance {
  /** Unique in its job, any text: it names the instance in journal and logs. `''` for a job's only one. */
  readonly key: string;
  /** `(20, linux)`; empty for none. */
  readonly title: string;
  /** The matrix context. */
  readonly values: JsonObject;
}

export interface InstanceState extends JobState {
  readonly instance: Instance;
  readonly strategy: { readonly index: number; readonly total: number } & Omit<Strategy, 'instances'>;
  /** `workspace` is a copy of this instance's own. */
  readonly ownTree?: true;
}

export type JobPlan = StepsPlan | CallPlan;

/** A job that is another workflow: its jobs run as a graph within this one. */
export interface CallPlan {
  readonly kind: 'call';
  readonly workflow: Workflow;
  readonly inputs: Readonly<Record<string, string>>;
  /** Secrets the called workflow sees by name; `inherit`: all of this one's. */
  readonly secrets: 'inherit' | Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
  /** The workflow that calls goes on as if it had succeeded. */
  readonly continueOnError?: boolean;
}

export interface StepsPlan {
  readonly kind: 'steps';
  /** Over the job's own, for people. */
  readonly title?: string;
  /** Of every process of the job, over the engine's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Default the run's. */
  readonly on?: Placement;
  /** Profile, labels and the like that only an executor understands; JSON. */
  readonly placement?: JsonObject;
  /** Runs in a sandbox; default as the run was asked. */
  readonly sandbox?: Sandbox;
  readonly limits?: Limits;
  readonly timeoutMs?: number;
  /** The workflow goes on as if it had succeeded. */
  readonly continueOnError?: boolean;
  readonly concurrency?: Concurrency;
  readonly steps: readonly Step[];
  /**
   * A run that died in the middle of this job goes on from its last finished `step` (default), or the `job` starts
   * again because its steps share what dies with the processes (services, a container).
   */
  readonly resumeFrom?: 'step' | 'job';
  /** Runs around the steps: services, containers. */
  readonly surround?: Surround;
  readonly outputs?: (state: StepsState) => Outputs;
}

/** What stands while a job's steps run. */
export interface Surround {
  /** Before the first step; what it throws fails the job. */
  start(tools: StepTools): Promise<void>;
  /** After the last, however it ended. */
  stop(tools: StepTools): Promise<void>;
}

export interface Sandbox {
  readonly network: 'none' | 'host';
  /** Absolute paths that may be written beside the workspace and the job's temporary folder. */
  readonly writable?: readonly string[];
  /** Absolute paths that may be read although they lie in what is hidden, or below `/tmp`. */
  readonly readable?: readonly string[];
  /**
   * For work of strangers: of this machine nothing but its programs and libraries is there, not even to read, under no
   * user and with no right of this one's.
   */
  readonly confined?: Confinement;
}

export interface Confinement {
  /** Absolute paths that may be read beside the system's programs. */
  readonly readable: readonly string[];
  /** Bytes of `/tmp` and of shared memory, each. */
  readonly scratch: number;
  /** Absolute paths below `/dev` that may be used beside those every program has: GPUs. */
  readonly devices?: readonly string[];
}

/** Of a whole job. Undefined: the engine's defaults, which stop what would take the machine with it. */
export interface Limits {
  /** Processes and threads at once. */
  readonly processes?: number;
  /** Bytes of memory. */
  readonly memory?: number;
  /** Cores. */
  readonly cpu?: number;
  /** Bytes of a single file. */
  readonly fileSize?: number;
}

/** Every job it needs succeeded. */
export function allSucceeded(state: JobState): Decision {
  for (const [id, { result }] of state.needs) {
    if (result !== 'success') return { run: false, why: `${id}: ${result}` };
  }
  return state.cancelled ? { run: false, why: 'the run was cancelled' } : { run: true };
}

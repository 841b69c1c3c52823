/** Steps of the engine's model: what they are, what they do, and what their work may ask for. */
import type { Artifacts } from './artifact-model.ts';
import type { Decision, InstanceState, Outputs, Result } from './model.ts';

export interface Step {
  /** Unique among its siblings; `[A-Za-z0-9_.-]+`, starting `_` where the source made it up. */
  readonly id: string;
  readonly title: string | ((state: StepsState) => string);
  /** Default: runs while everything before it succeeded. */
  readonly decide?: (state: StepsState) => Decision;
  /** What it does; asked when it is due, again at each retry. */
  readonly prepare: (state: StepsState) => Work | Promise<Work>;
  readonly timeoutMs?: (state: StepsState) => number | undefined;
  readonly continueOnError?: (state: StepsState) => boolean;
  readonly retry?: Retry;
  /** Runs at the job's end if this step ran; the last step's first. `state.saved` is what this one saved. */
  readonly post?: Step;
}

/** Another try of a step that failed (never of one that was cancelled). */
export interface Retry {
  /** Tries after the first. */
  readonly times: number;
  /** Before the first of them; each further one waits twice as long, spread by ± a quarter. */
  readonly backoffMs: number;
  readonly mostMs?: number;
}

export interface StepsState extends InstanceState {
  /** Steps of this scope (the job, or the group they are in) that ended or were skipped, by id. */
  readonly steps: ReadonlyMap<string, StepRecord>;
  /** Of this scope so far: `success` until a step's conclusion is a failure. */
  readonly status: 'success' | 'failure' | 'cancelled';
  /** Of the job so far; differs from `status` within a group. */
  readonly jobStatus: 'success' | 'failure' | 'cancelled';
  /** The job's env and what steps added to it through command files. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders that steps put before PATH, the first one first. */
  readonly path: readonly string[];
  /** Of a `post` step: what its step saved. */
  readonly saved: Readonly<Record<string, string>>;
  /** Absolute, the job's own, made when its first process runs: for files that are gone with the job. */
  readonly temporary: string;
  /** Absolute, the run's own: for files that other jobs and resumed runs find again. */
  readonly runDirectory: string;
}

export interface StepRecord {
  readonly id: string;
  /** Before `continueOnError`. */
  readonly outcome: Result;
  /** After it. */
  readonly conclusion: Result;
  readonly outputs: Outputs;
  readonly saved: Readonly<Record<string, string>>;
  /** Exit status of a process. */
  readonly exit?: number;
}

export type Work = ProcessWork | GroupWork | NativeWork;

/** A process with what it starts. Success is exit status 0. */
export interface ProcessWork {
  readonly kind: 'process';
  /** Program and arguments; `{0}` stands for the script's path. Never through a shell of the engine's. */
  readonly argv: readonly string[];
  /** Text the program runs, put into a file that only this user can read, on no disk where the system has one. */
  readonly script?: { readonly text: string; readonly extension: string };
  /** Relative to the workspace. */
  readonly cwd?: string;
  /** Over `state.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment variables that name command files: `{ GITHUB_OUTPUT: 'output' }`. */
  readonly files: Readonly<Record<string, CommandFile>>;
  /** Sees each whole line before it is masked and logged; what it returns is logged, nothing for undefined. */
  readonly readLine?: (line: string, tools: LineTools) => string | undefined;
}

/**
 * `env`, `output` and `state` hold `NAME=value` lines or `NAME<<DELIMITER` blocks, `path` a folder a line, `summary`
 * Markdown.
 */
export type CommandFile = 'env' | 'output' | 'path' | 'state' | 'summary';

/** Steps within a step (a composite action): a scope of its own. */
export interface GroupWork {
  readonly kind: 'group';
  readonly steps: readonly Step[];
  /** Over the state the group's steps see. */
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: (state: StepsState) => Outputs;
}

/**
 * Work done in this process. Run again from its start where a run died in the middle of it: it must bear that. What
 * it throws fails the step with that message; a BitError `waiting` ends its job there, and a resumed run asks it again.
 */
export interface NativeWork {
  readonly kind: 'native';
  readonly run: (tools: StepTools) => Promise<void>;
}

/** What reading a line of output may do to the step it came from. */
export interface LineTools {
  /** From this line on, wherever the run writes. */
  mask(value: string): void;
  output(name: string, value: string): void;
  env(name: string, value: string): void;
  path(folder: string): void;
  save(name: string, value: string): void;
  annotate(annotation: Annotation): void;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface StepTools extends LineTools {
  readonly state: StepsState;
  /** Aborted by a timeout and when the run is cancelled. */
  readonly signal: AbortSignal;
  /** One or more lines to the step's log. */
  log(text: string): void;
  /** Appends Markdown to the step's summary. */
  summary(markdown: string): void;
  /** A process of the job, logged as this step's; its exit status. */
  exec(work: Omit<ProcessWork, 'kind'>): Promise<number>;
  readonly artifacts: Artifacts;
  /** Gated, recorded and undoable: a `bit` command as part of this run; its exit status. */
  bit(words: readonly string[]): Promise<number>;
  /** Runs a step kind of a plugin's, `plugin:<package>#<name>`, as this step. */
  plugged(uses: string, given: Readonly<Record<string, string>>): Promise<void>;
  /** What the run's processes inherit before anything of the workflow's: may hold secrets, which no log is to show. */
  readonly inherited: Readonly<Record<string, string>>;
  /** May be lost at any time; shared by every run. Absolute. */
  readonly cacheDirectory: string;
}

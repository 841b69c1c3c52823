import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { Annotation, Artifact, Outputs, Result, RunEnding, RunRequest } from './model.ts';

/** Records of a run's journal, by `t`. Jobs are named by their path, `build` or `call/build`, instances by `job(key)`. */
export type RunRecord =
  | BeginRecord
  | { readonly t: 'mask'; readonly value: string }
  | DecidedRecord
  | { readonly t: 'open'; readonly instance: string; readonly title: string; readonly at: string }
  | { readonly t: 'start'; readonly instance: string; readonly step: string; readonly at: string }
  | StepEnded
  | InstanceEnded
  | JobEnded
  | { readonly t: 'artifact'; readonly artifact: Artifact; readonly instance: string }
  /** It runs elsewhere, under this handle. */
  | { readonly t: 'delegated'; readonly instance: string; readonly handle: string }
  | { readonly t: 'note'; readonly instance: string; readonly step: string; readonly annotation: Annotation }
  | AgainRecord
  | EndRecord;

export interface BeginRecord {
  readonly t: 'run';
  readonly v: 1;
  readonly id: string;
  readonly number: number;
  readonly at: string;
  readonly name: string;
  readonly path: string | null;
  /** All it is known by to policies and freezes, with what runs within it. */
  readonly names: readonly string[];
  readonly request: RunRequest;
  readonly workspace: string;
  /** The commit HEAD stood on. */
  readonly commit?: string;
  /** Digest of what stood otherwise in tracked files; not there where nothing did. */
  readonly dirty?: string;
}

export interface DecidedRecord {
  readonly t: 'decided';
  readonly job: string;
  /** Keys of its instances; empty where it is skipped. */
  readonly instances: readonly string[];
  readonly why?: string;
}

export interface StepEnded {
  readonly t: 'step';
  readonly instance: string;
  /** `build`, `setup/install`, `build:post`. */
  readonly step: string;
  readonly title: string;
  readonly outcome: Result;
  readonly conclusion: Result;
  readonly outputs: Outputs;
  readonly saved: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly exit?: number;
  readonly error?: string;
  readonly milliseconds: number;
  readonly tries: number;
  /** Log file, relative to the run's folder, where anything was written. */
  readonly log?: string;
  /** It was due when the job had been cancelled: when that goes on, it is due again. */
  readonly cancelled?: true;
  /** Its own time was over. */
  readonly timedOut?: true;
}

export interface InstanceEnded {
  readonly t: 'closed';
  readonly instance: string;
  readonly result: Result;
  readonly outputs: Outputs;
  readonly error?: string;
  readonly milliseconds: number;
  /** The job's time was over. */
  readonly timedOut?: true;
}

export interface JobEnded {
  readonly t: 'job';
  readonly job: string;
  readonly result: Result;
  readonly outputs: Outputs;
  readonly instances: Readonly<Record<string, Result>>;
}

export interface AgainRecord {
  readonly t: 'again';
  readonly attempt: number;
  readonly at: string;
  /** As a {@link BeginRecord} has them. */
  readonly commit?: string;
  readonly dirty?: string;
}

export interface EndRecord {
  readonly t: 'end';
  readonly result: RunEnding;
  readonly outputs: Outputs;
  readonly at: string;
}

/** Part of a journal that stands by instance. */
export interface InstanceMemory {
  readonly steps: Map<string, StepEnded>;
  closed: InstanceEnded | undefined;
}

/** What a run's journal says: the one memory the engine has. Pure; the same records give the same memory. */
export class Memory {
  begun: BeginRecord | undefined;
  request: RunRequest | undefined;
  attempt = 1;
  end: EndRecord | undefined;
  readonly masks: string[] = [];
  readonly decided = new Map<string, DecidedRecord>();
  readonly instances = new Map<string, InstanceMemory>();
  readonly jobs = new Map<string, JobEnded>();
  readonly artifacts = new Map<string, Artifact>();
  /** Handles of instances that run elsewhere, of this attempt. */
  readonly delegated = new Map<string, string>();
  /** Steps that began and have not ended, `instance step`. */
  readonly running = new Set<string>();

  apply(record: RunRecord): void {
    switch (record.t) {
      case 'run':
        this.begun = record;
        this.request = record.request;
        return;
      case 'mask':
        this.masks.push(record.value);
        return;
      case 'decided':
        this.decided.set(record.job, record);
        return;
      case 'open':
        this.instance(record.instance);
        return;
      case 'start':
        this.running.add(`${record.instance} ${record.step}`);
        return;
      case 'step':
        this.running.delete(`${record.instance} ${record.step}`);
        this.instance(record.instance).steps.set(record.step, record);
        return;
      case 'closed':
        this.instance(record.instance).closed = record;
        return;
      case 'job':
        this.jobs.set(record.job, record);
        return;
      case 'artifact':
        this.artifacts.set(record.artifact.name, record.artifact);
        return;
      case 'delegated':
        this.delegated.set(record.instance, record.handle);
        return;
      case 'note':
        return;
      case 'again':
        this.#again(record.attempt);
        return;
      case 'end':
        this.end = record;
        return;
    }
  }

  instance(key: string): InstanceMemory {
    const known = this.instances.get(key);
    if (known !== undefined) return known;
    const made: InstanceMemory = { steps: new Map(), closed: undefined };
    this.instances.set(key, made);
    return made;
  }

  /** All that is known of an instance goes: it starts from its first step. */
  forget(key: string): void {
    this.instances.delete(key);
  }

  /**
   * A run that died goes on where it was. One that had ended tries again: what had succeeded is kept; of an instance
   * that had not, the steps up to the first that had not.
   */
  #again(attempt: number): void {
    const died = this.end === undefined;
    if (!died) this.delegated.clear();
    this.attempt = attempt;
    this.end = undefined;
    this.running.clear();
    // a failure stands where the run died in the middle; what a cancellation left undone never does
    const stands = (result: Result): boolean => result === 'success' || (died && result === 'failure');
    for (const [job, { result }] of this.jobs) {
      if (stands(result)) continue;
      this.jobs.delete(job);
      this.decided.delete(job);
    }
    for (const memory of this.instances.values()) {
      if (memory.closed !== undefined && stands(memory.closed.result)) continue;
      memory.closed = undefined;
      let undone = false;
      for (const [step, { conclusion, cancelled }] of memory.steps) {
        undone ||= cancelled === true || !(conclusion === 'skipped' || stands(conclusion));
        if (undone) memory.steps.delete(step);
      }
    }
  }
}

/** Records as a journal holds them; one of a later version is refused rather than passed over. */
export function asRecord(value: JsonObject): RunRecord {
  const { t, v } = value;
  const known = typeof t === 'string' && KINDS.has(t) && (t !== 'run' || v === 1);
  if (!known) {
    throw new BitError('unsupported', `the run's journal holds a record of another version: ${String(t)}`, {
      hint: 'was it written by a newer bit?',
    });
  }
  return value as unknown as RunRecord;
}

export function asJson(record: RunRecord): Json {
  return record as unknown as Json;
}

const KINDS: ReadonlySet<string> = new Set([
  'run',
  'mask',
  'decided',
  'open',
  'start',
  'step',
  'closed',
  'job',
  'artifact',
  'delegated',
  'note',
  'again',
  'end',
]);

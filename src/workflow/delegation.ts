import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { RunEvent } from './events.ts';
import type { Artifact, JobRecord, Placement, RunFacts, RunRequest } from './model.ts';

/**
 * A job instance whose steps run elsewhere. The engine here keeps the graph, the journal and the place in line; what
 * goes out is a {@link Delegation}: all that the model's functions would be told here, so that another machine with a
 * checkout of the same commit makes the same plan of the same instance. What comes back is an outcome: its records for
 * the journal, its outputs, its artifacts with their bytes. {@link Delegate} is the port that carries both; on the
 * other side `runDelegated` takes a delegation and writes the outcome.
 *
 * No secret travels: outputs, inputs and the event are refused or left out where they hold one, and the other machine
 * resolves the names of secrets with what it was given itself.
 */
export interface Delegation extends JsonObject {
  readonly v: 1;
  readonly run: RunFacts & JsonObject;
  readonly request: RunRequest & JsonObject;
  /** The way to the job: from the workflow asked for through those it calls. */
  readonly levels: readonly (DelegatedLevel & JsonObject)[];
  /** Of the run so far; their bytes come in a pack each, by {@link packName}. */
  readonly artifacts: readonly (Artifact & JsonObject)[];
}

/** One workflow on that way. */
export interface DelegatedLevel {
  readonly job: string;
  /** Key of the instance. */
  readonly instance: string;
  /** Jobs of this workflow that have ended. */
  readonly jobs: readonly JobRecord[];
}

export interface Delegate {
  readonly placement: Placement;
  /**
   * Runs it elsewhere, to its end. Asked again with the same key, and with what `onHandle` told, after this process
   * died: it takes up what goes on already. Where the signal aborts it ends the job there first.
   *
   * @throws BitError what kept it from running at all
   */
  run(request: DelegateRequest): Promise<DelegateEnd>;
}

export interface DelegateRequest {
  /** The same for the same instance of the same attempt of the same run. */
  readonly key: string;
  /** Path of the job, for people. */
  readonly job: string;
  readonly title: string;
  readonly document: Delegation;
  /** Writes an artifact of {@link Delegation.artifacts} as a pack. */
  readonly writePack: (artifact: Artifact, to: string) => Promise<void>;
  /** Names of secrets the workflow may ask for. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number | undefined;
  /** As the plan has it: `labels`, a profile; `runner`, the one that is to do it. */
  readonly placement: JsonObject;
  /** Off unless the plan or who started the run asked for it. */
  readonly network: 'none' | 'host';
  /** Folder of the run's own, for files. */
  readonly directory: string;
  /** What {@link onHandle} told before, in whatever process. */
  readonly handle: string | undefined;
  /** To be remembered durably: resolves when it is. */
  readonly onHandle: (handle: string) => Promise<void>;
  readonly onEvent: (event: RemoteEvent) => void;
  readonly signal: AbortSignal;
  /** Bytes an outcome may have; default any. */
  readonly most?: number;
}

/** What is heard of it while it runs. */
export type RemoteEvent =
  /** It waits, or runs on `runner`, or begins again elsewhere: then what was told of its steps so far no longer holds. */
  | { readonly kind: 'waiting'; readonly why: string; readonly runner?: string }
  | { readonly kind: 'again'; readonly why: string }
  | { readonly kind: 'event'; readonly event: RunEvent };

export type DelegateEnd =
  | { readonly kind: 'outcome'; readonly path: string; readonly runner?: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'lost'; readonly why: string };

/** File name of an artifact's pack. */
export function packName({ digest }: Artifact): string {
  return `${digest}.pack`;
}

/** @throws BitError `integrity` naming what is wrong with it */
export function readDelegation(text: string): Delegation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BitError('integrity', 'the delegation of a job is no JSON');
  }
  if (!isJsonObject(value) || value['v'] !== 1) throw broken('v');
  for (const field of ['run', 'request']) if (!isJsonObject(value[field])) throw broken(field);
  for (const field of ['levels', 'artifacts']) if (!Array.isArray(value[field])) throw broken(field);
  const delegation = value as unknown as Delegation;
  if (delegation.levels.length === 0) throw broken('levels');
  for (const { job, instance, jobs } of delegation.levels)
    if (typeof job !== 'string' || typeof instance !== 'string' || !Array.isArray(jobs))
      throw broken('levels');
  return delegation;
}

function broken(field: string): BitError {
  return new BitError('integrity', `the delegation of a job has no good ${field}`, { details: { field } });
}

/** Stands for the work tree where a path in a request is told to another machine. */
const WORK_TREE = '//work-tree/';

/** A request as another machine is told it: paths inside the work tree are said from there. */
export function carriedRequest(request: RunRequest, workspace: string): RunRequest {
  const inside = `${workspace}/`;
  return mapped(request, (text) => (text.startsWith(inside) ? WORK_TREE + text.slice(inside.length) : text));
}

/** The same on that machine. */
export function settledRequest(request: RunRequest, workspace: string): RunRequest {
  return mapped(request, (text) =>
    text.startsWith(WORK_TREE) ? `${workspace}/${text.slice(WORK_TREE.length)}` : text,
  );
}

function mapped(request: RunRequest, path: (text: string) => string): RunRequest {
  const map = (value: Json): Json => {
    if (typeof value === 'string') return path(value);
    if (Array.isArray(value)) return value.map((one) => map(one as Json));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, map(one)]));
  };
  return { ...request, workflow: path(request.workflow), options: map(request.options) as JsonObject };
}

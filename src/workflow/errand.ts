import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../kernel/json.ts';
import type { ContentStore } from './content.ts';
import type { Delegate, Delegation, RemoteEvent } from './delegation.ts';
import type { Artifact, Result } from './model.ts';
import { readOutcome } from './outcome.ts';
import { readPack, writePack } from './pack.ts';
import type { StepEnded } from './records.ts';
import { fileName } from './store.ts';

/** A job that is no part of a run here: its source makes one job of its workflow, `run`, and that goes elsewhere. */
export interface Errand {
  /** ULID of what sends it, and what of that it is: together they are the same for the same errand alone. */
  readonly id: string;
  readonly name: string;
  /** Kind of the source that knows it on the other machine, which is told the rest. */
  readonly source: string;
  readonly workflow: string;
  readonly title: string;
  readonly options: JsonObject;
  readonly env: Readonly<Record<string, string>>;
  /** Artifacts it finds there; their bytes are in {@link Errand.content}. */
  readonly artifacts: readonly Artifact[];
  /** Takes in what comes back. */
  readonly content: Pick<ContentStore, 'put' | 'read'>;
  readonly network: 'none' | 'host';
  /** A `profile`, a `runner`; default any that can. */
  readonly placement?: JsonObject;
  /** Bytes of what comes back; default any. */
  readonly most?: number;
  readonly timeoutMs: number | undefined;
  readonly startedAt: Date;
  /** For files that are gone with it. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** It was sent before, and goes by this name there. */
  readonly handle?: string | undefined;
  readonly onHandle: (handle: string) => void;
  readonly onEvent: (event: RemoteEvent) => void;
}

export type ErrandEnd =
  | {
      readonly kind: 'ended';
      readonly result: Result;
      readonly error?: string;
      readonly steps: readonly StepEnded[];
      readonly artifacts: readonly Artifact[];
      /** Who did it. */
      readonly runner?: string;
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'lost'; readonly why: string };

const RUN = 'run';

/**
 * Sends it and waits for its end. What comes back is checked: types, names, and each byte against its digest.
 *
 * @throws BitError `integrity` for what no machine may say; what kept it from being sent at all
 */
export async function runErrand(delegate: Delegate, errand: Errand): Promise<ErrandEnd> {
  const { id, name, source, workflow, options, env, content, artifacts, directory } = errand;
  const document = {
    v: 1,
    run: { id, number: 1, attempt: 1, startedAt: errand.startedAt.toISOString() },
    request: {
      ...{ source, workflow, inputs: {}, env, jobs: [], on: 'local', options },
      event: { name: source, payload: {} },
    },
    levels: [{ job: RUN, instance: '', jobs: [] }],
    artifacts,
  } as unknown as Delegation;
  const end = await delegate.run({
    key: `${id}/1/${fileName(name)}`,
    job: RUN,
    title: errand.title,
    document,
    writePack: (artifact, to) => writePack(to, { artifact: artifact.digest }, [artifact], content),
    secrets: [],
    timeoutMs: errand.timeoutMs,
    placement: errand.placement ?? {},
    ...(errand.most === undefined ? {} : { most: errand.most }),
    network: errand.network,
    directory: join(directory, 'delegated'),
    handle: errand.handle,
    onHandle: async (handle) => errand.onHandle(handle),
    onEvent: errand.onEvent,
    signal: errand.signal,
  });
  if (end.kind !== 'outcome') return end;
  const header = await readPack(end.path, content);
  rmSync(end.path, { force: true });
  const outcome = readOutcome(header, { instance: RUN, logName: () => undefined });
  const { result, error, steps } = outcome;
  return {
    kind: 'ended',
    result,
    ...(error === undefined ? {} : { error }),
    steps,
    artifacts: outcome.artifacts,
    ...(end.runner === undefined ? {} : { runner: end.runner }),
  };
}

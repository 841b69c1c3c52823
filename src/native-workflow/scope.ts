import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  evaluateCondition,
  evaluateText,
  type Names,
  parseCondition,
  type Scope,
  textOf,
} from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type {
  Decision,
  InstanceState,
  JobState,
  RunState,
  StepRecord,
  StepsState,
} from '../workflow/index.ts';
import { wrong } from './document.ts';

/** What an expression of a native workflow may name. */
export const NAMES: Names = {
  contexts: [
    'inputs',
    'env',
    'event',
    'run',
    'secrets',
    'needs',
    'matrix',
    'strategy',
    'steps',
    'job',
    'jobs',
  ],
  functions: {
    success: [0, 0],
    failure: [0, 0],
    always: [0, 0],
    cancelled: [0, 0],
    hashFiles: [1, 255],
  },
};

type State = RunState &
  Partial<Omit<JobState, keyof RunState>> &
  Partial<InstanceState> &
  Partial<StepsState>;

export function scopeOf(
  state: State,
  env: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Scope {
  const { needs, instance, strategy, steps } = state;
  return {
    contexts: lazily({
      inputs: () => ({ ...state.inputs }),
      env: () => ({ ...env, ...state.env }),
      event: () => ({ name: state.request.event.name, ...state.request.event.payload }),
      run: () => ({ ...state.run, workspace: state.workspace, on: state.request.on }),
      needs: () => records(needs ?? new Map()),
      jobs: () => records(state.jobs),
      matrix: () => instance?.values ?? null,
      strategy: () =>
        strategy === undefined ? null : { 'job-index': strategy.index, 'job-total': strategy.total },
      steps: () => stepRecords(steps ?? new Map()),
      job: () => ({ status: state.jobStatus ?? 'success' }),
      secrets: () => secretsOf(state, secrets),
    }),
    status: statusOf(state),
    functions: { hashfiles: (patterns) => hashFiles(state.workspace, patterns) },
  };
}

/** Built when an expression names it: most name one or two of many. */
function lazily(makers: Readonly<Record<string, () => Json>>): Readonly<Record<string, Json>> {
  const made: Record<string, Json> = {};
  for (const [name, get] of Object.entries(makers))
    Object.defineProperty(made, name, { get, enumerable: true });
  return made;
}

function records(from: ReadonlyMap<string, { readonly result: string; readonly outputs: object }>): Json {
  return Object.fromEntries(
    [...from].map(([id, { result, outputs }]) => [id, { result, outputs: { ...outputs } as Json }]),
  );
}

function stepRecords(steps: ReadonlyMap<string, StepRecord>): Json {
  return Object.fromEntries(
    [...steps].map(([id, { outcome, conclusion, outputs }]) => [
      id,
      { outcome, conclusion, outputs: { ...outputs } },
    ]),
  );
}

/** Those the file names; each is masked from the moment it is read. */
function secretsOf(state: RunState, names: readonly string[]): Json {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = state.secret(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function statusOf(state: State): NonNullable<Scope['status']> {
  if (state.status !== undefined) {
    const { status } = state;
    return {
      success: status === 'success',
      failure: status === 'failure',
      cancelled: status === 'cancelled',
    };
  }
  const results = [...(state.needs ?? new Map<string, { result: string }>()).values()].map(
    ({ result }) => result,
  );
  return {
    success: !state.cancelled && results.every((result) => result === 'success'),
    failure: results.includes('failure'),
    cancelled: state.cancelled,
  };
}

const MOST_HASHED = 100_000;

/** SHA-256 over the SHA-256 of each file that matches, in the order of their names; empty where none does. */
function hashFiles(workspace: string, patterns: readonly Json[]): string {
  const names = new Set<string>();
  for (const pattern of patterns.map((item) => textOf(item as never))) {
    if (pattern.startsWith('/') || pattern.split('/').includes('..'))
      throw new BitError('usage', `hashFiles: ${pattern} leads out of the workspace`);
    for (const entry of globSync(pattern, { cwd: workspace, withFileTypes: true })) {
      if (entry.isFile()) names.add(join(entry.parentPath, entry.name));
      if (names.size > MOST_HASHED) throw new BitError('usage', `hashFiles: more than ${MOST_HASHED} files`);
    }
  }
  if (names.size === 0) return '';
  const all = createHash('sha256');
  for (const name of [...names].sort()) all.update(createHash('sha256').update(readFileSync(name)).digest());
  return all.digest('hex');
}

/** A place in the file, for what an expression has wrong. */
export interface Where {
  readonly path: string;
  readonly at: { readonly line: number; readonly column: number };
}

export function expand(text: string, scope: Scope, where: Where): string {
  return placed(where, () => textOf(evaluateText(text, scope, NAMES) as never));
}

export function value(text: string, scope: Scope, where: Where): Json {
  return placed(where, () => evaluateText(text, scope, NAMES));
}

export function expandAll(
  texts: Readonly<Record<string, string>>,
  scope: Scope,
  where: Where,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expand(text, scope, where)]));
}

/** Parsed at once, so that what is wrong with it is told before anything runs. */
export function condition(text: string | undefined, where: Where): (scope: Scope) => Decision {
  const parsed = placed(where, () => parseCondition(text ?? '', NAMES));
  return (scope) =>
    placed(where, () => evaluateCondition(parsed, scope))
      ? { run: true }
      : { run: false, why: text === undefined ? 'not everything before it succeeded' : `if: ${text.trim()}` };
}

export function placed<Result>({ path, at }: Where, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof BitError && error.code === 'usage') throw wrong(path, at, error.message, error.hint);
    throw error;
  }
}

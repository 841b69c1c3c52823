import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BitError, isBitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { isJsonObject } from '../kernel/json.ts';
import { isHeld } from '../kernel/lock.ts';
import { nearest } from '../kernel/text.ts';
import { readJournal } from './journal.ts';
import type { RunEnding } from './model.ts';

/** Where a run keeps what is its own: `<state>/runs/<id>`. */
export interface RunPlace {
  readonly id: string;
  readonly directory: string;
  readonly journal: string;
  readonly logs: string;
  readonly summary: string;
}

export function runsDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'runs');
}

export function runPlace(stateDirectory: string, id: string): RunPlace {
  const directory = join(runsDirectory(stateDirectory), id);
  return {
    id,
    directory,
    journal: join(directory, 'journal'),
    logs: join(directory, 'logs'),
    summary: join(directory, 'summary.json'),
  };
}

/** Ids of the runs there are, newest first. */
export function runIds(stateDirectory: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(runsDirectory(stateDirectory));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => ULID_PATTERN.test(name))
    .sort()
    .reverse();
}

/** What is shown of a run in a list. Derived from its journal. */
export interface RunSummary {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  /** All it is known by to policies and freezes. */
  readonly names: readonly string[];
  readonly source: string;
  readonly workflow: string;
  readonly event: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly attempt: number;
  /** `waiting`: for somebody; `interrupted`: it neither ended nor goes on. Both can be resumed. */
  readonly state: RunEnding | 'running' | 'interrupted';
  readonly jobs: number;
  readonly steps: number;
}

export function summarize(stateDirectory: string, id: string): RunSummary {
  const place = runPlace(stateDirectory, id);
  return writtenSummary(place) ?? fromJournal(place);
}

/** A run that ended keeps its summary beside its journal; one that goes on again has none until it ends. */
function writtenSummary(place: RunPlace): RunSummary | undefined {
  const text = readTextIfExists(place.summary);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && value['id'] === place.id ? (value as unknown as RunSummary) : undefined;
  } catch {
    return undefined;
  }
}

export function writeSummary(place: RunPlace, summary: RunSummary): void {
  writeFileAtomic(place.summary, `${JSON.stringify(summary)}\n`);
}

/** Reads no sealed value, so it needs no key. */
function fromJournal(place: RunPlace): RunSummary {
  const facts = { name: '', source: '', workflow: '', event: '', startedAt: '', number: 0 };
  let names: readonly string[] = [];
  let attempt = 1;
  let ended: { readonly result: RunEnding; readonly at: string } | undefined;
  const jobs = new Set<unknown>();
  let steps = 0;
  for (const record of readJournal(place.journal).records) {
    const { t, request } = record;
    if (t === 'run' && isJsonObject(request)) {
      const event = request['event'];
      facts.name = textOf(record['name']);
      const known = record['names'];
      names = Array.isArray(known) ? known.map(textOf) : [];
      facts.source = textOf(request['source']);
      facts.workflow = textOf(request['workflow']);
      facts.event = isJsonObject(event) ? textOf(event['name']) : '';
      facts.startedAt = textOf(record['at']);
      facts.number = typeof record['number'] === 'number' ? record['number'] : 0;
    }
    if (t === 'again') {
      attempt = typeof record['attempt'] === 'number' ? record['attempt'] : attempt;
      ended = undefined;
    }
    if (t === 'decided') jobs.add(record['job']);
    if (t === 'step') steps++;
    if (t === 'end') ended = { result: record['result'] as RunEnding, at: textOf(record['at']) };
  }
  return {
    id: place.id,
    ...facts,
    names,
    endedAt: ended?.at ?? null,
    attempt,
    state: ended?.result ?? (isRunning(place) ? 'running' : 'interrupted'),
    jobs: jobs.size,
    steps,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '***';
}

/** Whether a process writes its journal now. */
export function isRunning(place: RunPlace): boolean {
  return isHeld(`${place.journal}.lock`);
}

/** The runs there are, newest first; one whose journal can't be read is left out. */
export function listRuns(stateDirectory: string, most = Number.POSITIVE_INFINITY): readonly RunSummary[] {
  const found: RunSummary[] = [];
  for (const id of runIds(stateDirectory)) {
    if (found.length >= most) break;
    try {
      const summary = summarize(stateDirectory, id);
      // one that was killed before it began is no run
      if (summary.startedAt !== '') found.push(summary);
    } catch (error) {
      if (!isBitError(error)) throw error;
    }
  }
  return found;
}

/**
 * The run meant by an id, its beginning, or its number (`#12`).
 *
 * @throws BitError `not-found` with the nearest ids, `usage` where the beginning is that of several
 */
export function findRun(stateDirectory: string, text: string): string {
  const ids = runIds(stateDirectory);
  const wanted = text.toLowerCase();
  if (/^#\d+$/.test(text)) {
    const number = Number(text.slice(1));
    const found = listRuns(stateDirectory).find((run) => run.number === number);
    if (found !== undefined) return found.id;
  }
  const matching = wanted.length >= 4 ? ids.filter((id) => id.startsWith(wanted)) : [];
  const [only, second] = matching;
  if (only !== undefined && second === undefined) return only;
  if (second !== undefined) {
    throw new BitError('usage', `${text} is the beginning of ${matching.length} runs`, {
      hint: `give more of it: ${matching.slice(0, 4).join(', ')}`,
    });
  }
  const near = nearest(wanted, ids);
  throw new BitError('not-found', `there is no run ${text}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see the runs with: bit log workflow',
    details: { run: text },
  });
}

/** A name for any text, safe as a file's and the same each time: readable where it can be. */
export function fileName(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60);
  if (plain === text && plain !== '') return plain;
  return `${plain}.${createHash('sha256').update(text).digest('hex').slice(0, 10)}`;
}

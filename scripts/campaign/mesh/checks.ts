import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../../src/kernel/json.ts';
import { type Entry, openLedgerReader } from '../../../src/ledger/index.ts';
import type { JobRow } from '../../../src/mesh/client/index.ts';
import type { Home } from './actors.ts';

export interface Submission {
  readonly number: number;
  readonly key: string;
  /** Exit status it is to end with. */
  readonly exit: number;
  readonly cancelled: boolean;
  /** What the controller called it: one name, however often it was handed over. */
  readonly ids: Set<string>;
  row?: JobRow;
}

export interface Checked {
  /** Well, badly, cancelled. */
  readonly ends: readonly number[];
  readonly leases: number;
  readonly retried: number;
  readonly committed: number;
  readonly crossed: number;
}

interface Ground {
  readonly controller: Home;
  readonly runners: readonly Home[];
  readonly submissions: readonly Submission[];
  readonly complaints: string[];
}

/** Everything the controller's ledger says of one job. */
interface Told {
  readonly fences: number[];
  readonly results: JsonObject[];
}

/** What was asked for, what the controller says, what its ledger and those of the runners say: all the same. */
export function checkLedgers({ controller, runners, submissions, complaints }: Ground): Checked {
  const told = readController(controller);
  const chains = new Map(runners.flatMap((home) => readRunner(home)));
  let crossed = 0;
  const seen = new Set<string>();
  for (const { number, exit, cancelled, ids, row } of submissions) {
    const say = (what: string): void =>
      void complaints.push(`job ${number} (${[...ids].join(', ')}): ${what}`);
    const [id] = ids;
    if (id === undefined) continue;
    if (ids.size > 1) say('one key gave several jobs');
    if (seen.has(id)) say('it is another one too');
    seen.add(id);
    if (row === undefined) continue;
    const { fences = [], results = [] } = told.get(id) ?? {};
    if (row.standard !== 'Cancelled' || results.length > 0) {
      if (results.length !== 1) say(`the ledger has ${results.length} results`);
    }
    const [result] = results;
    const wanted = exit === 0 ? 'CompletedSuccessfully' : 'Failed';
    if (row.standard !== wanted && !(cancelled && row.standard === 'Cancelled'))
      say(`it ended as ${row.standard}, not ${wanted}: ${row.reason ?? row.result?.error ?? ''}`);
    if (row.standard === 'Failed' && row.result?.exit_code !== exit)
      say(`it ended with ${row.result?.exit_code ?? 'no status'}, not ${exit}`);
    if (row.result === undefined || result === undefined) continue;
    if (row.result.fence !== Math.max(...fences))
      say(`fence ${row.result.fence} counts, of ${fences.join(', ')}`);
    if (new Set(fences).size !== fences.length) say(`a fence was given twice: ${fences.join(', ')}`);
    if (result['fence'] !== row.result.fence) say('the ledger names another fence');
    const { ledger } = row.result;
    if (ledger === undefined) continue;
    const entry = chains.get(ledger.entry_sha256);
    const said = entry === undefined ? undefined : factsOf(entry);
    if (said === undefined) say(`the runner's ledger has no entry ${ledger.entry_sha256}`);
    else if (said['job_id'] !== id || said['fence'] !== row.result.fence || said['status'] !== row.standard)
      say(`the runner's own entry says ${JSON.stringify(said).slice(0, 300)}`);
    else crossed++;
  }
  for (const id of told.keys()) if (!seen.has(id)) complaints.push(`nobody asked for job ${id}`);
  const rows = submissions.flatMap(({ row }) => (row === undefined ? [] : [row]));
  const count = (standard: string): number => rows.filter((row) => row.standard === standard).length;
  const all = [...told.values()];
  return {
    ends: [count('CompletedSuccessfully'), count('Failed'), count('Cancelled')],
    leases: all.reduce((sum, { fences }) => sum + fences.length, 0),
    retried: all.filter(({ fences }) => fences.length > 1).length,
    committed: all.reduce((sum, { results }) => sum + results.length, 0),
    crossed,
  };
}

function readController(home: Home): Map<string, Told> {
  const told = new Map<string, Told>();
  const known = new Set<string>();
  for (const { event, payload } of entriesOf(home)) {
    const changes = Array.isArray(payload?.['changes']) ? payload['changes'] : [{ event, ...payload }];
    for (const change of changes) {
      if (!isJsonObject(change) || typeof change['job_id'] !== 'string') continue;
      // a controller that was killed may write its last batch again, under the same ids
      if (typeof change['id'] === 'string') {
        if (known.has(change['id'])) continue;
        known.add(change['id']);
      }
      const one = told.get(change['job_id']) ?? { fences: [], results: [] };
      told.set(change['job_id'], one);
      if (change['event'] === 'JOB_ASSIGN') one.fences.push(Number(change['fence']));
      if (change['event'] === 'JOB_RESULT') one.results.push(change);
    }
  }
  return told;
}

function readRunner(home: Home): (readonly [string, Entry])[] {
  return entriesOf(home)
    .filter(({ event, phase }) => event === 'JOB_RESULT' && phase === 'note')
    .map((entry) => [entry.entry_sha256, entry] as const);
}

function entriesOf(home: Home): Entry[] {
  const ledger = openLedgerReader({ directory: join(home.clone, '.git', 'bit', 'ledger') });
  return [...ledger.entries({})];
}

function factsOf({ payload }: Entry): JsonObject {
  return isJsonObject(payload) ? payload : {};
}

/**
 * The embedded store: SQLite with a write-ahead log. What is asked for while the disk answers is one transaction, and
 * the disk is waited for beside everything else: a commit writes to the log, `fdatasync` of the log is asked of a thread,
 * and only then it is answered. (`synchronous=FULL` does the same two things, and holds up the process for the second.)
 */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fromErrno } from '../../kernel/errors.ts';
import { makeDirectory } from '../../kernel/files.ts';
import type {
  JobRecord,
  Kept,
  LedgerEvent,
  MeshRecord,
  Outcome,
  RunnerRecord,
  Write,
} from '../lifecycle/index.ts';
import { grouped } from './group.ts';
import type { JobFilter, MeshStore, Pruning } from './index.ts';
import { openLogFile } from './log-file.ts';
import { openDatabase, translated, type Value } from './sqlite.ts';

export interface EmbeddedOptions {
  /** Made where it is not there; for its owner alone. */
  readonly directory: string;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, state TEXT NOT NULL,
  repo TEXT NOT NULL, ended_at TEXT, record TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS offers (id TEXT PRIMARY KEY, offer TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (seq) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS runners (id TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mesh (one INTEGER PRIMARY KEY CHECK (one = 1), record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
PRAGMA user_version = 1`;

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly revision: number;
  readonly record: string;
  readonly offer: string;
}

const COLUMNS = 'jobs.seq, jobs.id, jobs.revision, jobs.record, offers.offer';
const JOINED = `SELECT ${COLUMNS} FROM jobs JOIN offers ON offers.id = jobs.id`;

/** @throws BitError `busy` where another controller has it, `io`, `integrity` */
export function openEmbeddedStore({ directory }: EmbeddedOptions): MeshStore {
  makeDirectory(directory);
  const path = join(directory, 'mesh.db');
  // NORMAL orders log and database around a checkpoint; that a commit is on disk is waited for here
  const database = openDatabase(path, 'NORMAL', SCHEMA);
  const log = openSync(`${path}-wal`, 'r+');
  const logFile = openLogFile(join(directory, 'logs.db'));
  const sql = {
    insertJob: database.prepare(
      'INSERT INTO jobs (id, revision, state, repo, ended_at, record) VALUES (?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    insertOffer: database.prepare('INSERT INTO offers VALUES (?, ?)'),
    updateJob: database.prepare(
      'UPDATE jobs SET revision = revision + 1, state = ?, ended_at = ?, record = ? WHERE id = ? AND revision = ?',
    ),
    job: database.prepare(`${JOINED} WHERE jobs.id = ?`),
    open: database.prepare(`${JOINED} WHERE jobs.ended_at IS NULL ORDER BY jobs.seq`),
    runner: database.prepare(
      'INSERT INTO runners VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
    ),
    mesh: database.prepare(
      'INSERT INTO mesh VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET record = excluded.record',
    ),
    event: database.prepare('INSERT INTO outbox (event) VALUES (?)'),
    events: database.prepare('SELECT seq, event FROM outbox WHERE seq <= ? ORDER BY seq LIMIT ?'),
    told: database.prepare('DELETE FROM outbox WHERE seq BETWEEN ? AND ?'),
    countEnded: database.prepare('SELECT count(*) AS n FROM jobs WHERE ended_at IS NOT NULL'),
    old: database.prepare(`${JOINED} WHERE jobs.ended_at < ? ORDER BY jobs.ended_at LIMIT max(0, min(?, ?))`),
    removeJob: database.prepare('DELETE FROM jobs WHERE id = ? AND revision = ?'),
    removeOffer: database.prepare('DELETE FROM offers WHERE id = ?'),
  };
  /** Places in the outbox of events that were taken. */
  const taken = new Map<string, number>();

  const one = (write: Write): Outcome => {
    const outcome = store(write);
    if (outcome.stored)
      for (const event of write.events)
        written = Number(sql.event.run(JSON.stringify(event)).lastInsertRowid);
    return outcome;
  };
  const store = (write: Write): Outcome => {
    if (write.kind === 'runner') sql.runner.run(write.record.runner_id, JSON.stringify(write.record));
    else if (write.kind === 'mesh') sql.mesh.run(JSON.stringify(write.record));
    else return storeJob(write.record, write.after);
    return { stored: true, revision: 0 };
  };
  const storeJob = (whole: JobRecord, after: number): Outcome => {
    const { job, ...record } = whole;
    const state = stateOf(whole);
    const text = JSON.stringify(record);
    const ended = whole.end?.at ?? null;
    const done =
      after === 0
        ? sql.insertJob.run(whole.job_id, state, repositoryOf(job.repo), ended, text)
        : sql.updateJob.run(state, ended, text, whole.job_id, after);
    if (done.changes === 1) {
      if (after === 0) sql.insertOffer.run(whole.job_id, JSON.stringify(job));
      return { stored: true, revision: after + 1 };
    }
    const kept = find(whole.job_id);
    return { stored: false, ...(kept === undefined ? {} : { kept }) };
  };
  const find = (jobId: string): Kept | undefined => {
    const row = sql.job.get(jobId) as Row | undefined;
    return row === undefined ? undefined : keptOf(row);
  };

  type Asked = { readonly writes: readonly Write[] } | { readonly told: readonly number[] };
  /** Of the outbox: the last event written, and the last that is on disk. */
  let written = Number(
    (database.prepare('SELECT max(seq) AS seq FROM outbox').get() as { seq: number | null }).seq ?? 0,
  );
  let durable = written;
  const settle = (): Promise<void> => {
    const upTo = written;
    return new Promise((resolve, reject) => {
      fdatasync(log, (error) => {
        if (error !== null) return reject(fromErrno(error, `cannot write ${path}`));
        durable = Math.max(durable, upTo);
        resolve();
      });
    });
  };
  const perform = (asked: readonly Asked[]): readonly (readonly Outcome[])[] =>
    translated(path, () => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const outcomes = asked.map((each) => {
          if ('writes' in each) return each.writes.map(one);
          for (const [first, last] of runsOf(each.told)) sql.told.run(first, last);
          return [];
        });
        database.exec('COMMIT');
        return outcomes;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    });
  const group = grouped(perform, settle);

  return {
    engine: 'embedded',
    shared: false,
    claim_ms: 0,
    load: async () =>
      translated(path, () => {
        const runners = database.prepare('SELECT record FROM runners').all() as { record: string }[];
        const mesh = database.prepare('SELECT record FROM mesh').get() as { record: string } | undefined;
        return {
          jobs: (sql.open.all() as Row[]).map(keptOf),
          runners: runners.map(({ record }) => JSON.parse(record) as RunnerRecord),
          ...(mesh === undefined ? {} : { mesh: JSON.parse(mesh.record) as MeshRecord }),
        };
      }),
    commit: (writes) => group.add({ writes }),
    job: async (jobId) => translated(path, () => find(jobId)),
    list: async (filter) => translated(path, () => listJobs(filter)),
    prune: async (options, going) => {
      const old = translated(path, () => oldOf(options));
      await going?.(old.map(({ record }) => record));
      return translated(path, () => remove(old));
    },
    outbox: {
      take: async (limit) =>
        translated(path, () => {
          const rows = sql.events.all(durable, limit) as { seq: number; event: string }[];
          return rows.map(({ seq, event }) => {
            const told = JSON.parse(event) as LedgerEvent;
            taken.set(told.id, seq);
            return told;
          });
        }),
      done: async (events) => {
        const told = events.flatMap(({ id }) => taken.get(id) ?? []);
        for (const { id } of events) taken.delete(id);
        await group.add({ told });
      },
    },
    logs: logFile.logs,
    join: async (name, changed) => {
      changed({ me: name, live: [name], valid: true });
      return { leave: async () => {} };
    },
    watch: async () => ({ stop: async () => {} }),
    close: async () => {
      group.flush();
      fdatasyncSync(log);
      logFile.close();
      database.close();
      closeSync(log);
    },
  };

  function oldOf({ keep, before, most }: Pruning): Kept[] {
    const { n } = sql.countEnded.get() as { n: number };
    return (sql.old.all(before, most, n - keep) as Row[]).map(keptOf);
  }

  function remove(jobs: readonly Kept[]): number {
    const gone: string[] = [];
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const { record, revision } of jobs) {
        // one that was asked for once more meanwhile is another revision
        if (sql.removeJob.run(record.job_id, revision).changes === 0) continue;
        sql.removeOffer.run(record.job_id);
        gone.push(record.job_id);
      }
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
    logFile.forget(gone);
    return gone.length;
  }

  function listJobs({ jobs, standard, repo, ended_since, after, limit }: JobFilter): {
    jobs: readonly JobRecord[];
    next?: string;
  } {
    const where: string[] = [];
    const values: Value[] = [];
    const among = (column: string, wanted: readonly string[]) => {
      where.push(`${column} IN (${wanted.map(() => '?').join(', ')})`);
      values.push(...wanted);
    };
    if (jobs !== undefined) among('jobs.id', jobs);
    if (standard !== undefined)
      among('jobs.state', [
        ...new Set(standard.flatMap((state) => (isOpen(state) ? ['queued', 'leased'] : [state]))),
      ]);
    if (repo !== undefined) among('jobs.repo', [repositoryOf(repo)]);
    if (ended_since !== undefined) {
      where.push('jobs.ended_at >= ?');
      values.push(ended_since);
    }
    if (after !== undefined) {
      where.push('jobs.seq < (SELECT seq FROM jobs WHERE id = ?)');
      values.push(after);
    }
    const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
    // the sign keeps the order from being taken for the way to look: those that ended lately are found by their index
    const order = ended_since === undefined ? 'jobs.seq' : '+jobs.seq';
    const rows = database
      .prepare(`${JOINED} ${condition} ORDER BY ${order} DESC LIMIT ?`)
      .all(...values, limit + 1) as Row[];
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const next = rows.length > limit && last !== undefined ? { next: last.id } : {};
    return { jobs: page.map((row) => keptOf(row).record), ...next };
  }
}

/** Ascending numbers as runs without a gap. */
function runsOf(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === number) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

const isOpen = (state: string): boolean => state === 'Pending' || state === 'Running';

function stateOf({ lease, end }: JobRecord): string {
  if (end !== undefined) return end.state;
  return lease === undefined ? 'queued' : 'leased';
}

/** A repository at any ref. */
export function repositoryOf(repo: string): string {
  return repo.split('#', 1)[0] ?? repo;
}

function keptOf({ revision, record, offer }: Row): Kept {
  return { revision, record: { ...(JSON.parse(record) as JobRecord), job: JSON.parse(offer) } };
}

import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { fsyncDirectory, makeDirectory } from '../kernel/files.ts';
import { APPLICATION_ID, MIGRATION, OLDEST_VERSION, SCHEMA, SCHEMA_VERSION } from './schema.ts';
import {
  type Connection,
  fileUri,
  fromSqlite,
  openConnection,
  type Statement,
  translated,
  type Value,
} from './sqlite.ts';

/** How long a writer waits for the others, milliseconds. */
const BUSY_TIMEOUT = 30_000;

/**
 * WAL pages after which a commit also checkpoints. Every process that opens the ledger reads the whole WAL, so
 * programs that append a few entries keep it near 1 MiB; one that appends many raises it (see `appended`).
 */
const CHECKPOINT_PAGES = 256;
const CHECKPOINT_PAGES_BUSY = 2_000;
const BUSY_AFTER = 32;

/**
 * The ledger's file, opened when first needed. Who may write opens it once, for both: a second connection is a
 * millisecond. Where that fails it is opened for reading, and what it can't write is said when it has to.
 */
export class Store {
  readonly directory: string;
  readonly path: string;
  readonly #writable: boolean;
  #connection: Connection | undefined;
  #writes = false;
  #inode: string | undefined;
  #statements = new Map<string, Statement>();
  #appends = 0;

  constructor(directory: string, writable: boolean) {
    this.directory = resolve(directory);
    this.path = join(this.directory, 'ledger.db');
    this.#writable = writable;
  }

  /** Inode of the open file. */
  get inode(): string | undefined {
    return this.#inode;
  }

  get inTransaction(): boolean {
    return this.#connection?.inTransaction === true;
  }

  /** False where there is no ledger yet. */
  openToRead(): boolean {
    if (this.#connection !== undefined) return true;
    const size = statSync(this.path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return false;
    if (this.#writable && size > 0 && this.#openedToWrite()) return true;
    const connection = openReading(this.path);
    if (connection === undefined) return false;
    this.#adopt(connection);
    return true;
  }

  /** @throws BitError `io`, `busy` or `integrity` */
  openToWrite(): void {
    if (this.#writes) return;
    if (!this.#writable) throw new Error('a reader of the ledger cannot write');
    const connection = openWriting(this.directory, this.path);
    this.close();
    this.#adopt(connection);
    this.#writes = true;
  }

  #openedToWrite(): boolean {
    try {
      this.openToWrite();
      return true;
    } catch (error) {
      if (error instanceof BitError) return false;
      throw error;
    }
  }

  #adopt(connection: Connection): void {
    this.#connection = connection;
    this.#inode = statSync(this.path, { bigint: true, throwIfNoEntry: false })?.ino.toString();
  }

  /** Rows of values in column order, which is what long scans can afford. */
  rows(sql: string, values: readonly Value[] = []): unknown[][] {
    return this.#run(`raw ${sql}`, sql, (statement) => statement.all(...values)) as unknown[][];
  }

  /** Rows one by one, which is what rows of any size can afford. Only reads may be made meanwhile. */
  *each(sql: string, values: readonly Value[]): IterableIterator<unknown[]> {
    const statement = this.#run(`each ${sql}`, sql, (prepared) => prepared);
    try {
      for (const row of statement.iterate(...values)) yield row as unknown[];
    } catch (error) {
      throw fromSqlite(error, this.path);
    }
  }

  get(sql: string, values: readonly Value[] = []): unknown {
    return this.#run(sql, sql, (statement) => statement.get(...values));
  }

  run(sql: string, values: readonly Value[] = []): void {
    this.#run(sql, sql, (statement) => statement.run(...values));
  }

  #run<Out>(key: string, sql: string, use: (statement: Statement) => Out): Out {
    const connection = this.#connection;
    if (connection === undefined) throw new Error('the ledger is not open');
    try {
      let statement = this.#statements.get(key);
      if (statement === undefined) {
        statement = connection.prepare(sql);
        if (key !== sql) statement.raw();
        this.#statements.set(key, statement);
      }
      return use(statement);
    } catch (error) {
      throw fromSqlite(error, this.path);
    }
  }

  pragma(text: string): void {
    translated(this.path, () => this.#connection?.pragma(text));
  }

  /** Runs `work` while no other process can write; commits, or rolls back what it threw. */
  transaction<Out>(work: () => Out): Out {
    let committed = false;
    this.run('BEGIN');
    try {
      // Takes the lock, and waits for it, as `BEGIN IMMEDIATE` does, which would begin to read `held` each time too.
      this.run('DELETE FROM main.state WHERE 0');
      const out = work();
      this.run('COMMIT');
      committed = true;
      return out;
    } finally {
      // SQLite has itself rolled back after some errors (full disk).
      if (!committed && this.inTransaction) this.run('ROLLBACK');
      else if (committed) this.#appended();
    }
  }

  /** Runs `work` on one state of the file, whatever others write meanwhile. */
  snapshot<Out>(work: () => Out): Out {
    if (this.inTransaction) return work();
    this.run('BEGIN');
    try {
      return work();
    } finally {
      this.run('COMMIT');
    }
  }

  #appended(): void {
    this.#appends += 1;
    if (this.#appends === BUSY_AFTER)
      this.#connection?.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES_BUSY}`);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#writes = false;
    this.#statements.clear();
  }
}

function openWriting(directory: string, path: string): Connection {
  let connection: Connection | undefined;
  try {
    createDirectory(directory);
    connection = openConnection(path, { timeout: BUSY_TIMEOUT });
    retryBusy(connection, (it) => it.pragma('journal_mode = WAL'));
    connection.pragma('synchronous = FULL');
    connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    if (connection.pragma('user_version', { simple: true }) === 0) createTables(connection, directory);
    if (checkKind(connection, path) < SCHEMA_VERSION) migrate(connection);
    holdOpen(connection, path);
    return connection;
  } catch (error) {
    connection?.close();
    throw fromErrno(fromSqlite(error, path), 'cannot open the ledger');
  }
}

/** Makes the directory, and its name in its parents, durable before anything is acknowledged in it. */
function createDirectory(directory: string): void {
  const first = makeDirectory(directory);
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) fsyncDirectory(dirname(made));
}

/** Changing to WAL answers "busy" at once, without the busy timeout, while another process opens the new file. */
function retryBusy(connection: Connection, change: (connection: Connection) => void): void {
  const deadline = Date.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      change(connection);
      return;
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code !== 'string' || !code.startsWith('SQLITE_BUSY') || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 + Math.random() * 8);
    }
  }
}

function createTables(connection: Connection, directory: string): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    if (isUnbegun(connection)) connection.exec(SCHEMA);
    connection.exec('COMMIT');
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
  }
  fsyncDirectory(directory);
}

function migrate(connection: Connection): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    // another process may just have done it
    if (connection.pragma('user_version', { simple: true }) === OLDEST_VERSION) connection.exec(MIGRATION);
    connection.exec('COMMIT');
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
  }
}

function isUnbegun(connection: Connection): boolean {
  if (connection.pragma('application_id', { simple: true }) !== 0) return false;
  return connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
}

/** The version it was written in, one that is read as it is. */
function checkKind(connection: Connection, path: string): number {
  if (connection.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new BitError('integrity', `the file is a database but not a ledger: ${path}`, {
      hint: 'move it away; a new ledger is begun at the next action',
      details: { path },
    });
  }
  const version = connection.pragma('user_version', { simple: true });
  if (typeof version === 'number' && version >= OLDEST_VERSION && version <= SCHEMA_VERSION) return version;
  const older = typeof version === 'number' && version < SCHEMA_VERSION;
  throw new BitError(
    'unsupported',
    `the ledger was written by ${older ? 'an older' : 'a newer'} program (format ${version}, this one's is ${SCHEMA_VERSION}): ${path}`,
    {
      hint: older
        ? 'formats change until 1.0: move the ledger away, a new one is begun at the next action'
        : 'update bit',
      details: { path, version, supported: SCHEMA_VERSION },
    },
  );
}

/**
 * The last connection to close a WAL database checkpoints and deletes the WAL, and the next process creates it again:
 * six fsyncs for a program that appends twice, not two. The same file attached read-only holds a shared lock that is
 * released after `main` tried for the exclusive one, and can't checkpoint itself. The WAL stays, bounded by
 * `wal_autocheckpoint`.
 *
 * `main` has its tables loaded first: it may have looked at the file before another process made them, and a table it
 * does not know yet would be taken for `held`'s, which can't be written.
 */
function holdOpen(connection: Connection, path: string): void {
  connection.prepare('SELECT 1 FROM main.entries LIMIT 1').get();
  try {
    connection.prepare('ATTACH ? AS held').run(fileUri(path, 'mode=ro'));
    connection.prepare('SELECT 1 FROM held.sqlite_schema LIMIT 1').get();
  } catch {
    // Costs time at exit, nothing else: some other part of the process loaded SQLite without URIs.
  }
}

/**
 * On a disk that can't be written SQLite can't create the shared-memory file of a WAL database. Where that file is
 * missing and the WAL holds nothing, the file is read as immutable, which needs none.
 */
function openReading(path: string): Connection | undefined {
  try {
    return probe(openConnection(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT }), path);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const unwritable = typeof code === 'string' && /^SQLITE_(CANTOPEN|READONLY|IOERR)/.test(code);
    const wal = statSync(`${path}-wal`, { throwIfNoEntry: false });
    if (!unwritable) throw fromSqlite(error, path);
    if (wal !== undefined && wal.size > 0) {
      throw new BitError('io', `the ledger can't be read where nothing can be written: ${path}`, {
        hint: 'copy its directory to a place that can be written',
        cause: error,
        details: { path, sqlite: code },
      });
    }
    try {
      const uri = fileUri(path, 'immutable=1&mode=ro');
      return probe(openConnection(uri, { readonly: true, timeout: BUSY_TIMEOUT }), path);
    } catch (second) {
      throw fromSqlite(second, path);
    }
  }
}

/**
 * SQLite touches a file at its first query only. Undefined for a file without anything in it: whoever began it was killed
 * before the first commit.
 */
function probe(connection: Connection, path: string): Connection | undefined {
  try {
    if (isUnbegun(connection)) {
      connection.close();
      return undefined;
    }
    checkKind(connection, path);
    connection.prepare('SELECT 1 FROM entries LIMIT 1').get();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

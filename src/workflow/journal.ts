import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { fsyncDirectory, makeDirectory } from '../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { type Lock, tryLock } from '../kernel/lock.ts';

/**
 * An append-only file of records, one a line: `crc32 durable json`. `crc32` (8 hex digits) is over what follows it;
 * `durable` says how many bytes of the file were known to be on disk when the record was written. After a kill the last
 * line may be torn and is cut off. After a power failure what was not yet synced may be there in parts: a broken line
 * is such a tail unless a later record says that it had been on disk, and then the file is damaged.
 */
export interface JournalContent {
  readonly records: readonly JsonObject[];
  /** Bytes that hold; what follows is torn. */
  readonly length: number;
}

const QUICK_MS = 2;

/**
 * The one writer of a journal, which a kernel lock makes sure of. A record is written at once, so that a kill of this
 * process loses none; {@link durable} tells when it is on disk too. Whatever is appended while the disk is busy goes
 * down with the next sync.
 */
export class Journal {
  readonly #file: number;
  readonly #lock: Lock;
  readonly #hash: Hash;
  #written: number;
  #durable: number;
  #syncing: Promise<void> | undefined;
  /** Syncs to go before the disk is tried for quickness again. */
  #slow = 0;
  #failure: unknown;

  private constructor(file: number, lock: Lock, content: JournalContent, bytes: Buffer) {
    this.#file = file;
    this.#lock = lock;
    this.#hash = createHash('sha256').update(bytes.subarray(0, content.length));
    this.#written = content.length;
    this.#durable = content.length;
  }

  /**
   * Opens a journal for writing, cut to what holds of it.
   *
   * @throws BitError `busy` where another process writes it, `integrity` where it is damaged
   */
  static open(path: string): { readonly journal: Journal; readonly records: readonly JsonObject[] } {
    makeDirectory(dirname(path));
    const lock = tryLock(`${path}.lock`);
    if (lock === undefined) throw new BitError('busy', 'that run is still going on in another bit');
    let file: number | undefined;
    try {
      file = openSync(path, 'a+', 0o600);
      const bytes = readFileSync(file);
      const content = parseJournal(bytes, path);
      if (content.length < bytes.length) ftruncateSync(file, content.length);
      fsyncDirectory(dirname(path));
      return { journal: new Journal(file, lock, content, bytes), records: content.records };
    } catch (error) {
      if (file !== undefined) closeSync(file);
      lock.release();
      throw fromErrno(error, `cannot open ${path}`);
    }
  }

  /** Writes a record; a kill of this process from now on does not lose it. */
  append(record: JsonObject): void {
    const body = `${this.#durable} ${JSON.stringify(record)}`;
    const bytes = Buffer.from(`${checksum(body)} ${body}\n`);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      throw fromErrno(error, 'cannot write the journal of the run');
    }
    this.#hash.update(bytes);
    this.#written += bytes.length;
  }

  /** Resolves when everything appended so far is on disk. */
  async durable(): Promise<void> {
    const upTo = this.#written;
    if (this.#durable < upTo && this.#syncing === undefined && this.#slow === 0) this.#syncAtOnce();
    while (this.#durable < upTo) {
      this.#syncing ??= this.#sync();
      await this.#syncing;
      if (this.#failure !== undefined) throw fromErrno(this.#failure, 'cannot write the journal of the run');
    }
  }

  /** On a disk that is quick about it, waiting here costs less than going through another thread. */
  #syncAtOnce(): void {
    const started = performance.now();
    try {
      fdatasyncSync(this.#file);
    } catch (error) {
      this.#failure = error;
      throw fromErrno(error, 'cannot write the journal of the run');
    }
    this.#durable = this.#written;
    if (performance.now() - started > QUICK_MS) this.#slow = 64;
  }

  #sync(): Promise<void> {
    const upTo = this.#written;
    this.#slow = Math.max(0, this.#slow - 1);
    return new Promise((resolve) => {
      fdatasync(this.#file, (error) => {
        // a sync that failed is never believed: what it should have written may be gone from the cache
        if (error === null || error === undefined) this.#durable = upTo;
        else this.#failure = error;
        this.#syncing = undefined;
        resolve();
      });
    });
  }

  /** SHA-256 of the journal so far, hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  async close(): Promise<void> {
    await this.#syncing;
    closeSync(this.#file);
    this.#lock.release();
  }
}

/** @throws BitError `integrity` where it is damaged, `not-found` where there is none */
export function readJournal(path: string): JournalContent {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BitError('not-found', `there is no journal ${path}`);
    throw fromErrno(error, `cannot read ${path}`);
  }
  return parseJournal(bytes, path);
}

export function parseJournal(bytes: Buffer, path: string): JournalContent {
  const records: JsonObject[] = [];
  let torn: number | undefined;
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at);
    const read = end < 0 ? undefined : parseLine(bytes.toString('utf8', at, end));
    if (read === undefined) torn ??= at;
    else if (torn === undefined) records.push(read.record);
    else if (read.durable > torn) throw damaged(path, torn);
    if (end < 0) break;
    at = end + 1;
  }
  return { records, length: torn ?? bytes.length };
}

function parseLine(line: string): { readonly record: JsonObject; readonly durable: number } | undefined {
  const [, sum, body, durable, json] = /^([0-9a-f]{8}) ((\d{1,15}) (\{.*))$/.exec(line) ?? [];
  if (sum === undefined || body === undefined || json === undefined || checksum(body) !== sum)
    return undefined;
  try {
    const record: unknown = JSON.parse(json);
    return isJsonObject(record) ? { record, durable: Number(durable) } : undefined;
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function damaged(path: string, at: number): BitError {
  return new BitError('integrity', `the journal ${path} is damaged at byte ${at}`, {
    hint: 'what the run had done by then is not known any more; start it anew',
    details: { path, at },
  });
}

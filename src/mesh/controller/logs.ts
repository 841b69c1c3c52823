/**
 * The output of jobs, one file a lease: `<directory>/<job>/<fence>.jsonl`, a line a piece as it came. What was
 * acknowledged is with the operating system: it survives a killed controller.
 */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isJsonObject } from '../../kernel/json.ts';
import type { PayloadOf } from '../protocol/types.ts';

export type LogPiece = Pick<PayloadOf<'JOB_LOG'>, 'offset' | 'stream' | 'data'>;

export interface JobLogsOptions {
  readonly directory: string;
  /** Bytes of output kept of one lease; what comes after is acknowledged and dropped, and the log says so. */
  readonly mostBytes: number;
}

interface Open {
  /** Of the next byte, counted as the runner counts. */
  offset: number;
  readonly path: string;
  /** What was written last, in order. */
  last: Promise<void>;
}

/** Files kept open in memory as positions; the oldest goes first and is found again from its file. */
const MOST_OPEN = 4096;

export class JobLogs {
  readonly #options: JobLogsOptions;
  readonly #open = new Map<string, Promise<Open>>();

  constructor(options: JobLogsOptions) {
    this.#options = options;
  }

  /**
   * Keeps a piece and returns the offset up to which everything is kept, and the part of the piece that was new.
   * A piece that was kept already changes nothing; one that leaves a gap is not kept, and the runner sends again from
   * the offset returned.
   */
  async append(
    job: string,
    fence: number,
    piece: LogPiece,
  ): Promise<{ readonly offset: number; readonly fresh: LogPiece | undefined }> {
    const log = await this.#log(job, fence);
    const bytes = Buffer.byteLength(piece.data);
    const end = piece.offset + bytes;
    if (piece.offset > log.offset || end <= log.offset) return { offset: log.offset, fresh: undefined };
    const known = log.offset - piece.offset;
    const fresh =
      known === 0
        ? piece
        : { ...piece, offset: log.offset, data: Buffer.from(piece.data).subarray(known).toString('utf8') };
    const { mostBytes } = this.#options;
    const before = log.offset;
    log.offset = end;
    if (before >= mostBytes) return { offset: end, fresh: undefined };
    const lines = `${JSON.stringify(fresh)}\n${end >= mostBytes ? `${JSON.stringify(tooLong(end, mostBytes))}\n` : ''}`;
    const write = log.last.then(() => appendFile(log.path, lines));
    log.last = write.catch(() => undefined);
    await write;
    return { offset: end, fresh };
  }

  /** The pieces from `offset` on, of a lease or of the latest that has any. */
  async *read(
    job: string,
    options: { readonly fence?: number | undefined; readonly offset: number },
  ): AsyncGenerator<LogPiece & { readonly fence: number }> {
    const fence = options.fence ?? (await this.latest(job));
    if (fence === undefined) return;
    await (await this.#open.get(key(job, fence)))?.last;
    const path = this.#path(job, fence);
    if ((await stat(path).catch(() => undefined)) === undefined) return;
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) {
      const piece = pieceOf(line);
      if (piece === undefined) continue;
      const end = piece.offset + Buffer.byteLength(piece.data);
      const marks = piece.stream === 'event' && piece.offset >= options.offset;
      if (end > options.offset || marks) yield { ...piece, fence };
    }
  }

  /** The greatest fencing token a log was kept under. */
  async latest(job: string): Promise<number | undefined> {
    const names = await readdir(join(this.#options.directory, job)).catch(() => []);
    const fences = names.map((name) => Number(name.replace(/\.jsonl$/, ''))).filter(Number.isSafeInteger);
    return fences.length === 0 ? undefined : Math.max(...fences);
  }

  /** Everything given was written, or could not be. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open.values()].map(async (log) => (await log).last));
  }

  #path(job: string, fence: number): string {
    return join(this.#options.directory, job, `${fence}.jsonl`);
  }

  #log(job: string, fence: number): Promise<Open> {
    const name = key(job, fence);
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opened = this.#find(job, fence);
    opened.catch(() => this.#open.delete(name));
    this.#open.set(name, opened);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
    return opened;
  }

  async #find(job: string, fence: number): Promise<Open> {
    const path = this.#path(job, fence);
    await mkdir(join(this.#options.directory, job), { recursive: true });
    const text = await readFile(path).catch(() => Buffer.alloc(0));
    const whole = text.lastIndexOf(0x0a) + 1;
    // a kill in the middle of a write: nothing of the torn line was acknowledged
    if (whole < text.length) await truncate(path, whole);
    const last = text.subarray(0, whole).toString('utf8').trimEnd().split('\n').map(pieceOf);
    let offset = 0;
    for (const piece of last)
      if (piece !== undefined) offset = Math.max(offset, piece.offset + Buffer.byteLength(piece.data));
    return { offset, path, last: Promise.resolve() };
  }
}

function key(job: string, fence: number): string {
  return `${job} ${fence}`;
}

function tooLong(offset: number, most: number): LogPiece {
  return { offset, stream: 'event', data: `the log is longer than ${most} bytes; the rest is not kept\n` };
}

function pieceOf(line: string): LogPiece | undefined {
  if (line === '') return undefined;
  const value: unknown = JSON.parse(line);
  if (!isJsonObject(value)) return undefined;
  const { offset, stream, data } = value;
  const known = stream === 'stdout' || stream === 'stderr' || stream === 'event';
  return typeof offset === 'number' && known && typeof data === 'string'
    ? { offset, stream, data }
    : undefined;
}

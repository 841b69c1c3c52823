import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { maskRemembered } from '../../kernel/secrets.ts';

export type LogStream = 'stdout' | 'stderr' | 'event';

export interface LogPiece {
  /** Of its first byte. */
  readonly offset: number;
  readonly stream: LogStream;
  readonly data: string;
  /** Offset behind it. */
  readonly end: number;
}

/** The last bytes are kept for telling that the rest was not. */
const RESERVE = 1024;

/**
 * All that a job says, as UTF-8, in one file: what was not acknowledged is read from it again. Bounded: what comes
 * after is counted and dropped, and the log says so.
 */
export class JobLog {
  readonly path: string;
  readonly #file: number;
  readonly #most: number;
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  /** Where each run of one stream begins. */
  readonly #runs: { readonly offset: number; readonly stream: LogStream }[] = [];
  readonly #onGrowth: () => void;
  #size = 0;
  #dropped = 0;
  #told = false;
  #open = true;

  constructor(options: { readonly path: string; readonly most: number; readonly onGrowth: () => void }) {
    this.path = options.path;
    this.#most = Math.max(options.most, 2 * RESERVE);
    this.#onGrowth = options.onGrowth;
    this.#file = openSync(options.path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
  }

  /** Bytes in it. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that came when it was full. */
  get dropped(): number {
    return this.#dropped;
  }

  write(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.#put(stream, this.#decoders[stream].write(bytes), this.#most - RESERVE);
  }

  /** A line of the runner's own. */
  event(text: string): void {
    this.#put('event', `${text}\n`, this.#most);
  }

  /** Half a character at the end of a stream is what it is. */
  finish(): void {
    for (const stream of ['stdout', 'stderr'] as const)
      this.#put(stream, this.#decoders[stream].end(), this.#most - RESERVE);
    if (this.#dropped > 0) this.event(`${this.#dropped} bytes more were said, and not kept`);
  }

  #put(stream: LogStream, text: string, most: number): void {
    if (text === '' || !this.#open) return;
    const bytes = Buffer.from(maskRemembered(text));
    if (this.#size + bytes.length > most) {
      this.#dropped += stream === 'event' ? 0 : bytes.length;
      if (stream !== 'event' && !this.#told) {
        this.#told = true;
        this.event(`the log is full: ${most} bytes are kept`);
      }
      return;
    }
    const last = this.#runs.at(-1);
    if (last?.stream !== stream) this.#runs.push({ offset: this.#size, stream });
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, this.#size + done);
    this.#size += bytes.length;
    this.#onGrowth();
  }

  /** What stands at an offset: of one stream, whole characters, at most so many bytes. */
  read(offset: number, most: number): LogPiece | undefined {
    if (offset >= this.#size || !this.#open) return undefined;
    const at = this.#runs.findLastIndex((run) => run.offset <= offset);
    const run = this.#runs[at];
    if (run === undefined) return undefined;
    const until = Math.min(this.#runs[at + 1]?.offset ?? this.#size, offset + most);
    const bytes = Buffer.allocUnsafe(until - offset);
    const got = readSync(this.#file, bytes, 0, bytes.length, offset);
    const whole = wholeCharacters(bytes.subarray(0, got));
    if (whole === 0) return undefined;
    return {
      offset,
      stream: run.stream,
      data: bytes.toString('utf8', 0, whole),
      end: offset + whole,
    };
  }

  /** The last of it, for people. */
  tail(most: number): string {
    const from = Math.max(0, this.#size - most);
    const bytes = Buffer.alloc(this.#size - from);
    if (this.#open) readSync(this.#file, bytes, 0, bytes.length, from);
    return bytes.toString('utf8');
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
  }
}

/** Length without a character whose rest is not there. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

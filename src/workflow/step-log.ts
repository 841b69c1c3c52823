import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { fromErrno } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import type { Masks } from './masks.ts';

/** A line longer than this is broken. */
const LONGEST_LINE = 64 * 1024;

/** Of what a log leaves out, this much from the end is kept. */
const TAIL_BYTES = 64 * 1024;

/** Lines shown of a step that failed. */
const TAIL_LINES = 20;

export interface StepLogOptions {
  readonly path: string;
  readonly masks: Masks;
  /** Bytes of the log, but for the end of what it left out. */
  readonly most: number;
  readonly onLine: (line: string) => void;
}

/** The log of a step: a file made at its first line, masked before a byte of it is written, bounded in size. */
export class StepLog {
  readonly #options: StepLogOptions;
  #file: number | undefined;
  #written = 0;
  #left = 0;
  #rest: Buffer = Buffer.alloc(0);
  #tail: string[] = [];

  constructor(options: StepLogOptions) {
    this.#options = options;
  }

  /** Whole lines; unmasked. */
  write(text: string): void {
    if (this.full) this.drop(Buffer.from(`${text}\n`));
    else this.#put(this.#options.masks.mask(text));
  }

  #put(masked: string): void {
    const lines = masked.split('\n');
    for (const line of lines) this.#options.onLine(line);
    this.#tail = (lines.length >= TAIL_LINES ? lines : [...this.#tail, ...lines]).slice(-TAIL_LINES);
    const bytes = Buffer.from(`${masked}\n`);
    try {
      if (this.#file === undefined) {
        makeDirectory(dirname(this.#options.path));
        this.#file = openSync(this.#options.path, 'a', 0o600);
      }
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      throw fromErrno(error, `cannot write ${this.#options.path}`);
    }
    this.#written += bytes.length;
  }

  get full(): boolean {
    return this.#written >= this.#options.most;
  }

  /** Bytes a full log does not take. */
  drop(bytes: Buffer): void {
    this.#left += bytes.length;
    const kept = bytes.length >= TAIL_BYTES ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = kept.length > 2 * TAIL_BYTES ? Buffer.from(kept.subarray(-TAIL_BYTES)) : kept;
  }

  /** The last lines, masked. */
  tail(): readonly string[] {
    return this.#tail;
  }

  /** Whether anything was written. */
  close(): boolean {
    if (this.#left > 0) {
      const kept = this.#rest.subarray(-TAIL_BYTES);
      // the first line may be the end of a value that should be masked
      const text = kept.toString('utf8');
      const from = kept.length < this.#left ? text.indexOf('\n') + 1 : 0;
      const left = this.#left - Buffer.byteLength(text.slice(from));
      this.#put(`[bit: ${left} bytes left out here; a log ends at ${this.#options.most}]`);
      this.#put(this.#options.masks.mask(text.slice(from).replace(/\n$/, '')));
    }
    if (this.#file !== undefined) closeSync(this.#file);
    return this.#file !== undefined;
  }
}

/** Where {@link LineReader} puts whole lines: what it returns is logged, nothing for undefined. */
export type ReadLine = (line: string) => string | undefined;

/** One stream of a process, cut into lines for its step's log. */
export class LineReader {
  readonly #log: StepLog;
  readonly #masks: Masks;
  readonly #read: ReadLine;
  readonly #decoder = new StringDecoder('utf8');
  #pending = '';

  constructor(log: StepLog, masks: Masks, read: ReadLine) {
    this.#log = log;
    this.#masks = masks;
    this.#read = read;
  }

  feed(bytes: Buffer): void {
    // what a full log leaves out is not even looked at, but for commands
    if (this.#log.full && this.#pending === '' && !bytes.includes('::')) {
      this.#log.drop(bytes);
      return;
    }
    this.#take(this.#decoder.write(bytes));
  }

  #take(text: string): void {
    const lines = (this.#pending + text).split('\n');
    let last = lines.pop() ?? '';
    while (last.length > LONGEST_LINE) {
      // a value that is only partly here yet must not be cut
      const most = LONGEST_LINE - Math.max(1024, this.#masks.longest);
      const at = Math.max(1, this.#masks.cut(last, Math.max(1, most)));
      lines.push(last.slice(0, at));
      last = last.slice(at);
    }
    this.#pending = last;
    this.#write(lines);
  }

  #write(lines: readonly string[]): void {
    const shown: string[] = [];
    for (const line of lines) {
      const read = this.#read(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (read !== undefined) shown.push(read);
    }
    if (shown.length > 0) this.#log.write(shown.join('\n'));
  }

  end(): void {
    const rest = this.#pending + this.#decoder.end();
    this.#pending = '';
    if (rest !== '') this.#write([rest]);
  }
}

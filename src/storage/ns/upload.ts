import { appendFileSync, closeSync, fdatasyncSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import { makeDirectory, readTextIfExists } from '../../kernel/files.ts';
import { type Lock, tryLock } from '../../kernel/lock.ts';
import type { Expected, Stored, Upload } from '../driver.ts';
import { checkExpected, chunksOf, compare, Measure } from '../measure.ts';
import type { StorageUri } from '../uri.ts';
import { keepChunk, readChunk } from './chunks.ts';
import { uploadPath } from './layout.ts';
import { type Chunk, type Manifest, writeManifest } from './manifest.ts';

/**
 * An upload that outlives its process: `uploads/<id>/chunks` names the chunks kept so far, one a line, each after it
 * was on disk. A torn last line is a chunk to be sent again.
 */
export class NsUpload implements Upload {
  readonly #root: string;
  readonly #uri: StorageUri;
  readonly #expected: Expected;
  readonly #directory: string;
  readonly #lock: Lock;
  readonly #chunks: Chunk[];
  readonly #measure = new Measure();
  /** The whole passed through this process: its digest is known without reading it again. */
  readonly #whole: boolean;
  #offset: number;

  private constructor(root: string, uri: StorageUri, expected: Expected, directory: string, lock: Lock) {
    this.#root = root;
    this.#uri = uri;
    this.#expected = expected;
    this.#directory = directory;
    this.#lock = lock;
    this.#chunks = readList(join(directory, 'chunks'));
    this.#offset = this.#chunks.reduce((sum, { size }) => sum + size, 0);
    this.#whole = this.#offset === 0;
  }

  /** @throws BitError `busy` where another process is at it */
  static begin(root: string, uri: StorageUri, expected: Expected): NsUpload {
    checkExpected(uri.text, expected);
    const id = sha256(`${uri.text}\n${expected.sha256}\n${expected.size}`).toString('hex');
    const directory = uploadPath(root, id);
    makeDirectory(directory, 0o700);
    const lock = tryLock(`${directory}.lock`);
    if (lock === undefined) {
      throw new BitError('busy', `${uri.text} is being sent already`, { details: { uri: uri.text } });
    }
    return new NsUpload(root, uri, expected, directory, lock);
  }

  get offset(): number {
    return this.#offset;
  }

  async append(from: Readable): Promise<void> {
    for await (const chunk of chunksOf(from)) {
      if (this.#offset + chunk.length > this.#expected.size) {
        throw new BitError(
          'integrity',
          `${this.#uri.text}: more than the ${this.#expected.size} bytes announced came`,
        );
      }
      const kept = await keepChunk(this.#root, chunk);
      this.#note(kept);
      this.#measure.add(chunk);
      this.#chunks.push(kept);
      this.#offset += kept.size;
    }
  }

  #note({ sha256, size }: Chunk): void {
    const path = join(this.#directory, 'chunks');
    try {
      appendFileSync(path, `${sha256} ${size}\n`, { mode: 0o600 });
      const file = openSync(path, 'r+');
      try {
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw fromErrno(error, `cannot write ${path}`);
    }
  }

  async commit(): Promise<Stored> {
    const { text } = this.#uri;
    if (this.#offset < this.#expected.size) {
      const missing = this.#expected.size - this.#offset;
      throw new BitError('integrity', `${text}: ${missing} bytes of it have not come yet`, {
        details: { uri: text, offset: this.#offset },
      });
    }
    try {
      compare(text, { sha256: await this.#digest(), size: this.#offset }, this.#expected);
    } catch (error) {
      await this.drop();
      throw error;
    }
    const { sha256, size } = this.#expected;
    const manifest: Manifest = { v: 1, uri: text, sha256, size, chunks: this.#chunks };
    writeManifest(this.#root, this.#uri, manifest);
    await this.drop();
    return { uri: text, sha256, size, chunks: this.#chunks.length };
  }

  async #digest(): Promise<string> {
    if (this.#whole) return this.#measure.sha256();
    const measure = new Measure();
    for (const chunk of this.#chunks) measure.add(await readChunk(this.#root, chunk, this.#uri.text));
    return measure.sha256();
  }

  async leave(): Promise<void> {
    this.#lock.release();
  }

  async drop(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
    this.#lock.release();
    rmSync(`${this.#directory}.lock`, { force: true });
  }
}

function readList(path: string): Chunk[] {
  const chunks: Chunk[] = [];
  const text = readTextIfExists(path) ?? '';
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const [, sha256, size] = /^([0-9a-f]{64}) (\d{1,9})$/.exec(line) ?? [];
    if (sha256 !== undefined && size !== undefined) chunks.push({ sha256, size: Number(size) });
  }
  return chunks;
}

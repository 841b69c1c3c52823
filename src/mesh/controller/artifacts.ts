/**
 * Artifacts kept at the controller (`aln+ns://`): bytes by their SHA-256, and for each URI which bytes it names.
 * Uploads are resumed where they broke off, by another runner as well; nothing is named before its digest was checked.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { fsyncDirectory, writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { MeshArtifact } from '../protocol/types.ts';

/** Bytes a chunk of the ledger's ARTIFACT_COMMIT counts. */
const CHUNK = 4 * 1024 * 1024;

export interface Upload extends MeshArtifact {
  /** Names the upload in its address. */
  readonly id: string;
  /** Who may go on with it. */
  readonly owner: string;
  readonly job: string | undefined;
  readonly fence: number | undefined;
}

export interface Standing {
  readonly artifact: MeshArtifact;
  /** Bytes that are here already; all of them where nothing is left to send. */
  readonly offset: number;
  readonly id: string;
}

export class Artifacts {
  readonly #directory: string;
  readonly #most: number;
  readonly #busy = new Set<string>();

  constructor(options: { readonly directory: string; readonly mostBytes: number }) {
    this.#directory = options.directory;
    this.#most = options.mostBytes;
  }

  /**
   * Begins, or goes on with, an upload.
   *
   * @throws BitError `unsupported` for a URI whose bytes are not kept here, `conflict` for one that names other bytes
   *   of another job's
   */
  async begin(wanted: Omit<Upload, 'id' | 'chunks'>): Promise<Standing> {
    if (!wanted.uri.startsWith('aln+ns://'))
      throw new BitError('unsupported', `${wanted.uri} is not kept by a controller`, {
        hint: 'aln+ns:// is; other schemes are written by their own drivers',
      });
    if (wanted.size > this.#most)
      throw new BitError('unsupported', `${wanted.uri} has ${wanted.size} bytes; ${this.#most} at most`);
    const named = await this.find(wanted.uri);
    const artifact = { uri: wanted.uri, sha256: wanted.sha256, size: wanted.size, chunks: chunksOf(wanted.size) };
    const id = createHash('sha256').update(`${wanted.uri}\n${wanted.sha256}`).digest('hex');
    if (named !== undefined && named.sha256 !== wanted.sha256 && named.job !== (wanted.job ?? null))
      throw new BitError('conflict', `${wanted.uri} names other bytes already`, {
        details: { uri: wanted.uri, sha256: named.sha256 },
      });
    if (named?.sha256 === wanted.sha256) return { artifact, offset: wanted.size, id };
    writeFileAtomic(this.#about(id), `${JSON.stringify({ ...wanted, ...artifact, id })}\n`);
    const part = await stat(this.#part(wanted.sha256)).catch(() => undefined);
    const offset = Math.min(part?.size ?? 0, wanted.size);
    return { artifact, offset, id };
  }

  /** An upload that was begun, in this life of the controller or an earlier one. */
  async upload(id: string): Promise<(Upload & { readonly offset: number }) | undefined> {
    if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
    const text = await readFile(this.#about(id), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const upload = JSON.parse(text) as Upload;
    const part = await stat(this.#part(upload.sha256)).catch(() => undefined);
    return { ...upload, offset: Math.min(part?.size ?? 0, upload.size) };
  }

  /**
   * Takes bytes from `offset` on. With the last of them the digest is checked and the URI names them; returned is how
   * many bytes are here then.
   *
   * @throws BitError `conflict` where `offset` is not where it goes on, `integrity` where the bytes are others, `busy`
   */
  async receive(upload: Upload, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    if (this.#busy.has(upload.sha256)) throw new BitError('busy', 'somebody sends these bytes already');
    this.#busy.add(upload.sha256);
    try {
      const path = this.#part(upload.sha256);
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, 'a');
      let at = (await file.stat()).size;
      try {
        if (at !== offset) throw new BitError('conflict', `it goes on at byte ${at}`, { details: { offset: at } });
        for await (const piece of bytes) {
          if (at + piece.length > upload.size)
            throw new BitError('integrity', `more than the ${upload.size} bytes announced`);
          await file.write(piece);
          at += piece.length;
        }
        if (at === upload.size) await file.sync();
      } finally {
        await file.close();
      }
      if (at === upload.size) await this.#keep(upload);
      return at;
    } finally {
      this.#busy.delete(upload.sha256);
    }
  }

  async #keep(upload: Upload): Promise<void> {
    const part = this.#part(upload.sha256);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(part, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
    const sha256 = hash.digest('hex');
    if (sha256 !== upload.sha256) {
      await rm(part, { force: true });
      throw new BitError('integrity', `${upload.uri}: the bytes have the digest ${sha256}`, {
        hint: 'send them again from the start',
        details: { uri: upload.uri, expected: upload.sha256, actual: sha256 },
      });
    }
    const path = this.content(sha256);
    await mkdir(dirname(path), { recursive: true });
    await rename(part, path);
    fsyncDirectory(dirname(path));
    this.name(upload);
    await rm(this.#about(upload.id), { force: true });
  }

  /** Has the URI name bytes that are here. */
  name({ uri, sha256, size, job }: Omit<Upload, 'id' | 'owner' | 'fence'>): void {
    const named = { uri, sha256, size, chunks: chunksOf(size), job: job ?? null };
    writeFileAtomic(this.#name(uri), `${JSON.stringify(named)}\n`);
  }

  /** What a URI names. */
  async find(uri: string): Promise<(MeshArtifact & { readonly job: string | null }) | undefined> {
    const text = await readFile(this.#name(uri), 'utf8').catch(() => undefined);
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return isJsonObject(value) ? (value as JsonObject & MeshArtifact & { job: string | null }) : undefined;
  }

  /** Where the bytes of a digest are kept. */
  content(sha256: string): string {
    return join(this.#directory, 'sha256', sha256.slice(0, 2), sha256);
  }

  /** Uploads that were begun and not ended. */
  async open(): Promise<number> {
    const names = await readdir(join(this.#directory, 'uploads')).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).length;
  }

  #part(sha256: string): string {
    return join(this.#directory, 'uploads', `${sha256}.part`);
  }

  #about(id: string): string {
    return join(this.#directory, 'uploads', `${id}.json`);
  }

  #name(uri: string): string {
    const name = createHash('sha256').update(uri).digest('hex');
    return join(this.#directory, 'names', name.slice(0, 2), `${name}.json`);
  }
}

function chunksOf(size: number): number {
  return Math.ceil(size / CHUNK);
}

import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256 } from '../../kernel/digest.ts';
import { fromErrno } from '../../kernel/errors.ts';
import { makeDirectory } from '../../kernel/files.ts';
import { damaged } from '../measure.ts';
import { chunkPath } from './layout.ts';
import type { Chunk, Manifest } from './manifest.ts';

/** Keeps a chunk; on disk when it resolves. One that is there is written again: what lies there may be damaged. */
export async function keepChunk(root: string, bytes: Uint8Array): Promise<Chunk> {
  const digest = sha256(bytes).toString('hex');
  const path = chunkPath(root, digest);
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    makeDirectory(dirname(path), 0o700);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fromErrno(error, `cannot write ${path}`);
  }
  return { sha256: digest, size: bytes.length };
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}

/** @throws BitError `integrity` where it is gone or holds other bytes */
export async function readChunk(root: string, chunk: Chunk, uri: string): Promise<Buffer> {
  const path = chunkPath(root, chunk.sha256);
  let bytes: Buffer;
  try {
    if ((await stat(path)).size !== chunk.size) throw damaged(uri, `a chunk of it has another length`);
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(uri, 'a chunk of it is gone');
    throw fromErrno(error, `cannot read ${path}`);
  }
  if (sha256(bytes).toString('hex') !== chunk.sha256) throw damaged(uri, 'a chunk of it holds other bytes');
  return bytes;
}

/** The bytes of a range, a chunk at a time. */
export async function* readChunks(
  root: string,
  manifest: Manifest,
  offset: number,
  length: number,
): AsyncGenerator<Buffer> {
  const end = Math.min(manifest.size, offset + length);
  let at = 0;
  for (const chunk of manifest.chunks) {
    const next = at + chunk.size;
    if (next > offset && at < end) {
      const bytes = await readChunk(root, chunk, manifest.uri);
      yield bytes.subarray(Math.max(0, offset - at), Math.min(chunk.size, end - at));
    }
    if (next >= end) return;
    at = next;
  }
}

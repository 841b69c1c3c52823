import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { fsyncDirectory } from '../kernel/files.ts';
import type { ArchivedFile } from './archive-manifest.ts';

/** One file to be packed: its name in the archive and where its bytes are. */
export interface PackedFile extends ArchivedFile {
  readonly file: string;
}

/** Digest and size of a file, read once from end to end. */
export async function digestFile(file: string, path: string, signal?: AbortSignal): Promise<PackedFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, signal === undefined ? {} : { signal })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { path, file, sha256: hash.digest('hex'), size };
}

/** Writes through a temporary file beside the target: the archive is there whole or not at all. */
export async function writeWhole(
  target: string,
  operation: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${operation}.tmp`;
  try {
    await write(temporary);
    const file = openSync(temporary, 'r+');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
    fsyncDirectory(dirname(target));
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.lock`, { force: true });
  }
}

export interface PackOptions {
  readonly format: 'tar.gz' | 'zip';
  readonly files: readonly PackedFile[];
  readonly target: string;
  readonly mtime: Date;
  readonly signal: AbortSignal;
}

/** Packs the files in the order given, so that the manifest can stand first. */
export async function pack(options: PackOptions): Promise<void> {
  const { target, signal } = options;
  const sink = createWriteStream(target, { flags: 'wx' });
  if (options.format === 'zip') await pipeline(await zipStream(options), sink, { signal });
  else await pipeline(tarStream(options), createGzip(), sink, { signal });
}

async function zipStream({ files, mtime }: PackOptions): Promise<Readable> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  for (const { file, path } of files) zip.addFile(file, path, { mtime, mode: 0o100644 });
  zip.end();
  return zip.outputStream as Readable;
}

/** ustar with pax headers where a name or size asks for one (POSIX.1-2001). */
async function* tarStream({ files, mtime }: PackOptions): AsyncGenerator<Uint8Array> {
  const { Header, Pax } = await import('tar');
  for (const { file, path, size } of files) {
    const facts = { path, size, mode: 0o644, mtime, uid: 0, gid: 0, type: 'File' as const };
    const header = new Header(facts);
    const block = Buffer.alloc(512);
    if (header.encode(block, 0)) yield new Pax(facts, false).encode();
    yield block;
    let written = 0;
    for await (const chunk of createReadStream(file)) {
      written += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if (written !== size) throw new Error(`${basename(file)} changed while it was packed`);
    yield Buffer.alloc((512 - (size % 512)) % 512);
  }
  yield Buffer.alloc(1024);
}

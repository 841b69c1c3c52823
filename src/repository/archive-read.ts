import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable, shorten } from '../kernel/text.ts';
import { BESIDE, INSIDE } from './archive-full.ts';
import {
  type ArchiveManifest,
  isArchivePath,
  MOST_MANIFEST_BYTES,
  readManifest,
} from './archive-manifest.ts';
import { digestFile } from './archive-pack.ts';
import type { ArchivePlace } from './archive-place.ts';
import { walkTar, walkZip } from './archive-walk.ts';

/** An archive whose every byte was compared with its manifest. */
export interface VerifiedArchive extends ArchivePlace {
  /** Undefined for a bundle that came without one. */
  readonly manifest: ArchiveManifest | undefined;
}

/**
 * Compares an archive with its signed manifest, from end to end. Writes nothing.
 *
 * @throws BitError `integrity` naming the first file that differs, is missing or should not be there; `unsupported`
 *   for a snapshot of files, which has no manifest
 */
export async function verifyArchive(place: ArchivePlace, signal: AbortSignal): Promise<VerifiedArchive> {
  if (place.format === 'bundle') return { ...place, manifest: await verifyBeside(place.path, signal) };
  return { ...place, manifest: await readPacked(place, { signal }) };
}

/** Unpacks a packed archive into `folder`, comparing again: what is restored is what was verified. */
export async function unpackArchive(
  archive: VerifiedArchive,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const again = await readPacked(archive, { signal, folder });
  if (again.signature !== archive.manifest?.signature)
    throw mismatch('the archive was exchanged while it was read');
}

/** Unpacks the assets that stand beside a bundle. Their archive was compared with the manifest as one file. */
export async function unpackAssets(file: string, folder: string, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  await walkTar(file, signal, async (path, content) => {
    const known = path.startsWith(INSIDE.assets) && isArchivePath(path) && !seen.has(path);
    if (!known) throw mismatch(`'${printable(shorten(path))}' has no place among the assets`);
    seen.add(path);
    await writeInto(folder, path, content);
  });
}

async function verifyBeside(path: string, signal: AbortSignal): Promise<ArchiveManifest | undefined> {
  const beside = path + BESIDE.manifest;
  const stat = lstatSync(beside, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.size > MOST_MANIFEST_BYTES) throw mismatch(`${basename(beside)} is too large for a manifest`);
  const manifest = readManifest(readFileSync(beside));
  // The archive may have been renamed together with what stands beside it: names are compared by their endings.
  const name = manifest.files[0]?.path;
  if (name === undefined) throw mismatch('its manifest names no files');
  for (const file of manifest.files) {
    const ending = file.path.slice(name.length);
    const known =
      file.path === name ||
      (file.path.startsWith(name) && (ending === BESIDE.ledger || ending === BESIDE.assets));
    if (!known)
      throw mismatch(
        `the manifest names '${printable(shorten(file.path))}', which has no place beside a bundle`,
      );
    const full = path + ending;
    if (!existsSync(full)) throw mismatch(`${basename(full)} is missing`);
    const found = await digestFile(full, file.path, signal);
    if (found.sha256 !== file.sha256 || found.size !== file.size)
      throw mismatch(`${basename(full)} is not what the manifest says`);
  }
  return manifest;
}

interface ReadPacked {
  readonly signal: AbortSignal;
  /** Where the files are written, if anywhere. */
  readonly folder?: string;
}

/** One pass: the manifest, which stands first, then each file against it. */
async function readPacked(place: ArchivePlace, options: ReadPacked): Promise<ArchiveManifest> {
  const reading = new PackedReading(options.folder);
  const walk = place.format === 'zip' ? walkZip : walkTar;
  await walk(place.path, options.signal, (path, content) => reading.visit(path, content));
  return reading.end(place.path);
}

class PackedReading {
  readonly #folder: string | undefined;
  readonly #seen = new Set<string>();
  #manifest: ArchiveManifest | undefined;
  #files = new Map<string, ArchiveManifest['files'][number]>();

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  async visit(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#manifest === undefined) {
      if (path !== INSIDE.manifest) throw noManifest();
      this.#manifest = readManifest(await readBounded(content));
      this.#files = new Map(this.#manifest.files.map((file) => [file.path, file]));
      return;
    }
    const named = `'${printable(shorten(path))}'`;
    const expected = this.#files.get(path);
    if (expected === undefined || !isKnown(path))
      throw mismatch(`${named} is in the archive and not in its manifest`);
    if (this.#seen.has(path)) throw mismatch(`${named} stands in the archive twice`);
    this.#seen.add(path);
    const hash = createHash('sha256');
    let size = 0;
    const measured = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        size += chunk.length;
        // whatever a compressed stream promises, no more than the signed size is ever taken
        if (size > expected.size) throw mismatch(`${named} is longer than the manifest says`);
        hash.update(chunk);
        yield chunk;
      }
    };
    if (this.#folder === undefined) for await (const _ of measured());
    else await writeInto(this.#folder, path, measured());
    if (size !== expected.size || hash.digest('hex') !== expected.sha256)
      throw mismatch(`${named} is not what the manifest says`);
  }

  end(archive: string): ArchiveManifest {
    if (this.#manifest === undefined) throw noManifest();
    if (!this.#seen.has(INSIDE.bundle))
      throw mismatch(`${INSIDE.bundle} is missing from ${basename(archive)}`);
    const missing = this.#manifest.files.find((file) => !this.#seen.has(file.path));
    if (missing !== undefined)
      throw mismatch(`'${printable(shorten(missing.path))}' is missing from ${basename(archive)}`);
    return this.#manifest;
  }
}

async function writeInto(folder: string, path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const target = join(folder, path);
  makeDirectory(dirname(target));
  await pipeline(
    Readable.from(content, { objectMode: false }),
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
  );
}

function isKnown(path: string): boolean {
  return (
    path === INSIDE.bundle ||
    path === INSIDE.ledger ||
    (path.startsWith(INSIDE.assets) && isArchivePath(path))
  );
}

async function readBounded(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > MOST_MANIFEST_BYTES) throw mismatch('its manifest is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function mismatch(why: string): BitError {
  return new BitError('integrity', `the archive does not hold: ${why}`, {
    hint: 'it was damaged or changed after it was made; nothing was restored',
  });
}

function noManifest(): BitError {
  return new BitError(
    'unsupported',
    'the archive has no manifest: it is a snapshot of files, not made by bit archive full',
    {
      hint: 'unpack it with tar or unzip; only a full archive or a bundle is restored',
    },
  );
}

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** Called for each file in order; the next one comes when its promise has settled. It must read the content. */
export type Visit = (path: string, content: AsyncIterable<Uint8Array>) => Promise<void>;

/** More entries than any archive of ours has. */
const MOST_ENTRIES = 1_000_002;

/** Walks the plain files of a .tar.gz. Anything else in it (links, devices, folders) is refused. */
export async function walkTar(file: string, signal: AbortSignal, visit: Visit): Promise<void> {
  const { Parser } = await import('tar');
  const source = createReadStream(file);
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: 64 * 1024,
    maxDecompressionRatio: Number.POSITIVE_INFINITY,
  });
  let entries = 0;
  let failure: unknown;
  let last: Promise<void> = Promise.resolve();
  parser.on('entry', (entry) => {
    // The parser itself holds the next entry back until this one was read to its end.
    const before = last;
    last = (async () => {
      await before;
      entries += 1;
      if (failure !== undefined) throw failure;
      if (entries > MOST_ENTRIES || (entry.type !== 'File' && entry.type !== 'OldFile'))
        throw strange(entry.path, entry.type);
      await visit(entry.path, entry as unknown as AsyncIterable<Uint8Array>);
    })().catch((error: unknown) => {
      failure ??= error;
      entry.resume();
      source.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  try {
    await pipeline(source, parser as unknown as NodeJS.WritableStream, { signal });
    await last;
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (signal.aborted) throw new BitError('cancelled', 'interrupted while reading the archive');
    throw damaged(error);
  }
  if (failure !== undefined) throw failure;
}

/** Walks the files of a .zip in the order of its directory. */
export async function walkZip(file: string, signal: AbortSignal, visit: Visit): Promise<void> {
  const { openPromise } = await import('yauzl');
  let zip: ZipFile;
  try {
    zip = await openPromise(file, { lazyEntries: true, strictFileNames: true, validateEntrySizes: true });
  } catch (error) {
    throw damaged(error);
  }
  try {
    if (zip.entryCount > MOST_ENTRIES) throw strange(file, 'too many entries');
    for await (const entry of zip.eachEntry()) {
      if (signal.aborted) throw new BitError('cancelled', 'interrupted while reading the archive');
      refuseStrange(entry);
      await visit(entry.fileName, await zip.openReadStreamPromise(entry));
    }
  } catch (error) {
    throw error instanceof BitError ? error : damaged(error);
  } finally {
    zip.close();
  }
}

/** Unix file types in the upper half of the attributes: a plain file, or none said. */
function refuseStrange(entry: Entry): void {
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (entry.isEncrypted()) throw strange(entry.fileName, 'encrypted');
  if (entry.fileName.endsWith('/') || (kind !== 0 && kind !== 0o100000))
    throw strange(entry.fileName, 'not a file');
}

function strange(path: string, kind: string): BitError {
  return new BitError(
    'integrity',
    `'${printable(shorten(path))}' of the archive is no plain file (${printable(kind)})`,
    {
      hint: 'bit archive writes plain files only; nothing was restored',
    },
  );
}

function damaged(cause: unknown): BitError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BitError('integrity', `the archive can't be read: ${printable(shorten(why, 200))}`, {
    cause,
    hint: 'it was damaged or cut short; nothing was restored',
  });
}

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BitError, isBitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import { checkName, checkPath, contentStore, readJournal, runIds, runPlace } from '../workflow/index.ts';

const MOST_RUNS = 500;
const MOST_FILES = 20_000;

/** A run's artifact of that digest, as its journal has it. */
export function findArtifact(stateDirectory: string, digest: string): JsonObject | undefined {
  for (const id of runIds(stateDirectory).slice(0, MOST_RUNS)) {
    try {
      for (const { t, artifact } of readJournal(runPlace(stateDirectory, id).journal).records)
        if (t === 'artifact' && isJsonObject(artifact) && artifact['digest'] === digest) return artifact;
    } catch (error) {
      if (!isBitError(error)) throw error;
    }
  }
  return undefined;
}

export async function packArtifact(stateDirectory: string, artifact: JsonObject) {
  const files = filesOf(artifact);
  const store = contentStore(stateDirectory);
  try {
    const contents = [];
    for (const { digest, size } of files)
      contents.push({ sha256: digest, size, bytes: await buffer(store.read(digest)) });
    return {
      document: {
        name: artifact['name'] ?? '',
        digest: artifact['digest'] ?? '',
        files: files as unknown as Json,
      },
      contents,
    };
  } catch (error) {
    // swept meanwhile
    if (isBitError(error, 'not-found')) return undefined;
    throw error;
  }
}

interface PackedFile {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  readonly executable: boolean;
}

/** @throws BitError `integrity` */
function filesOf(document: JsonObject): readonly PackedFile[] {
  const { files } = document;
  const refuse = (why: string): never => {
    throw new BitError('integrity', `the artifact ${why}`);
  };
  if (!Array.isArray(files) || files.length > MOST_FILES) return refuse('lists no files');
  return (files as readonly Json[]).map((file) => {
    if (!isJsonObject(file)) return refuse('lists no file');
    const { path, digest, size, executable } = file;
    const right = typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest);
    if (typeof path !== 'string' || !right || typeof size !== 'number' || typeof executable !== 'boolean')
      return refuse('lists a file that can’t be');
    try {
      checkPath('it', path);
    } catch {
      return refuse(`has a file outside of it`);
    }
    return { path, digest, size, executable };
  });
}

/** Puts the files of an artifact of another clone below `<state>/sharing/artifacts/<digest>`. */
export async function takeArtifact(
  reader: Reader,
  key: string,
  document: JsonObject,
  bytesOf: (sha256: string, size: number) => Promise<Buffer>,
): Promise<{ readonly files: number; readonly bytes: number; readonly directory: string }> {
  const files = filesOf(document);
  const digest = createHash('sha256')
    .update(canonicalJson(files as unknown as Json))
    .digest('hex');
  if (digest !== key) throw new BitError('integrity', 'the artifact’s list is of another digest');
  if (typeof document['name'] === 'string') checkName(document['name']);
  const directory = join(reader.stateDirectory, 'sharing', 'artifacts', key);
  if (existsSync(directory)) return { files: files.length, bytes: 0, directory };
  const store = contentStore(reader.stateDirectory);
  const partial = `${directory}.${process.pid}.part`;
  let bytes = 0;
  try {
    for (const { path, digest: sha256, size, executable } of files) {
      const got = await bytesOf(sha256, size);
      bytes += got.length;
      await store.put(Readable.from([got]));
      makeDirectory(dirname(join(partial, path)));
      await store.get(sha256, join(partial, path), 0o600);
      chmodSync(join(partial, path), executable ? 0o755 : 0o644);
    }
    makeDirectory(partial);
    renameSync(partial, directory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return { files: files.length, bytes, directory };
}

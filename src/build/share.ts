import { posix } from 'node:path';
import { hasContent, putBytes, readContent } from '../kernel/content-store.ts';
import { BitError } from '../kernel/errors.ts';
import { compileGlob } from '../kernel/glob.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import { type BuildCache, openCache, readEntry, writeEntry } from './cache.ts';
import { type FileImage, filesFrom, filesJson } from './files.ts';
import type { Target } from './model.ts';
import { isCached, planBuild } from './plan.ts';

/** A build whose result is not here: another clone may have it under the same key. */
export interface WantedBuild {
  readonly key: string;
  readonly target: string;
}

const MOST_FILE = 256 << 20;
const OPTIONS = {
  mode: 'incremental',
  targets: [],
  since: undefined,
  jobs: undefined,
  noCache: false,
  timeout: undefined,
  keepGoing: false,
  logs: 'errors',
} as const;

/** The targets here that would have to run, by their content keys. None where there is nothing to build. */
export async function wantedBuilds(
  reader: Reader,
): Promise<readonly (WantedBuild & { readonly about: Target })[]> {
  try {
    const plan = await planBuild(reader, OPTIONS);
    return plan.targets.flatMap((about) => {
      const known = plan.keyed.get(about.id);
      if (known === undefined || !isCached(about, known, OPTIONS)) return [];
      if (plan.unchanged.has(about.id) || plan.entries.has(about.id)) return [];
      return [{ key: known.key, target: about.id, about }];
    });
  } catch (error) {
    if (error instanceof BitError && error.code === 'not-found') return [];
    throw error;
  }
}

/** What a key's result is made of: a document, and contents by digest. */
export interface BuildPack {
  readonly document: JsonObject;
  readonly contents: readonly { readonly sha256: string; readonly size: number }[];
}

/** Undefined where this clone has not built it, or not kept all of it. */
export function packBuild(stateDirectory: string, key: string): BuildPack | undefined {
  const cache = openCache(stateDirectory);
  const entry = readEntry(cache, key);
  if (entry === undefined) return undefined;
  const contents = new Map<string, number>();
  for (const image of entry.outputs.values()) if (image !== null) contents.set(image.sha256, image.size);
  const log = readContent(cache.store, entry.log, MOST_FILE);
  if (log !== undefined) contents.set(entry.log, log.length);
  if (log === undefined || ![...contents.keys()].every((sha256) => hasContent(cache.store, sha256)))
    return undefined;
  const { id, milliseconds } = entry;
  return {
    document: { key, target: id, outputs: filesJson(entry.outputs), log: entry.log, milliseconds },
    contents: [...contents].map(([sha256, size]) => ({ sha256, size })),
  };
}

export function packedBytes(stateDirectory: string, sha256: string): Buffer | undefined {
  return readContent(openCache(stateDirectory).store, sha256, MOST_FILE);
}

/**
 * Takes another clone's result of a target in. What it would write is looked at first: only files the target leaves, none
 * of them a link, none that git tracks.
 *
 * @throws BitError `integrity` naming what it holds that it must not
 */
export async function takeBuild(
  reader: Reader,
  wanted: WantedBuild & { readonly about: Target },
  document: JsonObject,
  bytesOf: (sha256: string, size: number) => Promise<Buffer>,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const { outputs, log, key, milliseconds } = document;
  const refuse = (why: string): BitError =>
    new BitError('integrity', `the result of ${wanted.target} ${why}`);
  if (key !== wanted.key || typeof log !== 'string' || !/^[0-9a-f]{64}$/.test(log) || !isJsonObject(document))
    throw refuse('is of something else');
  const cache = openCache(reader.stateDirectory);
  let files: ReturnType<typeof filesFrom>;
  try {
    files = filesFrom(outputs);
  } catch {
    throw refuse('lists files outside of the repository');
  }
  const tracked = new Set(await trackedFiles(reader));
  for (const [path, image] of files) {
    const why = image?.kind === 'l' ? `has a link, ${path}` : refusal(path, image, wanted.about, tracked);
    if (why !== undefined) throw refuse(why);
  }
  let bytes = 0;
  for (const image of files.values())
    if (image !== null) bytes += await keep(cache, image.sha256, image.size, bytesOf);
  bytes += await keep(cache, log, undefined, bytesOf);
  const took = typeof milliseconds === 'number' && Number.isFinite(milliseconds) ? milliseconds : 0;
  writeEntry(cache, { id: wanted.target, key: wanted.key, outputs: files, log, milliseconds: took });
  return { files: files.size, bytes };
}

/** Why a file is not a target's to leave, where somebody else says it did. */
export function refusal(
  path: string,
  image: FileImage | null,
  { outputs, observe, directory }: Target,
  tracked: ReadonlySet<string>,
): string | undefined {
  if (image === null) return `would take ${path} away`;
  if (image.kind !== 'l' && (image.mode & 0o022) !== 0) return `has a file that others may change, ${path}`;
  if (tracked.has(path)) return `would write ${path}, which git tracks`;
  const inside = observe && (directory === '' || path.startsWith(`${directory}/`));
  if (inside && !path.split('/').includes('.git')) return undefined;
  const named = outputs.some(
    (pattern) => compileGlob(pattern)(path) || path.startsWith(posix.join(pattern, '/')),
  );
  return named ? undefined : `would write ${path}, which it does not leave`;
}

async function trackedFiles({ git }: Reader): Promise<readonly string[]> {
  return (await git.read(['ls-files', '-z', '--full-name'])).stdout.split('\0');
}

async function keep(
  cache: BuildCache,
  sha256: string,
  size: number | undefined,
  bytesOf: (sha256: string, size: number) => Promise<Buffer>,
): Promise<number> {
  if (hasContent(cache.store, sha256)) return 0;
  const bytes = await bytesOf(sha256, size ?? MOST_FILE);
  const stored = putBytes(cache.store, bytes);
  if (stored.sha256 !== sha256) throw new BitError('integrity', `${sha256.slice(0, 12)} holds other bytes`);
  return stored.size;
}

import { createReadStream, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { type AssetPlace, assetPlace, formatPointer, storeAsset } from '../assets/index.ts';
import { findProgram, type GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { indexedFiles, readPointers, trackedPatterns } from './track-list.ts';

export interface TrackedAssets {
  /** Patterns added to `.gitattributes`. */
  readonly patterns: readonly string[];
  /** Patterns that were there already. */
  readonly known: readonly string[];
  /** Files of the index that are pointers now. */
  readonly files: readonly { readonly path: string; readonly oid: string; readonly size: number }[];
  /** Who turns content into pointers from now on. */
  readonly filter: 'git-lfs' | 'bit';
}

const ATTRIBUTES = '.gitattributes';
const SUFFIX = 'filter=lfs diff=lfs merge=lfs -text';

/** Where the repository keeps its assets. */
export async function assetPlaceOf(reader: Reader): Promise<AssetPlace> {
  return assetPlace(
    reader.stateDirectory,
    reader.git.paths.commonDir,
    await reader.git.config('lfs.storage'),
  );
}

/**
 * Keeps files that match the globs as git-lfs pointers: what git tracks of them already becomes pointers in the
 * index at once, what is added later does when it is added. Files of the work tree stay as they are.
 */
export async function trackAssets(reader: Reader, globs: readonly string[]): Promise<Effect<TrackedAssets>> {
  const { git } = reader;
  const root = git.paths.root;
  if (root === undefined)
    throw new BitError('unsupported', 'a bare repository has no work tree to track assets in');
  if (globs.length === 0)
    throw new BitError('usage', 'name at least one pattern', {
      hint: "for example: bit track assets '*.psd'",
    });
  for (const glob of globs) checkGlob(glob);
  const attributes = join(root, ATTRIBUTES);
  const present = new Set(trackedPatterns(readTextIfExists(attributes) ?? ''));
  const wanted = [...new Set(globs.map(attributePattern))];
  const patterns = wanted.filter((pattern) => !present.has(pattern));
  const files = await indexedContent(git, globs);
  await refuseEdited(git, files);
  const filter = findProgram('git-lfs', reader.env) === undefined ? 'bit' : 'git-lfs';
  const configured = (await git.config('filter.lfs.process')) ?? (await git.config('filter.lfs.clean'));
  const bytes = files.map((path) => lstatSync(join(root, path)).size).reduce((sum, size) => sum + size, 0);
  return {
    summary: `track ${globs.join(' ')} as assets`,
    target: { patterns: wanted, files },
    plan: [
      ...patterns.map((pattern) => `add "${pattern} ${SUFFIX}" to ${ATTRIBUTES}`),
      ...(files.length === 0 ? [] : [`store ${files.length} files (${bytes} bytes) by digest`]),
      ...files.map((path) => `make ${path} a pointer in the index`),
      ...(configured === undefined ? [`set filter.lfs.* to ${filter}`] : []),
    ],
    touches: {
      refs: [],
      index: true,
      worktree: 'tracked',
      files: [attributes, join(git.paths.commonDir, 'config')],
    },
    async run(writer) {
      const stored = await storeFiles(writer, root, files);
      if (configured === undefined) await configureFilter(writer, filter);
      await stagePointers(writer, stored);
      if (patterns.length > 0) {
        writeFileAtomic(attributes, withPatterns(readTextIfExists(attributes) ?? '', patterns));
        await writer.git.run(['add', '--', `:(top,literal)${ATTRIBUTES}`]);
      }
      return { patterns, known: wanted.filter((pattern) => present.has(pattern)), files: stored, filter };
    },
    record: (out) => ({
      patterns: out.patterns,
      files: out.files.slice(0, 100).map(({ path, oid, size }) => ({ path, oid, size })),
    }),
  };
}

function checkGlob(glob: string): void {
  const refuse = (why: string): never => {
    throw new BitError('usage', `pattern '${printable(shorten(glob))}' ${why}`);
  };
  if (glob === '' || glob === '/') refuse('is empty');
  if (glob.length > 1024 || /[\u0000-\u001f\u007f"]/.test(glob))
    refuse('holds a control character or quote, or is too long');
  if (/^[!-]/.test(glob)) refuse(`begins with '${glob.slice(0, 1)}'`);
  if (glob.split('/').includes('..')) refuse('leaves the repository');
  if (glob.endsWith('/')) refuse("names a folder; say what is in it with '/**'");
}

/** As git-lfs writes a pattern: spaces as a character class, a leading `#` escaped. */
function attributePattern(glob: string): string {
  return glob.replaceAll(' ', '[[:space:]]').replace(/^#/, '\\#');
}

function withPatterns(text: string, patterns: readonly string[]): string {
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return start + patterns.map((pattern) => `${pattern} ${SUFFIX}\n`).join('');
}

/** A pattern without a slash matches at any depth (gitattributes(5)). */
function pathspec(glob: string): string {
  return glob.includes('/') ? `:(top,glob)${glob.replace(/^\//, '')}` : `:(top,glob)**/${glob}`;
}

/** Regular files of the index that match and are content, not pointers. */
async function indexedContent(git: GitReader, globs: readonly string[]): Promise<string[]> {
  const entries = await indexedFiles(git, globs.map(pathspec));
  const pointers = await readPointers(git, entries);
  return entries
    .filter((entry) => entry.path !== ATTRIBUTES && entry.size > 0 && !pointers.has(entry.path))
    .map((entry) => entry.path);
}

async function refuseEdited(git: GitReader, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const wanted = new Set(paths);
  const edited = (await git.status({ untracked: false })).changed
    .filter((entry) => entry.unstaged !== undefined && wanted.has(entry.path))
    .map((entry) => entry.path);
  if (edited.length === 0) return;
  throw new BitError(
    'conflict',
    `${edited
      .slice(0, 10)
      .map((path) => printable(path))
      .join(', ')} changed since git last saw it`,
    {
      hint: 'stage or put back the change first, so that it is clear which bytes are meant',
      details: { paths: edited },
    },
  );
}

async function storeFiles(
  writer: Writer,
  root: string,
  paths: readonly string[],
): Promise<TrackedAssets['files']> {
  const place = await assetPlaceOf(writer);
  const progress = writer.progress('track assets');
  const stored: { path: string; oid: string; size: number }[] = [];
  try {
    for (const [at, path] of paths.entries()) {
      progress.update('storing', at, paths.length);
      stored.push({ path, ...(await storeAsset(place, createReadStream(join(root, path)), writer.signal)) });
    }
  } finally {
    progress.end();
  }
  return stored;
}

async function stagePointers(writer: Writer, files: TrackedAssets['files']): Promise<void> {
  if (files.length === 0) return;
  const modes = await writer.git.read(['ls-files', '-s', '-z']);
  const modeOf = new Map(
    modes.stdout.split('\0').map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, 6)] as const),
  );
  const lines: string[] = [];
  for (const file of files) {
    const written = await writer.git.run(['hash-object', '-w', '--stdin'], { input: formatPointer(file) });
    lines.push(`${modeOf.get(file.path) ?? '100644'} ${written.stdout.trim()}\t${file.path}`);
  }
  await writer.git.run(['update-index', '-z', '--index-info'], { input: `${lines.join('\0')}\0` });
}

/** As `git lfs install --local` does, or with `bit` in the place of git-lfs. */
async function configureFilter(writer: Writer, filter: 'git-lfs' | 'bit'): Promise<void> {
  const settings =
    filter === 'git-lfs'
      ? {
          clean: 'git-lfs clean -- %f',
          smudge: 'git-lfs smudge -- %f',
          process: 'git-lfs filter-process',
          required: 'true',
        }
      : { process: 'bit track filter', required: 'true' };
  for (const [name, value] of Object.entries(settings))
    await writer.git.run(['config', '--local', `filter.lfs.${name}`, value]);
}

import { copyFileSync, existsSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter, Oid, RunOptions } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import { type Image, listIndex, readKept, sameTrees, sha256 } from './image.ts';

export interface RestoreTreesOptions {
  readonly git: GitWriter;
  readonly stateDirectory: string;
  readonly operation: string;
  readonly from: Image;
  readonly to: Image;
  /**
   * A tree that holds the files as an operation found them which was taken back just before: what was edited by hand
   * between the two lies in it, so that nothing is lost where a file stands as it says.
   */
  readonly known?: Oid;
}

/**
 * Brings index and work tree from one image to another. Only entries and files that differ between the images are
 * touched; of everything else, staged, edited, sparse, only going to be added, nothing changes.
 *
 * @throws BitError `changed` naming what stands otherwise than `from` says, with nothing touched
 */
export async function restoreTrees(options: RestoreTreesOptions): Promise<void> {
  const { git, from, to } = options;
  if (from.index === undefined || to.index === undefined) return;
  if (from.index === null || to.index === null) return restoreConflicts(options);
  const [fromFiles, toFiles] = [from.worktree ?? null, to.worktree ?? null];
  const filesMove = fromFiles !== null && toFiles !== null && fromFiles !== toFiles;
  if (filesMove && fromFiles === from.index && toFiles === to.index && options.known === undefined) {
    await readTree(git, [from.index, to.index]);
    return;
  }
  const entries = await changesBetween(git, from.index, to.index);
  if (entries.length > 0) await refuseStaged(git, from.index, entries);
  const sparse = filesMove ? await restoreFiles(options, fromFiles, toFiles) : await skipped(git);
  if (entries.length > 0) await restoreIndex(git, entries, sparse);
}

/** Where one of the two indexes holds conflicts: it is replaced whole, so it must stand just as recorded. */
async function restoreConflicts(options: RestoreTreesOptions): Promise<void> {
  const { git, stateDirectory, from, to } = options;
  if (sameTrees(from, to)) return;
  const listing = to.index === null ? keptListing(stateDirectory, to) : undefined;
  if (!(await indexStandsAs(git, from))) throw changedSince(['the index']);
  const off = await skipped(git);
  if (typeof from.worktree === 'string' && typeof to.worktree === 'string' && from.worktree !== to.worktree)
    await restoreFiles(options, from.worktree, to.worktree);
  if (listing === undefined) await git.run(['read-tree', '--reset', to.index ?? '']);
  else {
    await git.run(['read-tree', '--empty']);
    await git.run(['update-index', '-z', '--index-info'], { input: listing });
  }
  const still = (await git.read(['ls-files', '-z'], BYTES)).stdout
    .split('\0')
    .filter((path) => off.has(path));
  if (still.length > 0) await keepOff(git, still);
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
}

async function indexStandsAs(git: GitWriter, image: Image): Promise<boolean> {
  if (image.index !== null) return (await git.writeTree()) === image.index;
  return image.unmerged !== undefined && sha256(await listIndex(git)) === image.unmerged;
}

function keptListing(stateDirectory: string, { unmerged }: Image): Buffer {
  if (unmerged === undefined) throw heldConflicts();
  return readKept(stateDirectory, unmerged);
}

/** Says of the paths that they are not on disk on purpose, in a sparse checkout. */
async function keepOff(git: GitWriter, paths: readonly string[]): Promise<void> {
  const input = bytes(paths.map((path) => `${path}\0`));
  await git.run(['update-index', '--skip-worktree', '-z', '--stdin'], { input });
}

/**
 * {@link restoreTrees} for what stands because an operation of ours was stopped halfway: where conflicts or half-written
 * files are in the way, they are thrown away.
 */
export async function putBackTrees(options: RestoreTreesOptions): Promise<void> {
  const { git, from, to } = options;
  if (from.index === undefined || to.index === undefined || to.index === null) return restoreTrees(options);
  if (from.index !== null) {
    try {
      return await restoreTrees(options);
    } catch (error) {
      if (!isBitError(error, 'changed')) throw error;
    }
  }
  await resetTrees(git, from, { ...to, index: to.index });
}

async function resetTrees(git: GitWriter, from: Image, to: Image & { readonly index: Oid }): Promise<void> {
  if (typeof to.worktree === 'string') {
    // through an index that says what lies on disk, so that files it made go
    if (typeof from.worktree === 'string') await git.run(['read-tree', from.worktree]);
    await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
    await git.run(['read-tree', '--reset', '-u', to.worktree]);
  }
  await git.run(['read-tree', to.index]);
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
}

interface Change {
  /** Its bytes as Latin-1, for a name need not be UTF-8. */
  readonly path: string;
  /** As it is to become: mode `000000` deletes. */
  readonly mode: string;
  readonly oid: Oid;
  /** In the tree one comes from. */
  readonly was: boolean;
}

const BYTES = { encoding: 'latin1' } as const;

function bytes(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.join(''), 'latin1');
}

function shownPath(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

async function changesBetween(git: GitWriter, from: Oid, to: Oid): Promise<Change[]> {
  const { stdout } = await git.read(
    ['diff-tree', '-r', '-z', '--no-renames', '--no-abbrev', from, to],
    BYTES,
  );
  const fields = stdout.split('\0');
  const changes: Change[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [was = '', mode = '', , oid = ''] = (fields[i] ?? '').split(' ');
    changes.push({ path: fields[i + 1] ?? '', mode, oid, was: was !== ':000000' });
  }
  return changes;
}

/** What was staged since is fine as long as going back doesn't touch it. */
async function refuseStaged(git: GitWriter, from: Oid, entries: readonly Change[]): Promise<void> {
  const now = await git.writeTree();
  if (now === undefined) throw heldConflicts();
  if (now !== from) await refuseBoth(git, { from, now }, entries);
}

async function refuseBoth(
  git: GitWriter,
  { from, now }: { readonly from: Oid; readonly now: Oid },
  needed: readonly Change[],
): Promise<void> {
  const since = new Set((await changesBetween(git, from, now)).map((change) => change.path));
  const both = needed.map((change) => change.path).filter((path) => since.has(path));
  if (both.length > 0) throw changedSince(both.map(shownPath));
}

/**
 * Files on disk, through an index of its own that says how they lie there; git looks before it overwrites. Returns
 * the paths which the sparse patterns keep off the disk.
 */
async function restoreFiles(options: RestoreTreesOptions, from: Oid, to: Oid): Promise<ReadonlySet<string>> {
  const { git, stateDirectory, operation } = options;
  const changes = await changesBetween(git, from, to);
  const directory = join(stateDirectory, 'tmp');
  makeDirectory(directory);
  const index = join(directory, `${operation}.files.${process.pid}.index`);
  const real = join(git.paths.gitDir, 'index');
  const env = { GIT_INDEX_FILE: index };
  try {
    // an index with conflicts is no start: the tree of the files is
    if (options.from.index === null) await git.run(['read-tree', from], { env });
    else if (existsSync(real)) copyFileSync(real, index);
    const take = ['update-index', '-z', '--add', '--remove', '--ignore-skip-worktree-entries', '--stdin'];
    const input = (paths: readonly Change[]): Uint8Array => bytes(paths.map(({ path }) => `${path}\0`));
    await git.run(take, { env, input: input(changes.filter(({ was }) => was)) });
    // a file that should come and lies there already is in nobody's way if it is the same; if not, git says so
    const already = changes.filter(({ was, path }) => !was && isFile(git.paths.root ?? '', path));
    if (already.length > 0) await git.run(take, { env, input: input(already), accept: [0, 128] });
    const now = (await git.run(['write-tree'], { env })).stdout.trim();
    const was = changes.filter((change) => change.was);
    const edited = await editedBetween(options, { from, now }, was);
    await refuseBoth(
      git,
      { from, now },
      was.filter(({ path }) => !edited.some((entry) => entry.path === path)),
    );
    const start = edited.length === 0 ? from : await overlaid(options, from, edited);
    await readTree(git, [start, to], { env });
    return await skipped(git, { env });
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

/** Of the files to change those that stand as `known` says, as entries of `now`. */
async function editedBetween(
  { git, known }: RestoreTreesOptions,
  { from, now }: { readonly from: Oid; readonly now: Oid },
  needed: readonly Change[],
): Promise<readonly Change[]> {
  if (known === undefined || now === from) return [];
  const wanted = new Set(needed.map(({ path }) => path));
  const unknown = new Set((await changesBetween(git, known, now)).map(({ path }) => path));
  const since = await changesBetween(git, from, now);
  return since.filter(({ path }) => wanted.has(path) && !unknown.has(path));
}

/** The tree with some entries otherwise. */
async function overlaid(
  { git, stateDirectory, operation }: RestoreTreesOptions,
  tree: Oid,
  entries: readonly Change[],
): Promise<Oid> {
  const index = join(stateDirectory, 'tmp', `${operation}.overlaid.${process.pid}.index`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git.run(['read-tree', tree], { env });
    const input = bytes(entries.map(({ mode, oid, path }) => `${mode} ${oid} 0\t${path}\0`));
    await git.run(['update-index', '-z', '--index-info'], { env, input });
    return (await git.run(['write-tree'], { env })).stdout.trim();
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

function isFile(root: string, path: string): boolean {
  try {
    return !lstatSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')])).isDirectory();
  } catch {
    return false;
  }
}

/** Paths the index keeps off the disk, in a sparse checkout. */
async function skipped(git: GitWriter, options: RunOptions = {}): Promise<ReadonlySet<string>> {
  if ((await git.config('core.sparseCheckout')) !== 'true') return new Set();
  const { stdout } = await git.read(['ls-files', '-t', '-z'], { ...options, ...BYTES });
  const rows = stdout.split('\0').filter((row) => row.startsWith('S '));
  return new Set(rows.map((row) => row.slice(2)));
}

/** Just the entries, deletions first: a file may become a folder. */
async function restoreIndex(
  git: GitWriter,
  entries: readonly Change[],
  sparse: ReadonlySet<string>,
): Promise<void> {
  const gone = entries.filter(({ mode }) => /^0+$/.test(mode));
  const rest = entries.filter(({ mode }) => !/^0+$/.test(mode));
  const lines = [...gone, ...rest].map(({ mode, oid, path }) => `${mode} ${oid} 0\t${path}\0`);
  await git.run(['update-index', '-z', '--index-info'], { input: bytes(lines) });
  const off = rest.map(({ path }) => path).filter((path) => sparse.has(path));
  if (off.length > 0) await keepOff(git, off);
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
}

function heldConflicts(): BitError {
  return new BitError('unsupported', 'the index holds merge conflicts, which have no tree to go back to', {
    hint: 'finish it with bit resume, or give it up with bit resume --abort; then undo',
  });
}

function changedSince(paths: readonly string[]): BitError {
  const shown = paths.slice(0, 10).map((path) => printable(path));
  const more = paths.length > 10 ? `, and ${paths.length - 10} more` : '';
  return new BitError(
    'changed',
    `can't go back without losing changes made since in ${shown.join(', ')}${more}`,
    { hint: 'commit or stash them first', details: { paths } },
  );
}

/** `git read-tree -m -u`: two trees, files and index together, refused as a whole where something is in the way. */
async function readTree(git: GitWriter, trees: readonly [Oid, Oid], options: RunOptions = {}): Promise<void> {
  await git.run(['update-index', '-q', '--refresh'], { ...options, accept: [0, 1] });
  const result = await git.run(['read-tree', '-m', '-u', ...trees], { ...options, accept: [0, 128] });
  if (result.exitCode === 0) return;
  const paths = [...result.stderr.matchAll(/Entry '([^']+)'|Untracked working tree file '([^']+)'/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  if (paths.length > 0) throw changedSince(paths);
  const [said = 'git read-tree refused'] = result.stderr.trim().split('\n');
  throw new BitError('changed', `can't go back: ${printable(said)}`);
}

import { chmodSync, existsSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { GitWriter, Oid, RefUpdate } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { type FileImage, type Image, readFileImage, readKept, sameFile, writeWorkTree } from './image.ts';

export interface RestoreOptions {
  readonly git: GitWriter;
  readonly stateDirectory: string;
  /** Operation that restores; stands in the reflogs. */
  readonly operation: string;
  /** How it must stand now; anything else is refused. */
  readonly from: Image;
  readonly to: Image;
}

/** What stands otherwise than `image` says; empty where all agrees. Each a line a person can act on. */
export async function differences(git: GitWriter, image: Image): Promise<string[]> {
  const found: string[] = [];
  const refs = new Map((await git.refs()).map((ref) => [ref.name, ref.oid]));
  for (const [name, oid] of Object.entries(image.refs)) {
    const now = refs.get(name) ?? null;
    if (now !== oid) found.push(`${name} is at ${short(now)}, not ${short(oid)}`);
  }
  if (image.head !== undefined) {
    const head = await git.head();
    const ref = head.kind === 'detached' ? null : head.ref;
    if (ref !== image.head.ref)
      found.push(`HEAD is at ${ref ?? 'a detached commit'}, not ${image.head.ref ?? 'detached'}`);
    else if (ref === null && head.kind === 'detached' && head.oid !== image.head.oid) {
      found.push(`HEAD is at ${short(head.oid)}, not ${short(image.head.oid)}`);
    }
  }
  for (const [path, file] of Object.entries(image.files ?? {})) {
    const now = readFileImage(path)?.image;
    if (sameFile(now, file)) continue;
    const shown = relative(git.paths.root ?? git.paths.gitDir, path);
    found.push(`${shown} ${now === undefined ? 'is gone' : file === null ? 'came to be' : 'was changed'}`);
  }
  return found;
}

function short(oid: Oid | null): string {
  return oid === null ? 'nothing' : oid.slice(0, 10);
}

/**
 * Brings refs, HEAD, index, work tree and files from one image to another, refusing to overwrite anything that is
 * in neither: local changes git itself would refuse to lose, refs that moved, files that differ.
 *
 * Order: work tree and index first (git checks them), then all refs in one transaction, then HEAD, then files.
 *
 * @throws BitError `changed` naming what stands otherwise
 */
export async function restoreImage(options: RestoreOptions): Promise<void> {
  const { git, from, to } = options;
  const wrong = await differences(git, moving(from, to));
  if (wrong.length > 0) {
    throw new BitError('changed', `can't go back: ${wrong.join('; ')}`, {
      hint: 'something moved since; look with: bit log audit',
      details: { changed: wrong },
    });
  }
  if (git.paths.root !== undefined) await restoreTrees(options);
  await restoreRefs(options);
  restoreFiles(options);
}

/** The part of `from` that going to `to` would change: only that must stand as recorded. */
function moving(from: Image, to: Image): Image {
  const refs: Record<string, Oid | null> = {};
  for (const [name, oid] of Object.entries(to.refs)) {
    const was = from.refs[name];
    if (was !== undefined && was !== oid) refs[name] = was;
  }
  const headMatters =
    from.head?.ref !== to.head?.ref || from.index !== to.index || from.worktree !== to.worktree;
  const files = Object.fromEntries(movingFiles(from, to).map(([path, was]) => [path, was]));
  return { refs, files, ...(headMatters && from.head !== undefined ? { head: from.head } : {}) };
}

/** Files that going from one image to the other changes: path, how it stands, how it is to be. */
function movingFiles(
  from: Image,
  to: Image,
): [path: string, was: FileImage | null, wanted: FileImage | null][] {
  return Object.entries(to.files ?? {}).flatMap(([path, wanted]) => {
    const was = from.files?.[path];
    return was === undefined || sameFile(was, wanted) ? [] : [[path, was, wanted]];
  });
}

async function restoreTrees(options: RestoreOptions): Promise<void> {
  const { git, from, to } = options;
  if (from.index === undefined || to.index === undefined) return;
  if (from.index === null || to.index === null) {
    throw heldConflicts();
  }
  const worktreeKnown = typeof from.worktree === 'string' && typeof to.worktree === 'string';
  if (!worktreeKnown) {
    if (from.index !== to.index) await restoreIndex(options, from.index, to.index);
    return;
  }
  const fromTree = from.worktree as Oid;
  const toTree = to.worktree as Oid;
  if (fromTree === from.index && toTree === to.index) {
    if (from.index !== to.index) await readTree(options, ['-m', '-u', from.index, to.index]);
    return;
  }
  // The operation met or left a dirty work tree: go through an index that says what lies on disk.
  const now = await writeWorkTree(git, from.scope ?? 'tracked', options);
  if (now !== null && now !== fromTree) await refuseTouched(options, now, fromTree, toTree);
  await git.run(['read-tree', fromTree]);
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
  if (fromTree !== toTree) {
    try {
      await readTree(options, ['-m', '-u', fromTree, toTree]);
    } catch (error) {
      await git.run(['read-tree', from.index]);
      throw error;
    }
  }
  await git.run(['read-tree', to.index]);
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
}

/** The operation staged and unstaged, and touched no file: only the entries it changed go back, whatever lies on disk. */
async function restoreIndex(options: RestoreOptions, from: Oid, to: Oid): Promise<void> {
  const { git } = options;
  const now = await git.writeTree();
  if (now === undefined) throw heldConflicts();
  if (now !== from) await refuseTouched(options, now, from, to);
  const { stdout } = await git.read(['diff-tree', '-r', '-z', '--no-renames', '--no-abbrev', from, to]);
  const fields = stdout.split('\0');
  let input = '';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, mode = '', , oid = ''] = (fields[i] ?? '').split(' ');
    input += `${mode} ${oid} 0\t${fields[i + 1] ?? ''}\0`;
  }
  await git.run(['update-index', '-z', '--index-info'], { input });
  await git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
}

function heldConflicts(): BitError {
  return new BitError('unsupported', 'the index holds merge conflicts, which have no tree to go back to', {
    hint: 'finish or abort the merge with git first',
  });
}

/** Files edited since are fine as long as going back doesn't touch them. */
async function refuseTouched(options: RestoreOptions, now: Oid, from: Oid, to: Oid): Promise<void> {
  const names = async (a: Oid, b: Oid): Promise<Set<string>> => {
    const result = await options.git.read(['diff-tree', '-r', '-z', '--name-only', '--no-renames', a, b]);
    return new Set(result.stdout.split('\0').filter((name) => name !== ''));
  };
  const [edited, needed] = [await names(from, now), await names(from, to)];
  const both = [...edited].filter((name) => needed.has(name));
  if (both.length > 0) throw changedSince(both);
}

function changedSince(paths: readonly string[]): BitError {
  const listed = paths.slice(0, 10).join(', ') + (paths.length > 10 ? `, and ${paths.length - 10} more` : '');
  return new BitError('changed', `can't go back without losing changes made since in ${listed}`, {
    hint: 'commit or stash them first',
    details: { paths },
  });
}

async function readTree(options: RestoreOptions, args: readonly string[]): Promise<void> {
  await options.git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
  const result = await options.git.run(['read-tree', ...args], { accept: [0, 128] });
  if (result.exitCode === 0) return;
  const paths = [...result.stderr.matchAll(/Entry '([^']+)'|Untracked working tree file '([^']+)'/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  if (paths.length === 0) {
    throw new BitError(
      'changed',
      `can't go back: ${result.stderr.trim().split('\n')[0] ?? 'git read-tree refused'}`,
    );
  }
  throw changedSince(paths);
}

async function restoreRefs(options: RestoreOptions): Promise<void> {
  const { git, from, to, operation } = options;
  const updates: RefUpdate[] = [];
  for (const [name, oid] of Object.entries(to.refs)) {
    const was = from.refs[name];
    if (was === undefined || was === oid) continue;
    updates.push({ name, to: oid ?? undefined, from: was ?? git.zeroOid });
  }
  const message = `bit ${operation}: restore`;
  const headMoves = to.head !== undefined && from.head?.ref !== to.head.ref;
  // A branch HEAD still points to can't be deleted safely: move HEAD first where it leaves one that goes away.
  if (headMoves && to.head?.ref != null) await git.run(['symbolic-ref', '-m', message, 'HEAD', to.head.ref]);
  if (updates.length > 0) await git.updateRefs(updates, message);
  const detachedMoves = to.head !== undefined && to.head.ref === null && to.head.oid !== null;
  if (detachedMoves && (headMoves || from.head?.oid !== to.head?.oid)) {
    await git.run(['update-ref', '--no-deref', '-m', message, 'HEAD', to.head?.oid ?? '']);
  }
}

function restoreFiles(options: RestoreOptions): void {
  const { from, to, stateDirectory } = options;
  for (const [path, was, wanted] of movingFiles(from, to)) {
    if (wanted === null) {
      rmSync(path, { force: true });
      continue;
    }
    const bytes = readKept(stateDirectory, wanted.sha256);
    if (wanted.link === true) {
      if (was !== null) rmSync(path);
      symlinkSync(bytes, path);
    } else {
      writeFileAtomic(path, bytes, { mode: wanted.mode });
      chmodSync(path, wanted.mode);
    }
  }
  for (const folder of [...(to.missing ?? [])].reverse()) {
    if (from.missing?.includes(folder) !== true) removeIfEmpty(folder);
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // something else is in it by now, or it is gone
  }
}

/** Git's own lock files that a killed git leaves behind, as paths; for repair. */
export function gitLockFiles(gitDir: string, commonDir: string): string[] {
  const names = [
    'index.lock',
    'HEAD.lock',
    'config.lock',
    'packed-refs.lock',
    'shallow.lock',
    'ORIG_HEAD.lock',
  ];
  return names
    .flatMap((name) => [join(gitDir, name), join(commonDir, name)])
    .filter((path, at, all) => all.indexOf(path) === at && existsSync(path));
}

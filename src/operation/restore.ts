import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter, Oid, RefUpdate } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { changedFiles, type FileImage, type Image, readKept, writeWorkTree } from './image.ts';

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
  const wrong = [
    ...(await differences(git, moving(from, to))),
    ...changedFiles(movingFiles(from, to)).map((path) => `${path} was changed`),
  ];
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
  return { refs, ...(headMatters && from.head !== undefined ? { head: from.head } : {}) };
}

function movingFiles(from: Image, to: Image): NonNullable<Image['files']> {
  return Object.fromEntries(
    Object.entries(to.files ?? {}).flatMap(([path, image]) => {
      const was = from.files?.[path];
      return was === undefined || sameFile(was, image) ? [] : [[path, was]];
    }),
  );
}

function sameFile(a: FileImage | null, b: FileImage | null): boolean {
  return a?.sha256 === b?.sha256 && a?.mode === b?.mode;
}

async function restoreTrees(options: RestoreOptions): Promise<void> {
  const { git, from, to } = options;
  if (from.index === undefined || to.index === undefined) return;
  if (from.index === null || to.index === null) {
    throw new BitError(
      'unsupported',
      'the index held merge conflicts there, which have no tree to go back to',
      {
        hint: 'finish or abort the merge with git first',
      },
    );
  }
  const worktreeKnown = typeof from.worktree === 'string' && typeof to.worktree === 'string';
  if (!worktreeKnown) {
    if (from.index !== to.index) await readTree(options, ['-m', from.index, to.index]);
    return;
  }
  const fromTree = from.worktree as Oid;
  const toTree = to.worktree as Oid;
  if (fromTree === from.index && toTree === to.index) {
    if (from.index !== to.index) await readTree(options, ['-m', '-u', from.index, to.index]);
    return;
  }
  // The operation met or left a dirty work tree: go through an index that says what lies on disk.
  const now = await writeWorkTree(git, 'tracked', options);
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
  for (const path of Object.keys(movingFiles(options.from, options.to))) {
    const image = options.to.files?.[path] ?? null;
    if (image === null) {
      rmSync(path, { force: true });
      continue;
    }
    const bytes = readKept(options.stateDirectory, image.sha256);
    if (bytes.subarray(0, 8).toString() === 'symlink:') {
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(path);
      symlinkSync(bytes.subarray(8).toString(), path);
    } else writeFileAtomic(path, bytes, { mode: image.mode });
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

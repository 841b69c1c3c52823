import { chmodSync, existsSync, readdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { GitWriter, Oid, RefUpdate } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { type FileImage, type Image, readFileImage, readKept, sameFile, sameTrees } from './image.ts';
import { putBackTrees, restoreTrees } from './restore-trees.ts';

export interface RestoreOptions {
  /** Undefined outside a repository, where images hold files only. */
  readonly git: GitWriter | undefined;
  readonly stateDirectory: string;
  /** Operation that restores; stands in the reflogs. */
  readonly operation: string;
  /** How it must stand now; anything else is refused. */
  readonly from: Image;
  readonly to: Image;
  /** What stands is this operation's own doing, interrupted: conflicts and files it wrote are thrown away. */
  readonly own?: boolean;
  /** A tree of files as a newer operation, taken back just before, had found them. */
  readonly known?: Oid;
}

/** What stands otherwise than `image` says; empty where all agrees. Each a line a person can act on. */
export async function differences(git: GitWriter | undefined, image: Image): Promise<string[]> {
  const found = git === undefined ? [] : await gitDifferences(git, image);
  for (const [path, file] of Object.entries(image.files ?? {})) {
    const now = readFileImage(path)?.image;
    if (sameFile(now, file)) continue;
    const shown = git === undefined ? path : relative(git.paths.root ?? git.paths.gitDir, path);
    found.push(`${shown} ${now === undefined ? 'is gone' : file === null ? 'came to be' : 'was changed'}`);
  }
  return found;
}

async function gitDifferences(git: GitWriter, image: Image): Promise<string[]> {
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
  const wrong = await differences(git, moving(from, to));
  if (wrong.length > 0) {
    throw new BitError('changed', `can't go back: ${wrong.join('; ')}`, {
      hint: 'something moved since; look with: bit log audit',
      details: { changed: wrong },
    });
  }
  if (git !== undefined) {
    const inside = { ...options, git };
    if (git.paths.root !== undefined) await (options.own === true ? putBackTrees : restoreTrees)(inside);
    await restoreRefs(inside);
  }
  restoreFiles(options);
}

/** The part of `from` that going to `to` would change: only that must stand as recorded. */
function moving(from: Image, to: Image): Image {
  const refs: Record<string, Oid | null> = {};
  for (const [name, oid] of Object.entries(to.refs)) {
    const was = from.refs[name];
    if (was !== undefined && was !== oid) refs[name] = was;
  }
  const headMatters = from.head?.ref !== to.head?.ref || !sameTrees(from, to);
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

async function restoreRefs(options: RestoreOptions & { readonly git: GitWriter }): Promise<void> {
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

/** Git's own lock files that a killed git leaves behind (`index.lock`, `CHERRY_PICK_HEAD.lock`), as paths; for repair. */
export function gitLockFiles(gitDir: string, commonDir: string): string[] {
  const locks = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name.endsWith('.lock'))
          .map((entry) => join(folder, entry.name))
      : [];
  return [...new Set([...locks(gitDir), ...locks(commonDir)])].sort();
}

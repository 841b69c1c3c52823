import { chmodSync, lstatSync, readlinkSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import {
  type ContentStore,
  hasContent,
  putBytes,
  putFile,
  readContent,
  takeFile,
} from '../kernel/content-store.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import type { BuildState } from './state.ts';
import { foreignParent } from './tree.ts';

/** A file or link as it stands, or stood. */
export interface FileImage {
  readonly kind: 'x' | 'l' | '-';
  /** Permission bits. */
  readonly mode: number;
  /** Of a link: of where it leads. */
  readonly sha256: string;
  readonly size: number;
}

/** Files by path; null where there was none. */
export type Files = ReadonlyMap<string, FileImage | null>;

const LONGEST_LINK = 4096;

export interface FilePlace {
  readonly root: string;
  readonly state: BuildState;
  readonly store: ContentStore;
}

/** How `path` stands; null where there is nothing, or something that is neither file nor link. */
export function imageOf({ state }: Pick<FilePlace, 'state'>, path: string): FileImage | null {
  const digest = state.digest(path);
  if (digest === undefined) return null;
  return { kind: digest.kind, mode: digest.mode & 0o777, sha256: digest.sha256, size: digest.size };
}

export function isSameImage(a: FileImage | null, b: FileImage | null): boolean {
  if (a === null || b === null) return a === b;
  return a.sha256 === b.sha256 && a.kind === b.kind && (a.kind === 'l' || a.mode === b.mode);
}

/** Puts the bytes of `path` into the store, where they are not there already. Returns what was put there. */
export function keep(place: FilePlace, path: string, image: FileImage): number {
  if (hasContent(place.store, image.sha256)) return 0;
  const full = join(place.root, path);
  const stored =
    image.kind === 'l' ? putBytes(place.store, readlinkSync(full, 'buffer')) : putFile(place.store, full);
  if (stored.sha256 !== image.sha256)
    throw new BitError('failed', `${path} changed while it was being kept`, { details: { path } });
  return stored.size;
}

/** Where a link leads outside the repository, so that what it stands for is not ours to keep. */
export function leadsOutside(root: string, path: string): boolean {
  return leadsOut(path, readlinkSync(join(root, path)));
}

/** The same of a link at `path` that would lead to `leads`. */
export function leadsOut(path: string, leads: string): boolean {
  if (posix.isAbsolute(leads) || /^[A-Za-z]:|^\\/.test(leads)) return true;
  const meant = posix.normalize(posix.join(posix.dirname(path), leads));
  return meant === '..' || meant.startsWith('../') || meant.split('/')[0] === '.git';
}

/**
 * Brings the paths to how `wanted` says they are. Each is written beside and put in its place in one step; a link on the
 * way is never followed.
 *
 * @returns the first path whose bytes the store has not got whole, or undefined where all went well
 * @throws BitError `conflict` where something else stands on the way
 */
export function bring(
  place: FilePlace,
  wanted: Iterable<readonly [string, FileImage | null]>,
): string | undefined {
  for (const [path, image] of wanted) {
    if (isSameImage(imageOf(place, path), image)) continue;
    const foreign = foreignParent(place.root, path);
    const full = join(place.root, path);
    if (image === null) {
      if (foreign === undefined) remove(place.root, path);
      continue;
    }
    if (foreign !== undefined) throw inTheWay(path, foreign);
    if (lstatSync(full, { throwIfNoEntry: false })?.isDirectory() === true) throw inTheWay(path, path);
    makeDirectory(dirname(full));
    if (image.kind === 'l') {
      const leads = readContent(place.store, image.sha256, LONGEST_LINK);
      if (leads === undefined) return path;
      rmSync(full, { force: true });
      symlinkSync(leads, full);
    } else if (!takeFile(place.store, image.sha256, full, image.mode)) return path;
    else chmodSync(full, image.mode);
  }
  return undefined;
}

function inTheWay(path: string, what: string): BitError {
  return new BitError('conflict', `${path} can't be written: ${what} is in the way`, {
    hint: 'move it away and build again',
    details: { path, what },
  });
}

/** The file, and the folders it leaves empty. */
function remove(root: string, path: string): void {
  rmSync(join(root, path), { force: true });
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    try {
      rmdirSync(join(root, folder));
    } catch {
      return; // something else is in it
    }
  }
}

/** {@link Files} as they are written down: path, kind, mode, digest, size. */
export type ListedFiles = readonly (readonly [string, FileImage['kind'] | '', number, string, number])[];

export function filesJson(files: Files): ListedFiles {
  return [...files].map(([path, image]) =>
    image === null ? [path, '', 0, '', 0] : [path, image.kind, image.mode, image.sha256, image.size],
  );
}

/** @throws Error where it is no list of files, or one of them lies outside */
export function filesFrom(value: unknown): Files {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return new Map(
    (value as unknown[]).map((row): [string, FileImage | null] => {
      if (!Array.isArray(row)) throw new TypeError('no row');
      const [path, kind, mode, sha256, size] = row as unknown[];
      if (typeof path !== 'string' || !isInside(path)) throw new TypeError('no path');
      if (kind === '') return [path, null];
      const fits = (kind === 'x' || kind === 'l' || kind === '-') && typeof mode === 'number';
      if (!fits || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
        throw new TypeError('no file');
      return [path, { kind, mode: mode & 0o777, sha256, size: Number(size) }];
    }),
  );
}

function isInside(path: string): boolean {
  const names = path.split('/');
  return (
    path !== '' && names[0] !== '.git' && !names.some((name) => name === '' || name === '.' || name === '..')
  );
}

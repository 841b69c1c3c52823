import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import type { SourceFiles } from '../workflow/index.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** The files of the work tree, as a source may read them. */
export function workTreeFiles(
  root: string,
  checkPlugged?: NonNullable<SourceFiles['checkPlugged']>,
): SourceFiles {
  const real = realpathSync(root);
  const inside = (path: string): string | undefined => {
    const target = resolve(real, path);
    if (target !== real && !target.startsWith(real + sep)) throw leadsOut(path);
    try {
      const followed = realpathSync(target);
      if (followed !== real && !followed.startsWith(real + sep)) throw leadsOut(path);
      return followed;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw fromErrno(error, `cannot read ${path}`);
    }
  };
  return {
    root: real,
    ...(checkPlugged === undefined ? {} : { checkPlugged }),
    read(path) {
      const target = inside(path);
      if (target === undefined) return undefined;
      const facts = statSync(target);
      if (!facts.isFile()) return undefined;
      if (facts.size > MOST_BYTES)
        throw new BitError('usage', `${printable(path)} is too large for a workflow`);
      return readFileSync(target, 'utf8');
    },
    list(path) {
      const target = inside(path);
      if (target === undefined || !statSync(target).isDirectory()) return [];
      return readdirSync(target).sort();
    },
  };
}

function leadsOut(path: string): BitError {
  return new BitError('usage', `${printable(path)} leads out of the repository`);
}

/** What a run's source read, so that a resumed run reads the same: `<run>/sources.json`. */
export function recordedFiles(files: SourceFiles, directory: string): SourceFiles & { save(): void } {
  const path = join(directory, 'sources.json');
  const kept = readKept(path);
  const reads: Record<string, string | null> = { ...kept?.reads };
  const lists: Record<string, readonly string[]> = { ...kept?.lists };
  return {
    root: files.root,
    ...(files.checkPlugged === undefined ? {} : { checkPlugged: files.checkPlugged }),
    read(name) {
      if (!Object.hasOwn(reads, name)) reads[name] = files.read(name) ?? null;
      return reads[name] ?? undefined;
    },
    list(name) {
      if (!Object.hasOwn(lists, name)) lists[name] = files.list(name);
      return lists[name] ?? [];
    },
    save: () => writeFileAtomic(path, `${JSON.stringify({ reads, lists })}\n`, { mode: 0o600 }),
  };
}

interface Kept {
  readonly reads: Record<string, string | null>;
  readonly lists: Record<string, readonly string[]>;
}

function readKept(path: string): Kept | undefined {
  const text = readTextIfExists(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value) && isJsonObject(value['reads']) && isJsonObject(value['lists']))
      return value as unknown as Kept;
  } catch {
    // told below
  }
  throw new BitError('integrity', `${path} is damaged`, { hint: 'start the run anew' });
}

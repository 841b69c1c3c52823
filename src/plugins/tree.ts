/** The files of a work tree as code that is not trusted may read them: below the root, no links out, bounded. */
import { closeSync, fstatSync, globSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { text, texts } from './shapes.ts';

const MOST_BYTES = 4 * 1024 * 1024;
const MOST_FILES = 10_000;

export interface TreeReader {
  /** Undefined where there is no such file. @throws BitError `denied` for a path that leads out */
  read(path: unknown): Promise<Uint8Array | undefined>;
  /** Files by globs, sorted. */
  list(globs: unknown): Promise<readonly string[]>;
}

export function treeReader(root: string): TreeReader {
  const real = realpathSync(root);
  const git = join(real, '.git');
  return {
    async read(path) {
      const wanted = text(path, 'path', 4096);
      const target = resolve(real, wanted);
      if (!target.startsWith(real + sep))
        throw new BitError('denied', `${wanted} leads out of the work tree`);
      let followed: string;
      try {
        followed = realpathSync(target);
      } catch {
        return undefined;
      }
      if (!followed.startsWith(real + sep) || followed === git || followed.startsWith(git + sep))
        throw new BitError('denied', `${wanted} leads out of the work tree`);
      return readBounded(followed, wanted);
    },
    async list(globs) {
      const patterns = texts(globs, 'globs', 100);
      for (const pattern of patterns)
        if (pattern.startsWith('/') || pattern.split(/[\\/]/).includes('..'))
          throw new BitError('denied', `${pattern} leads out of the work tree`);
      const found = new Set<string>();
      const skip = (entry: { readonly name: string }): boolean => entry.name === '.git';
      for (const entry of globSync([...patterns], { cwd: real, withFileTypes: true, exclude: skip })) {
        if (!entry.isFile()) continue;
        found.add(
          join(entry.parentPath, entry.name)
            .slice(real.length + 1)
            .replaceAll(sep, '/'),
        );
        if (found.size > MOST_FILES)
          throw new BitError('usage', `more than ${MOST_FILES} files are meant by ${patterns.join(', ')}`);
      }
      return [...found].sort();
    },
  };
}

function readBounded(path: string, shown: string): Uint8Array | undefined {
  const file = openSync(path, 'r');
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) return undefined;
    if (facts.size > MOST_BYTES) throw new BitError('usage', `${shown} is larger than 4 MB`);
    const bytes = Buffer.alloc(facts.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(file, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(file);
  }
}

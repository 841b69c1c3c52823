import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../kernel/content-store.ts';
import { BitError } from '../../kernel/errors.ts';
import { type Artifact, artifactFrom } from '../../workflow/index.ts';

/** Of a plugin that goes along: the artifact, and where the bytes of each digest lie. */
export interface Carried {
  readonly artifact: Artifact;
  readonly paths: ReadonlyMap<string, string>;
}

/** As an artifact of a job. */
export const CODE = 'code';
const MOST_FILES = 2000;
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * The files of a plugin, each by its digest; links are left out, for the process of a bot follows none out of there.
 *
 * @throws BitError `failed` for one that is too large to go along
 */
export function carry(folder: string, name: string): Carried {
  const root = realpathSync(folder);
  const paths = new Map<string, string>();
  const files: { path: string; digest: string; size: number; executable: boolean }[] = [];
  let bytes = 0;
  const walk = (below: string): void => {
    for (const { name: entry } of readdirSync(join(root, below), { withFileTypes: true })) {
      const path = below === '' ? entry : `${below}/${entry}`;
      const facts = lstatSync(join(root, path));
      if (facts.isDirectory()) walk(path);
      if (!facts.isFile()) continue;
      bytes += facts.size;
      if (files.length >= MOST_FILES || bytes > MOST_BYTES) throw tooLarge(name);
      const { sha256: digest, size } = digestOf(join(root, path));
      files.push({ path, digest, size, executable: (facts.mode & 0o100) !== 0 });
      paths.set(digest, join(root, path));
    }
  };
  walk('');
  return { artifact: artifactFrom(CODE, files), paths };
}

function tooLarge(name: string): BitError {
  return new BitError(
    'failed',
    `${name} has more than ${MOST_FILES} files or ${MOST_BYTES} bytes: it can't go along to a runner`,
    { hint: 'let its bots be handled here: bit bot reroute NAME --off' },
  );
}

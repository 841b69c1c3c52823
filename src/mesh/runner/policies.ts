import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import type { PolicySource } from '../../policy/index.ts';

/** Folders whose policies are in force anyhow, once accepted. */
const ACCEPTED = ['.bithub/policies', '.bit/rego'];
const MOST_FILES = 200;
const MOST_BYTES = 1024 * 1024;

/**
 * Policies of a folder that the manifest names and that is none of those a repository's own are accepted from: the
 * runner's, beside what is in force.
 *
 * @throws BitError `not-found` where it is not there, `integrity` for links and for too much
 */
export function policiesIn(root: string, folder: string): readonly PolicySource[] {
  const clean = folder.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (ACCEPTED.includes(clean)) return [];
  const directory = join(root, clean);
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) throw new BitError('not-found', `there is no ${clean}, which policies.dir names`);
  if (!stat.isDirectory()) throw new BitError('integrity', `${clean} is no folder`);
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.rego'))
    .sort();
  if (names.length > MOST_FILES)
    throw new BitError('integrity', `${clean} holds more than ${MOST_FILES} policies`);
  return names.map((name) => {
    const path = join(directory, name);
    const file = lstatSync(path);
    if (!file.isFile() || file.size > MOST_BYTES)
      throw new BitError('integrity', `${clean}/${name} is a link, or too large for a policy`);
    return { path: `${clean}/${name}`, text: readFileSync(path, 'utf8') };
  });
}

import { mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import type { FetchedPlugin } from './fetch.ts';
import { npm } from './npm.ts';

const MOST_FILES = 20_000;
const MOST_BYTES = 512 * 1024 * 1024;

/** Unpacks a plugin into `directory`, which must not exist, with the packages it needs; runs nothing of it. */
export async function unpackPlugin(
  reader: Pick<Reader, 'env' | 'signal'>,
  fetched: FetchedPlugin,
  directory: string,
): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const archive = join(directory, '.archive.tgz');
  writeFileSync(archive, fetched.archive, { mode: 0o600 });
  const { extract } = await import('tar');
  let files = 0;
  let bytes = 0;
  await extract({
    file: archive,
    cwd: directory,
    strip: 1,
    strict: true,
    preserveOwner: false,
    filter(path, entry) {
      // plain files only: a link is a way out of the directory
      const type = 'type' in entry ? entry.type : 'File';
      if (type === 'Directory') return true;
      if (type !== 'File' && type !== 'OldFile')
        throw new BitError('integrity', `the package holds a ${printable(String(type))}: ${printable(path)}`);
      files += 1;
      bytes += entry.size;
      if (files > MOST_FILES)
        throw new BitError('integrity', `the package holds more than ${MOST_FILES} files`);
      if (bytes > MOST_BYTES) throw new BitError('integrity', 'the package is larger than 512 MB unpacked');
      return true;
    },
  });
  rmSync(archive);
  if (fetched.manifest.dependencies) {
    const args = [
      'install',
      '--omit=dev',
      '--omit=peer',
      '--legacy-peer-deps',
      '--install-links',
      '--no-save',
    ];
    await npm(args, { env: reader.env, cwd: directory, signal: reader.signal });
  }
  refuseWaysOut(directory);
}

/** Node's permission model follows links: none may lead out of what the plugin may read. */
function refuseWaysOut(directory: string): void {
  const root = realpathSync(directory);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    let target: string | undefined;
    try {
      target = realpathSync(path);
    } catch {
      target = undefined; // leads nowhere now; it must not lead somewhere later
    }
    if (target?.startsWith(`${root}${sep}`) === true) continue;
    throw new BitError(
      'integrity',
      `the package holds a link that leads out of it: ${printable(path.slice(root.length + 1))}`,
    );
  }
}

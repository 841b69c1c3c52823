import { readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import type { FetchedPlugin } from './fetch.ts';
import { npm } from './npm.ts';

const MOST_FILES = 20_000;
const MOST_BYTES = 512 * 1024 * 1024;
const WAY_OUT = /^(?:[\\/]|[A-Za-z]:)|(?:^|[\\/])\.\.(?:[\\/]|$)/;

/** Unpacks a plugin into `directory`, which must not exist, with the packages it needs; runs nothing of it. */
export async function unpackPlugin(
  reader: Pick<Reader, 'env' | 'signal'>,
  fetched: FetchedPlugin,
  directory: string,
): Promise<void> {
  makeDirectory(directory, 0o700);
  const archive = join(directory, '.archive.tgz');
  writeFileSync(archive, fetched.archive, { mode: 0o600 });
  const { extract } = await import('tar');
  let files = 0;
  let bytes = 0;
  // what is thrown in a filter reaches nobody: the first fault is kept, and nothing after it is written
  let fault: string | undefined;
  const faultOf = (path: string, type: string, size: number): string | undefined => {
    if (WAY_OUT.test(path)) return `a path that leads out of it: ${printable(shorten(path))}`;
    if (type === 'Directory') return undefined;
    // plain files only: a link is a way out of the directory
    if (type !== 'File' && type !== 'OldFile') return `a ${printable(type)}: ${printable(shorten(path))}`;
    files += 1;
    bytes += size;
    if (files > MOST_FILES) return `more than ${MOST_FILES} files`;
    return bytes > MOST_BYTES ? 'more than 512 MB unpacked' : undefined;
  };
  try {
    await extract({
      file: archive,
      cwd: directory,
      strip: 1,
      strict: true,
      preserveOwner: false,
      filter(path, entry) {
        fault ??= faultOf(path, 'type' in entry ? entry.type : 'File', entry.size);
        return fault === undefined;
      },
    });
  } catch (error) {
    const known = fromErrno(error, 'unpack the package');
    if (known instanceof BitError) throw known;
    const why = error instanceof Error ? error.message : String(error);
    throw new BitError('integrity', `the package can't be unpacked: ${printable(shorten(why))}`, {
      cause: error,
    });
  }
  if (fault !== undefined) throw new BitError('integrity', `the package holds ${fault}`);
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

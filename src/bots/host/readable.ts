import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { GitReader } from '../../git/index.ts';
import type { Reader } from '../../operation/index.ts';
import type { BotSeam } from './seam.ts';

/** Settings of git's that name a file it reads. */
const FILES =
  '^(core\\.(excludesfile|attributesfile)|mailmap\\.file|blame\\.ignorerevsfile|gpg\\.ssh\\.(allowedsignersfile|revocationfile))$';
/** Where systems without `/usr` have their programs. */
const STORES: readonly string[] = ['/nix/store', '/gnu/store'];
/** An alternate may have alternates. */
const MOST_ALTERNATES = 20;

/**
 * What a query of a bot's finds of this machine beside its programs: the work tree, `bit` and its settings, what git is
 * configured by, and objects that the repository borrows. Nothing else of the user's is there.
 */
export async function readableFor(
  { git, configDirectory }: Pick<Reader, 'git' | 'configDirectory'>,
  { program, folder }: Pick<BotSeam, 'program' | 'folder'>,
): Promise<readonly string[]> {
  const { root, commonDir } = git.paths;
  const found = [
    ...STORES,
    ...(root === undefined ? [] : [root]),
    ...[program.node, folder, ...program.reads, configDirectory],
    ...(await configured(git)),
    ...alternatesOf(join(commonDir, 'objects')),
  ].filter((path) => existsSync(path));
  return [...new Set(found.flatMap((path) => [realpathSync(path), path]))];
}

/** The files git's configuration is in, and those it names. */
async function configured(git: GitReader): Promise<readonly string[]> {
  const origins = await git.read(['config', '--list', '--show-origin', '--name-only', '-z']);
  const named = await git.read(['config', '-z', '--type=path', '--get-regexp', FILES], { accept: [0, 1] });
  return [
    ...origins.stdout.split('\0').flatMap((text) => (text.startsWith('file:') ? [text.slice(5)] : [])),
    ...named.stdout.split('\0').flatMap((text) => text.split('\n').slice(1)),
  ].filter((path) => isAbsolute(path));
}

function alternatesOf(objects: string): readonly string[] {
  const found: string[] = [];
  for (const open = [objects]; found.length < MOST_ALTERNATES; ) {
    const at = open.pop();
    if (at === undefined) break;
    let text: string;
    try {
      text = readFileSync(join(at, 'info', 'alternates'), 'utf8');
    } catch {
      continue;
    }
    const paths = text
      .split('\n')
      .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [resolve(at, line)]));
    const fresh = paths.filter((path) => !found.includes(path));
    found.push(...fresh);
    open.push(...fresh);
  }
  return found;
}

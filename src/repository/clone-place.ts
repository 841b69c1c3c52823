import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { checkRemote } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';

/** `owner/name` as GitHub has them. */
const GITHUB_NAME = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\/([A-Za-z0-9._-]{1,100})$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})(?::\d{1,5})?$/;

/**
 * What `git clone` is to be given for a URL, an scp-like address, a local path, or `owner/name` on GitHub
 * (`GH_HOST`). A path that exists wins over `owner/name`, as git itself reads it.
 *
 * @throws BitError `usage` for a hostile address, `not-found` where a path leads nowhere
 */
export function repositoryAddress(text: string, place: Pick<Reader, 'cwd' | 'env'>): string {
  checkRemote(text);
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return text;
  const local = resolve(place.cwd, text);
  if (lstatSync(local, { throwIfNoEntry: false }) !== undefined) return local;
  if (/^[^/\\]{2,}:/.test(text)) return text;
  const github = githubName(text);
  if (github !== undefined) return githubAddress(github, place.env);
  throw new BitError('not-found', `there is no repository at '${printable(shorten(text))}'`, {
    hint: 'give a URL, a path that exists, or owner/name on GitHub',
  });
}

/** Whether `text` names a repository on GitHub rather than a path that exists or an address. */
export function namesGithub(text: string, cwd: string): boolean {
  return (
    githubName(text) !== undefined && lstatSync(resolve(cwd, text), { throwIfNoEntry: false }) === undefined
  );
}

function githubName(text: string): { readonly owner: string; readonly name: string } | undefined {
  const [, owner, rest] = GITHUB_NAME.exec(text) ?? [];
  const name = rest?.replace(/\.git$/, '');
  if (owner === undefined || name === undefined || /^\.{0,2}$/.test(name)) return undefined;
  return { owner, name };
}

function githubAddress(
  github: { readonly owner: string; readonly name: string },
  env: Reader['env'],
): string {
  const host = env['GH_HOST'] || 'github.com';
  if (!HOST.test(host)) throw new BitError('usage', `GH_HOST '${printable(shorten(host))}' is no host name`);
  return `https://${host}/${github.owner}/${github.name}.git`;
}

/** Folder a clone of `address` goes to when none is named: its last part, without `.git`. */
export function folderFor(address: string, mirror: boolean): string {
  const path = address
    .replace(/[?#].*$/, '')
    .replace(/[/\\]+$/, '')
    .replace(/[/\\]\.git$/, '');
  const name = (path.split(/[/\\:]/).pop() ?? '').replace(/\.git$/, '');
  if (name === '' || /^\.{1,2}$/.test(name) || name.startsWith('-')) {
    throw new BitError('usage', `can't tell a folder name from '${printable(shorten(address))}'`, {
      hint: 'name the folder after the repository',
    });
  }
  return mirror ? `${name}.git` : name;
}

/**
 * The absolute target: must not exist, or be an empty folder.
 *
 * @throws BitError `usage` for a name no folder should have, `conflict` where something is there
 */
export function cloneTarget(cwd: string, directory: string): string {
  if (directory === '' || /[\u0000-\u001f\u007f]/.test(directory)) {
    throw new BitError('usage', `'${printable(shorten(directory))}' is no name for a folder`);
  }
  const target = resolve(cwd, directory);
  if (basename(target).toLowerCase() === '.git') throw new BitError('usage', `a clone can't be named .git`);
  const stat = lstatSync(target, { throwIfNoEntry: false });
  if (stat === undefined) return target;
  const empty = stat.isDirectory() && readdirSync(target).length === 0;
  if (!empty) {
    throw new BitError('conflict', `${printable(target)} exists and is not an empty folder`, {
      hint: 'name another folder',
      details: { directory: target },
    });
  }
  return target;
}

const LEFT_OVER = /^\..+\.bit-clone-[0-9a-hjkmnp-tv-z]{26}\.(\d{1,10})\.([0-9a-f]{8})$/;

function thisHost(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** Beside the target, so that a rename brings it there; its name tells whose it is. */
export function temporarySibling(target: string, operation: string): string {
  return join(dirname(target), `.${basename(target)}.bit-clone-${operation}.${process.pid}.${thisHost()}`);
}

/** Half clones in `parent` that processes of this machine left when they were killed. */
export function staleClones(parent: string): string[] {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return [];
  }
  return names
    .filter((name) => {
      const [, pid, host] = LEFT_OVER.exec(name) ?? [];
      if (pid === undefined || host !== thisHost() || isRunning(Number(pid))) return false;
      return lstatSync(join(parent, name), { throwIfNoEntry: false })?.isDirectory() === true;
    })
    .map((name) => join(parent, name));
}

export function removeStaleClones(parent: string): string[] {
  const stale = staleClones(parent);
  for (const path of stale) rmSync(path, { recursive: true, force: true });
  return stale;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

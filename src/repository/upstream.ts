import { resolve } from 'node:path';
import { checkRemote, type GitReader, type RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { didYouMean } from './lookup.ts';

/** Git's settings on remotes and what branches track, read in one process. */
export interface RemoteSettings {
  readonly remotes: ReadonlyMap<
    string,
    { readonly fetch: readonly string[]; readonly url: string | undefined }
  >;
  readonly branches: ReadonlyMap<string, BranchSettings>;
  readonly pushDefault: string | undefined;
  readonly pull: { readonly rebase: string | undefined; readonly ff: string | undefined };
}

export interface BranchSettings {
  readonly remote?: string;
  /** Full name of the ref over there. */
  readonly merge?: string;
  readonly pushRemote?: string;
  readonly rebase?: string;
}

export async function readRemoteSettings(git: GitReader): Promise<RemoteSettings> {
  const remotes = new Map<string, { fetch: string[]; url: string | undefined }>();
  const branches = new Map<string, BranchSettings>();
  let pushDefault: string | undefined;
  let pull: RemoteSettings['pull'] = { rebase: undefined, ff: undefined };
  for (const [key, value] of await git.configEntries(['remote.', 'branch.', 'pull.'])) {
    const name = key.slice(key.indexOf('.') + 1, key.lastIndexOf('.'));
    const member = key.slice(key.lastIndexOf('.') + 1);
    if (key === 'remote.pushdefault') pushDefault = value;
    else if (key.startsWith('pull.')) pull = { ...pull, [member]: value };
    else if (key.startsWith('remote.')) {
      const remote = remotes.get(name) ?? { fetch: [], url: undefined };
      remotes.set(
        name,
        member === 'url' ? { ...remote, url: value } : { ...remote, fetch: [...remote.fetch, value] },
      );
    } else if (key.startsWith('branch.')) {
      const setting = member === 'pushremote' ? 'pushRemote' : member;
      branches.set(name, { ...branches.get(name), [setting]: value });
    }
  }
  return { remotes, branches, pushDefault, pull };
}

/** A remote's name, or an address that stands for none. @throws BitError `not-found` with the nearest names */
export function requireRemote(settings: RemoteSettings, name: string, cwd: string): string {
  checkRemote(name);
  if (settings.remotes.has(name) || name === '.') return name;
  // git runs in the root of the work tree, wherever the person stands
  if (/[/\\:]/.test(name)) return /^[^/\\]*:/.test(name) ? name : resolve(cwd, name);
  throw new BitError('not-found', `there is no remote '${printable(shorten(name))}'`, {
    hint: didYouMean(name, settings.remotes.keys()).hint ?? 'add it with: bit git remote add <name> <url>',
    details: { remote: name },
  });
}

/** Where a branch is fetched from when nothing is said: what it tracks, else `origin`, else the only remote. */
export function defaultRemote(
  settings: RemoteSettings,
  branch: string | undefined,
  purpose: 'fetch' | 'push',
): string {
  const own = branch === undefined ? undefined : settings.branches.get(branch);
  const set = purpose === 'push' ? (own?.pushRemote ?? settings.pushDefault ?? own?.remote) : own?.remote;
  if (set !== undefined) return set;
  const names = [...settings.remotes.keys()];
  if (names.includes('origin')) return 'origin';
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  if (only === undefined) {
    throw new BitError('not-found', 'this repository has no remote', {
      hint: 'add one with: bit git remote add origin <url>',
    });
  }
  throw new BitError('usage', `which remote? There are ${names.map((name) => printable(name)).join(', ')}`, {
    hint: 'name one',
  });
}

/** Where `ref` of `remote` is kept here, by the remote's fetch refspecs; undefined where it isn't. */
export function trackingRef(settings: RemoteSettings, remote: string, ref: RefName): RefName | undefined {
  for (const refspec of settings.remotes.get(remote)?.fetch ?? []) {
    const [from = '', to = ''] = refspec.replace(/^\+/, '').split(':');
    if (refspec.startsWith('^') || to === '') continue;
    if (from === ref) return to;
    const [head = '', tail] = from.split('*');
    if (tail === undefined || !ref.startsWith(head) || !ref.endsWith(tail)) continue;
    if (ref.length < head.length + tail.length) continue;
    return to.replace('*', () => ref.slice(head.length, ref.length - tail.length));
  }
  return undefined;
}

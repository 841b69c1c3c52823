import { BitError } from '../kernel/errors.ts';

/** What a `uses` names. */
export type ActionReference =
  | LocalReference
  | { readonly kind: 'docker'; readonly image: string }
  | RemoteReference;

export interface LocalReference {
  readonly kind: 'local';
  readonly path: string;
  /** Of the repository that the file naming it is from, `$/path`; else of the one the run is in. */
  readonly self: boolean;
}

export interface RemoteReference {
  readonly kind: 'remote';
  readonly owner: string;
  readonly repo: string;
  /** Within the repository; empty for its root. */
  readonly path: string;
  readonly ref: string;
}

const NAME = /^[A-Za-z0-9_.-]+$/;
const SEGMENT = /^[^\0-\x1f\\:*?"<>|]+$/;

/** @throws BitError `usage` for what is none of the three */
export function parseUses(uses: string): ActionReference {
  const text = uses.trim();
  if (text.startsWith('docker://')) return { kind: 'docker', image: text.slice('docker://'.length) };
  if (text.startsWith('./') || text.startsWith('../') || text === '.') {
    return { kind: 'local', path: inside(text, uses), self: false };
  }
  if (text.startsWith('$/')) return { kind: 'local', path: inside(text.slice(2), uses), self: true };
  const [place = '', ref = '', ...more] = text.split('@');
  const [owner = '', repo = '', ...path] = place.split('/');
  const sound =
    more.length === 0 &&
    [owner, repo].every((name) => NAME.test(name) && !/^\.+$/.test(name)) &&
    isRef(ref) &&
    path.every((part) => SEGMENT.test(part) && !/^\.+$/.test(part));
  if (!sound) throw new BitError('usage', `${uses} is no action: owner/repo@ref, ./path or docker://image`);
  return { kind: 'remote', owner, repo, path: path.join('/'), ref };
}

function isRef(ref: string): boolean {
  return (
    !/^\.*$/.test(ref) && !ref.startsWith('-') && !/[\s~^:?*[\\\0-\x1f]/.test(ref) && !ref.includes('..')
  );
}

/** A path that stays in the repository. */
function inside(path: string, uses: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) throw new BitError('usage', `${uses} leads out of the repository`);
    } else parts.push(part);
  }
  return parts.join('/');
}

/** Where vendored actions are, relative to the work tree. */
export const VENDOR_FOLDER = '.bithub/actions';
export const LOCK_FILE = `${VENDOR_FOLDER}/actions.lock.json`;

/** The folder of a vendored repository at a ref: a ref is no path, so its `/` are written as `%2F`. */
export function vendoredFolder({ owner, repo, ref }: RemoteReference): string {
  return [VENDOR_FOLDER, owner.toLowerCase(), repo.toLowerCase(), encodeURIComponent(ref)].join('/');
}

export function nameOf({ owner, repo, path, ref }: RemoteReference): string {
  return `${owner}/${repo}${path === '' ? '' : `/${path}`}@${ref}`;
}

/** The vendored repository that a file of the work tree is from; empty for the work tree's own. */
export function repositoryOf(path: string): string {
  const parts = path.split('/');
  return path.startsWith(`${VENDOR_FOLDER}/`) ? parts.slice(0, 5).join('/') : '';
}

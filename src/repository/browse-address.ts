import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';

/** How a forge spells the addresses of its pages. */
export type ForgeStyle = 'github' | 'gitlab' | 'bitbucket' | 'gitea';

export interface Forge {
  readonly style: ForgeStyle;
  /** The repository's page, `https://host/owner/name`. */
  readonly home: string;
}

/** What a page is wanted of. */
export type Page =
  | { readonly kind: 'home' }
  | { readonly kind: 'branch'; readonly branch: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'commit'; readonly oid: string }
  | { readonly kind: 'pull-request'; readonly number: number }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly folder: boolean;
      readonly at: { readonly branch: string } | { readonly oid: string };
      readonly line?: number;
    };

/**
 * The forge behind a remote's URL, in any form git takes: `https://`, `ssh://`, `git://`, or scp-like. User
 * information and the port of ssh are left out; a port of http stays.
 *
 * @throws BitError `unsupported` for a local path
 */
export function forgeOf(remote: string): Forge {
  const { protocol, host, path } = split(remote);
  const style = styleOf(host);
  return { style, home: `${protocol}://${host}/${encodePath(path)}` };
}

function split(remote: string): { protocol: 'http' | 'https'; host: string; path: string } {
  const url =
    /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[^/?#]*@)?(\[[0-9A-Fa-f:.]+\]|[^/:?#@]+)(:\d+)?\/([^?#]+)/.exec(
      remote,
    );
  if (url !== null && !/^file$/i.test(url[1] ?? '')) {
    const scheme = (url[1] ?? '').toLowerCase();
    const web = scheme === 'http' || scheme === 'https';
    return {
      protocol: scheme === 'http' ? 'http' : 'https',
      host: checkHost(remote, `${url[2] ?? ''}${web ? (url[3] ?? '') : ''}`),
      path: cleanPath(remote, url[4] ?? ''),
    };
  }
  const scp = /^(?:[^/@]+@)?([^/:@[\]]+|\[[0-9A-Fa-f:.]+\]):(.+)$/.exec(remote);
  if (url === null && scp !== null && !/^[A-Za-z]:[\\/]/.test(remote) && !remote.includes('://')) {
    return {
      protocol: 'https',
      host: checkHost(remote, scp[1] ?? ''),
      path: cleanPath(remote, scp[2] ?? ''),
    };
  }
  throw noPage(remote);
}

function cleanPath(remote: string, path: string): string {
  const clean = decode(path)
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  if (clean === '' || clean.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw noPage(remote);
  return clean;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function checkHost(remote: string, host: string): string {
  // ssh.github.com and altssh.gitlab.com serve ssh on another port for the forge itself
  const plain = host
    .toLowerCase()
    .replace(/^ssh\.(?=github\.com$)|^alt(?:ssh)\.(?=gitlab\.com$|bitbucket\.org$)/, '');
  if (!/^(?:[a-z0-9](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(plain)) throw noPage(remote);
  return plain;
}

function noPage(remote: string): BitError {
  return new BitError('unsupported', `'${printable(shorten(maskSecrets(remote)))}' has no web page`, {
    hint: 'a remote with an http or ssh address on a forge has one',
  });
}

function styleOf(host: string): ForgeStyle {
  const name = host.replace(/:\d+$/, '');
  if (/(^|[.-])gitlab([.-]|$)/.test(name) || name === 'salsa.debian.org' || name === 'invent.kde.org')
    return 'gitlab';
  if (/(^|[.-])bitbucket([.-]|$)/.test(name)) return 'bitbucket';
  if (/(^|[.-])(gitea|forgejo|codeberg|gogs)([.-]|$)/.test(name)) return 'gitea';
  return 'github';
}

/** Address of one page. Every name is percent-encoded, so that nothing in it can change where the address leads. */
export function pageAddress(forge: Forge, page: Page): string {
  const { home, style } = forge;
  switch (page.kind) {
    case 'home':
      return home;
    case 'branch':
      return `${home}/${BRANCH[style]}/${encodePath(page.branch)}`;
    case 'tag':
      return `${home}/${TAG[style]}/${encodePath(page.tag)}`;
    case 'commit':
      return `${home}/${COMMIT[style]}/${page.oid}`;
    case 'pull-request':
      return `${home}/${PULL_REQUEST[style]}/${page.number}`;
    case 'file':
      return fileAddress(forge, page);
  }
}

const BRANCH: Readonly<Record<ForgeStyle, string>> = {
  github: 'tree',
  gitlab: '-/tree',
  bitbucket: 'src',
  gitea: 'src/branch',
};
const TAG: Readonly<Record<ForgeStyle, string>> = {
  github: 'tree',
  gitlab: '-/tree',
  bitbucket: 'src',
  gitea: 'src/tag',
};
const COMMIT: Readonly<Record<ForgeStyle, string>> = {
  github: 'commit',
  gitlab: '-/commit',
  bitbucket: 'commits',
  gitea: 'commit',
};
const PULL_REQUEST: Readonly<Record<ForgeStyle, string>> = {
  github: 'pull',
  gitlab: '-/merge_requests',
  bitbucket: 'pull-requests',
  gitea: 'pulls',
};

function fileAddress({ home, style }: Forge, page: Extract<Page, { kind: 'file' }>): string {
  const at = encodePath('oid' in page.at ? page.at.oid : page.at.branch);
  const path = encodePath(page.path);
  const line =
    page.line === undefined ? '' : style === 'bitbucket' ? `#lines-${page.line}` : `#L${page.line}`;
  const form = page.folder ? 'tree' : 'blob';
  switch (style) {
    case 'github':
      return `${home}/${form}/${at}/${path}${line}`;
    case 'gitlab':
      return `${home}/-/${form}/${at}/${path}${line}`;
    case 'bitbucket':
      return `${home}/src/${at}/${path}${line}`;
    case 'gitea':
      return `${home}/src/${'oid' in page.at ? 'commit' : 'branch'}/${at}/${path}${line}`;
  }
}

function encodePath(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/');
}

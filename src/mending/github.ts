import type { Octokit } from '@octokit/rest';
import { githubCredential, githubHost } from '../broker/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { forgeOf } from '../repository/index.ts';

export interface GithubPlace {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  /** The remote that is fetched from and pushed to. */
  readonly remote: string;
}

export interface GithubAsked {
  /** `owner/name`; default that of the remote. */
  readonly repo: string | undefined;
  readonly api: string | undefined;
}

const SLUG = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/;

/** The repository on GitHub that this one is a clone of. @throws BitError `usage`, `auth`, `not-found` */
export async function githubPlace(reader: Reader, asked: GithubAsked): Promise<GithubPlace> {
  const remotes = await reader.git.remotes();
  const remote = remotes.find(({ name }) => name === 'origin') ?? remotes[0];
  if (remote === undefined)
    throw new BitError('not-found', 'there is no remote to fetch from', {
      hint: 'bit git remote add origin <url>',
    });
  const [owner = '', repo = ''] = slugOf(asked.repo, remote.fetch).split('/');
  const host = githubHost(reader.env, { host: undefined, api: asked.api });
  const { value } = await githubCredential(reader, { host: host.name, secret: undefined });
  const { Octokit: Client } = await import('@octokit/rest');
  const silent = (): void => undefined;
  const octokit = new Client({
    auth: value,
    baseUrl: host.api.href.replace(/\/$/, ''),
    userAgent: 'bit-autofix',
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  return { octokit, owner, repo, remote: remote.name };
}

function slugOf(asked: string | undefined, url: string): string {
  if (asked !== undefined) {
    if (SLUG.test(asked)) return asked;
    throw new BitError('usage', `${printable(asked)} is no owner/name of a repository`);
  }
  const path = new URL(forgeOf(url).home).pathname.slice(1).replace(/\.git$/, '');
  if (SLUG.test(path)) return path;
  throw new BitError('usage', `the remote ${printable(url)} names no repository on GitHub`, {
    hint: 'name it: --repo owner/name',
  });
}

/** A call's answer; what GitHub refuses is told by its status. @throws BitError `not-found`, `auth`, `denied`, `remote` */
export async function answered<Out>(what: string, call: () => Promise<{ readonly data: Out }>): Promise<Out> {
  try {
    return (await call()).data;
  } catch (error) {
    const status = (error as { status?: unknown }).status;
    const code =
      status === 404 ? 'not-found' : status === 401 ? 'auth' : status === 403 ? 'denied' : 'remote';
    const told =
      typeof status === 'number' && status !== 500 ? `GitHub answers ${status}` : 'GitHub can not be reached';
    throw new BitError(code, `${what}: ${told}`, { cause: error });
  }
}

import type { Octokit } from '@octokit/rest';
import { githubCredential, githubHost } from '../broker/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { forgeOf } from '../repository/index.ts';
import { presentedToken } from '../token/index.ts';

/** A repository on GitHub that this one is a clone of. */
export interface GithubPlace {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  /** The remote that is fetched from and pushed to. */
  readonly remote: string;
}

/** Which repository on GitHub is meant, and where its API is. */
export interface GithubAsked {
  /** `owner/name`; default that of the remote. */
  readonly repo: string | undefined;
  readonly api: string | undefined;
}

const SLUG = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/;
/** Milliseconds an answer may take. */
const PATIENCE = 60_000;

/** The repository on GitHub that this one is a clone of. @throws BitError `usage`, `auth`, `denied`, `not-found` */
export async function githubPlace(reader: Reader, asked: GithubAsked): Promise<GithubPlace> {
  const remotes = await reader.git.remotes();
  const remote = remotes.find(({ name }) => name === 'origin') ?? remotes[0];
  if (remote === undefined)
    throw new BitError('not-found', 'there is no remote to fetch from', {
      hint: 'bit git remote add origin <url>',
    });
  const slug = asked.repo === undefined ? slugOf(remote.fetch) : checkSlug(asked.repo);
  await refuseHolder(
    reader,
    asked,
    remotes.map(({ fetch }) => fetch),
  );
  const [owner = '', repo = ''] = slug.split('/');
  const api = asked.api ?? (reader.env['BIT_GITHUB_API'] || undefined);
  const host = githubHost(reader.env, { host: undefined, api });
  const { value } = await githubCredential(reader, { host: host.name, secret: undefined });
  const { Octokit: Client } = await import('@octokit/rest');
  const silent = (): void => undefined;
  const octokit = new Client({
    auth: value,
    baseUrl: host.api.href.replace(/\/$/, ''),
    userAgent: 'bit',
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, signal: AbortSignal.any([reader.signal, AbortSignal.timeout(PATIENCE)]) }),
    },
  });
  return { octokit, owner, repo, remote: remote.name };
}

/** Who acts under a token names no address for the credential; a bot no repository that is not of this clone's remotes. */
async function refuseHolder(reader: Reader, asked: GithubAsked, urls: readonly string[]): Promise<void> {
  if (asked.api === undefined && asked.repo === undefined) return;
  const token = await presentedToken(reader);
  if (token === undefined) return;
  if (asked.api !== undefined)
    throw new BitError('denied', 'the GitHub credential goes to no address that the holder of a token names');
  const wanted = asked.repo?.toLowerCase();
  if (token.bot === undefined || urls.some((url) => slugIn(url)?.toLowerCase() === wanted)) return;
  throw new BitError(
    'denied',
    `${printable(asked.repo ?? '')} is the repository of no remote of this clone`,
    {
      hint: 'a bot speaks where its own repository is',
    },
  );
}

function checkSlug(asked: string): string {
  if (SLUG.test(asked)) return asked;
  throw new BitError('usage', `${printable(shorten(asked))} is no owner/name of a repository`);
}

function slugOf(url: string): string {
  const slug = slugIn(url);
  if (slug !== undefined) return slug;
  throw new BitError('usage', `the remote ${printable(url)} names no repository on GitHub`, {
    hint: 'name it: --repo owner/name',
  });
}

function slugIn(url: string): string | undefined {
  let path: string;
  try {
    path = new URL(forgeOf(url).home).pathname.slice(1).replace(/\.git$/, '');
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
  return SLUG.test(path) ? path : undefined;
}

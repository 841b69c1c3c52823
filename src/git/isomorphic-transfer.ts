import fs, { rmSync } from 'node:fs';
import type { ProgressCallback } from 'isomorphic-git';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { type CloneOptions, type InitOptions, openedAt, prepareTarget } from './clone.ts';
import { httpClient } from './http-client.ts';
import type { ProgressEvent, RepositoryPaths } from './index.ts';
import { translated, translatedTransfer, unsupported } from './isomorphic-errors.ts';
import { checkRefName, checkRemote, checkShortName } from './names.ts';
import { cancelled } from './spawn.ts';

/** User name and password (or token) for a URL; undefined gives up. */
export type HttpAuthentication = (url: string) => Promise<{ username: string; password: string } | undefined>;

export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly authenticate?: HttpAuthentication;
}

/** The only transport of this adapter is http(s). */
export function checkHttp(url: string): string {
  if (!/^https?:\/\//i.test(checkRemote(url)))
    throw unsupported(`the address ${maskSecrets(url).slice(0, 200)}`);
  return url;
}

/** What isomorphic-git's network calls need, with abort, progress and authentication wired in. */
export async function networkOptions(options: TransferOptions) {
  const { signal, onProgress, authenticate } = options;
  const http = httpClient({ signal });
  let asked = 0;
  const report: ProgressCallback = ({ phase, loaded, total }) => {
    if (signal?.aborted) throw cancelled(signal);
    onProgress?.({ stage: phase, done: loaded, total: total > 0 ? total : undefined });
  };
  const onAuth = async (url: string) =>
    asked++ > 0 ? { cancel: true } : ((await authenticate?.(url)) ?? { cancel: true });
  return { http, onProgress: report, onAuth };
}

export async function cloneWithoutProgram(
  options: CloneOptions & { readonly authenticate?: HttpAuthentication },
): Promise<RepositoryPaths> {
  checkHttp(options.url);
  if (options.filter !== undefined) throw unsupported('a partial clone (--filter)');
  if (options.mirror === true || options.bare === true) throw unsupported('a bare or mirror clone');
  const dir = prepareTarget(options);
  const { default: git } = await import('isomorphic-git');
  const network = await networkOptions(options);
  const { branch, depth } = options;
  try {
    await translatedTransfer(() =>
      git.clone({
        ...{ fs, dir, url: options.url, ...network },
        ...(branch === undefined ? {} : { ref: checkRefName(branch) }),
        ...(depth === undefined ? {} : { depth, singleBranch: true }),
      }),
    );
    if (options.signal?.aborted) throw cancelled(options.signal);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw options.signal?.aborted && !(error instanceof BitError) ? cancelled(options.signal) : error;
  }
  return openedAt(dir, options.env);
}

export async function initWithoutProgram(directory: string, options: InitOptions): Promise<RepositoryPaths> {
  const { default: git } = await import('isomorphic-git');
  const bare = options.bare === true;
  const defaultBranch = checkShortName('branch', options.branch ?? 'main');
  await translated(() =>
    git.init({ fs, defaultBranch, bare, ...(bare ? { gitdir: directory } : {}), dir: directory }),
  );
  return openedAt(directory, options.env);
}

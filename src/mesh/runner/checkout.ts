import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { checkRevision, type Environment, runGit } from '../../git/index.ts';
import { BitError, isBitError } from '../../kernel/errors.ts';
import { compileGlob } from '../../kernel/glob.ts';
import { rememberSecret } from '../../kernel/secrets.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { removeTree } from './remove-tree.ts';

export interface CheckoutRequest {
  /** `git+https://host/path#ref`, as an offer has it. */
  readonly repo: string;
  readonly commit: string | undefined;
  /** Reads the repository, nothing else. */
  readonly token: string | undefined;
  /** A git bundle with what the repository may lack of the commit; `complete`: with all of it. */
  readonly bundle?: { readonly path: string; readonly complete: boolean } | undefined;
  /** Where the work tree goes; must not exist. */
  readonly into: string;
  readonly signal: AbortSignal;
}

export interface Checkout {
  readonly commit: string;
  readonly branch: string | undefined;
  /** Without credentials. */
  readonly url: string;
  /** Folders the work tree's git reads beside it. */
  readonly reads: readonly string[];
  /** Its files, as far as `MOST_LISTED`. */
  readonly files: readonly string[];
  readonly filesWhole: boolean;
  /** A file of the commit as text; undefined where there is none. Too large a one is an error. */
  readonly text: (path: string) => Promise<string | undefined>;
}

export interface RepositoryAddress {
  readonly url: string;
  readonly ref: string | undefined;
}

const MOST_LISTED = 20_000;
const MOST_TEXT = 256 * 1024;
const DAY = 24 * 3600 * 1000;
const MIRROR_DAYS = 30;

/** @throws BitError `usage` naming what is no address or no ref */
export function addressOf(repo: string): RepositoryAddress {
  const [address = '', ...rest] = repo.replace(/^git\+/, '').split('#');
  const ref = rest.length === 0 ? undefined : rest.join('#');
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new BitError('usage', `${printable(shorten(repo))} is no repository's address`);
  }
  if (!['https:', 'http:', 'ssh:', 'git:', 'file:'].includes(url.protocol) || !repo.startsWith('git+'))
    throw new BitError('usage', `${printable(shorten(repo))} is no repository's address`);
  // a credential in an address would be in every log: the token comes by itself
  if (url.protocol !== 'ssh:' && (url.username !== '' || url.password !== ''))
    throw new BitError('usage', 'a repository’s address holds no credentials');
  if (url.hostname.startsWith('-') || /^\/*-/.test(url.username))
    throw new BitError('usage', `${printable(shorten(repo))} is no repository's address`);
  if (ref !== undefined) checkRevision(ref);
  return { url: address, ref };
}

/**
 * Whether a runner takes jobs of this repository: any on the network, and of this machine's file system its own, unless
 * its manifest names which.
 */
export function takesRepository(
  repo: string,
  listed: readonly string[] | undefined,
  own: string | undefined,
): boolean {
  const { url } = addressOf(repo);
  if (own !== undefined && new URL(url).protocol === 'file:' && decodeURI(new URL(url).pathname) === own)
    return true;
  if (listed === undefined) return new URL(url).protocol !== 'file:';
  return listed.some((pattern) => matches(pattern.replace(/^git\+/, ''), url));
}

/** By the parts of the address: `https://example.com/team/*.git`, `ssh://**`. */
function matches(pattern: string, url: string): boolean {
  const parts = (address: string): string => address.split('/').filter(Boolean).join('/');
  return compileGlob(parts(pattern))(parts(url));
}

/** Checkouts from mirrors that are kept: a commit that is here already needs no network. */
export class Mirrors {
  readonly #directory: string;
  readonly #env: Environment;
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(options: { readonly directory: string; readonly env: Environment }) {
    this.#directory = options.directory;
    this.#env = options.env;
  }

  /**
   * The commit in a folder of its own, whose git borrows the mirror's objects. Nothing of the repository runs: no
   * hooks, no filters, no submodules.
   *
   * @throws BitError `remote`, `not-found`, `usage`, `cancelled`
   */
  async checkout(request: CheckoutRequest): Promise<Checkout> {
    const address = addressOf(request.repo);
    const mirror = join(
      this.#directory,
      `${createHash('sha256').update(address.url).digest('hex').slice(0, 32)}.git`,
    );
    const found = await this.#alone(mirror, () => this.#find(mirror, address, request));
    await this.#place(mirror, address, found, request);
    const { signal } = request;
    const at = (args: readonly string[]) => this.#git(mirror, args, { signal });
    const listing = await at(['ls-tree', '-r', '-z', '--name-only', found.commit]);
    const files = listing.stdout.split('\0').filter((path) => path !== '');
    return {
      ...found,
      url: address.url,
      reads: [join(mirror, 'objects')],
      files: files.slice(0, MOST_LISTED),
      filesWhole: files.length <= MOST_LISTED,
      text: async (path) => {
        const object = `${found.commit}:${path}`;
        const size = await this.#git(mirror, ['cat-file', '-s', object], { signal, accept: [0, 128] });
        if (size.exitCode !== 0) return undefined;
        // passed over, a list of what is allowed would allow everything
        if (Number(size.stdout) > MOST_TEXT)
          throw new BitError('usage', `${path} is larger than ${MOST_TEXT} bytes`);
        const blob = await this.#git(mirror, ['cat-file', 'blob', object], { signal, accept: [0, 128] });
        return blob.exitCode === 0 ? blob.stdout : undefined;
      },
    };
  }

  /** Mirrors that nobody asked for in a month. */
  prune(now: number): void {
    if (!existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (now - statSync(path).mtimeMs > MIRROR_DAYS * DAY && !this.#busy.has(path)) removeTree(path);
    }
  }

  async #find(
    mirror: string,
    { url, ref }: RepositoryAddress,
    { commit, token, bundle, signal }: CheckoutRequest,
  ): Promise<{ readonly commit: string; readonly branch: string | undefined }> {
    if (!existsSync(join(mirror, 'HEAD'))) {
      mkdirSync(mirror, { recursive: true });
      await this.#git(mirror, ['init', '--quiet', '--bare', '--template=', mirror], { signal });
    }
    utimesSync(mirror, new Date(), new Date());
    const has = async (revision: string): Promise<string | undefined> => {
      const args = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${revision}^{commit}`];
      const { exitCode, stdout } = await this.#git(mirror, args, { signal, accept: [0, 1, 128] });
      return exitCode === 0 ? stdout.trim() : undefined;
    };
    const fetch = async (refspec: string, from = url): Promise<BitError | undefined> => {
      try {
        await this.#git(
          mirror,
          ['fetch', '--quiet', '--no-write-fetch-head', '--force', '--', from, refspec],
          {
            signal,
            ...(token === undefined || from !== url ? {} : { credential: { url, token } }),
          },
        );
        return undefined;
      } catch (error) {
        if (!isBitError(error) || error.code === 'cancelled') throw error;
        return error;
      }
    };
    const branch = ref === undefined || ref.startsWith('refs/') ? undefined : ref;
    if (commit !== undefined && (await has(commit)) !== undefined)
      return {
        commit,
        branch: branch !== undefined && (await has(`refs/heads/${branch}`)) ? branch : undefined,
      };
    if (bundle !== undefined && commit !== undefined) {
      // what it builds upon may be here, or must come first
      const into = `+${commit}:refs/bit/commits/${commit}`;
      let fault = await fetch(into, bundle.path);
      if (fault !== undefined && !bundle.complete) {
        await fetch('+refs/heads/*:refs/heads/*');
        fault = await fetch(into, bundle.path);
      }
      if ((await has(commit)) !== undefined) return { commit, branch };
      throw new BitError('remote', `the bundle does not give ${commit}`, fault ? { cause: fault } : {});
    }
    const wanted = [
      ...(branch === undefined ? [] : [`refs/heads/${branch}`, `refs/tags/${branch}`]),
      ...(ref?.startsWith('refs/') ? [ref] : []),
      ...(ref === undefined && commit === undefined ? ['HEAD'] : []),
    ];
    let failure: BitError | undefined;
    for (const name of wanted) {
      const target = name === 'HEAD' ? 'refs/bit/head' : name;
      const fault = await fetch(`+${name}:${target}`);
      failure ??= fault;
      if (fault !== undefined) continue;
      const tip = await has(target);
      if (commit === undefined && tip !== undefined)
        return { commit: tip, branch: name.startsWith('refs/heads/') ? branch : undefined };
      if (commit !== undefined && (await has(commit)) !== undefined)
        return { commit, branch: name.startsWith('refs/heads/') ? branch : undefined };
    }
    if (commit !== undefined) {
      // the ref moved on, or another branch holds it: most servers give a commit by its id
      failure = await fetch(`+${commit}:refs/bit/commits/${commit}`);
      if (failure !== undefined) await fetch('+refs/heads/*:refs/heads/*');
      if ((await has(commit)) !== undefined) return { commit, branch: undefined };
      throw new BitError('not-found', `${url} has no commit ${commit}`, failure ? { cause: failure } : {});
    }
    throw failure ?? new BitError('not-found', `${url} has no ${printable(ref ?? 'HEAD')}`);
  }

  async #place(
    mirror: string,
    { url }: RepositoryAddress,
    { commit, branch }: { readonly commit: string; readonly branch: string | undefined },
    { into, signal }: CheckoutRequest,
  ): Promise<void> {
    mkdirSync(into, { recursive: true });
    await this.#git(into, ['init', '--quiet', '--template=', into], { signal });
    mkdirSync(join(into, '.git', 'objects', 'info'), { recursive: true });
    mkdirSync(join(into, '.git', 'info'), { recursive: true });
    writeFileSync(join(into, '.git', 'objects', 'info', 'alternates'), `${join(mirror, 'objects')}\n`);
    appendFileSync(
      join(into, '.git', 'config'),
      `[remote "origin"]\n\turl = ${JSON.stringify(url)}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`,
    );
    const target = branch === undefined ? ['--detach', commit] : ['-B', branch, commit];
    await this.#git(into, ['checkout', '--quiet', '--force', ...target], { signal });
  }

  async #alone<Result>(mirror: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#busy.get(mirror) ?? Promise.resolve();
    const turn = before.then(work, work);
    const quiet = turn.catch(() => undefined);
    this.#busy.set(mirror, quiet);
    try {
      return await turn;
    } finally {
      if (this.#busy.get(mirror) === quiet) this.#busy.delete(mirror);
    }
  }

  #git(
    cwd: string,
    args: readonly string[],
    options: {
      readonly signal: AbortSignal;
      readonly accept?: readonly number[];
      readonly credential?: { readonly url: string; readonly token: string };
    },
  ) {
    const { signal, accept, credential } = options;
    return runGit(['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', ...args], {
      cwd,
      env: { ...this.#plainEnvironment(), ...(credential === undefined ? {} : bearer(credential)) },
      signal,
      ...(accept === undefined ? {} : { accept }),
    });
  }

  /** No configuration of this machine or its user: what a checkout does must not depend on them, nor run their programs. */
  #plainEnvironment(): Record<string, string> {
    const kept = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO'];
    const proxies = [
      'http_proxy',
      'https_proxy',
      'no_proxy',
      'HTTPS_PROXY',
      'NO_PROXY',
      'ALL_PROXY',
      'all_proxy',
    ];
    const given = [...kept, ...proxies].flatMap((name): [string, string][] => {
      const value = this.#env[name];
      return value === undefined ? [] : [[name, value]];
    });
    return {
      ...Object.fromEntries(given),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
      GIT_TERMINAL_PROMPT: '0',
      GIT_LFS_SKIP_SMUDGE: '1',
      GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
    };
  }
}

/** By way of the environment, for this host only: other users of the machine see arguments. */
function bearer({ url, token }: { readonly url: string; readonly token: string }): Record<string, string> {
  const { protocol, origin } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return {};
  rememberSecret(token);
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

import { spawn } from 'node:child_process';
import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { checkPath, checkRevision, findProgram, type GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { forgeOf, type Page, pageAddress } from './browse-address.ts';

export interface BrowseRequest {
  readonly what: 'web' | 'internal' | 'all';
  /** A branch, tag, commit, `path`, `path:line`, or `#12`; here where none is named. */
  readonly target?: string | undefined;
  /** Only find the address. */
  readonly print: boolean;
}

export interface BrowseResult {
  readonly url: string;
  readonly kind: Page['kind'];
  readonly opened: boolean;
}

/** The remote's web page for here, or for a branch, commit, file or pull request; opened unless only printed. */
export async function browse(reader: Reader, request: BrowseRequest): Promise<BrowseResult> {
  if (request.what !== 'web') {
    throw new BitError('unsupported', 'this bit serves no local page, so there is nothing internal to open', {
      hint: 'the page at the remote: bit browse web',
    });
  }
  const forge = forgeOf(await remoteAddress(reader.git));
  const page = await pageFor(reader, request.target);
  const url = pageAddress(forge, page);
  if (!request.print) await openBrowser(url, reader.env);
  return { url, kind: page.kind, opened: !request.print };
}

/** URL of the current branch's remote, else origin, else the only one there is. */
async function remoteAddress(git: GitReader): Promise<string> {
  const remotes = await git.remotes();
  const head = await git.head();
  const branch = head.kind === 'detached' ? undefined : head.ref.replace(/^refs\/heads\//, '');
  const tracked = branch === undefined ? undefined : await git.config(`branch.${branch}.remote`);
  const chosen =
    remotes.find((remote) => remote.name === tracked) ??
    remotes.find((remote) => remote.name === 'origin') ??
    (remotes.length === 1 ? remotes[0] : undefined);
  if (chosen !== undefined) return chosen.fetch;
  throw new BitError(
    'not-found',
    remotes.length === 0 ? 'the repository has no remote' : 'no remote is named origin',
    {
      hint: 'add one with: git remote add origin <url>',
    },
  );
}

async function pageFor(reader: Reader, target: string | undefined): Promise<Page> {
  const { git } = reader;
  if (target === undefined) return herePage(git);
  const [, number] = /^#(\d{1,9})$/.exec(target) ?? [];
  if (number !== undefined) return { kind: 'pull-request', number: Number(number) };
  checkRevision(target);
  const refs = await git.refs(['refs/heads/', 'refs/tags/', 'refs/remotes/']);
  const names = new Set(refs.map((ref) => ref.name));
  const remoteBranch = /^[^/]+\/(.+)$/.exec(target)?.[1];
  if (names.has(`refs/heads/${target}`)) return { kind: 'branch', branch: await pushedName(git, target) };
  if (names.has(`refs/tags/${target}`)) return { kind: 'tag', tag: target };
  if (names.has(`refs/remotes/${target}`) && remoteBranch !== undefined)
    return { kind: 'branch', branch: remoteBranch };
  const file = await filePage(reader, target);
  if (file !== undefined) return file;
  const oid = await git.resolve(target, 'commit');
  if (oid !== undefined) return { kind: 'commit', oid };
  const shorts = refs.map((ref) => ref.name.replace(/^refs\/(heads|tags|remotes)\//, ''));
  const near = nearest(target, shorts);
  throw new BitError('not-found', `'${printable(shorten(target))}' is no branch, tag, commit or file here`, {
    ...(near.length === 0 ? {} : { hint: `did you mean: ${near.map((name) => printable(name)).join(', ')}` }),
  });
}

async function herePage(git: GitReader): Promise<Page> {
  const head = await git.head();
  if (head.kind === 'detached') return { kind: 'commit', oid: head.oid };
  if (head.kind === 'unborn') return { kind: 'home' };
  return { kind: 'branch', branch: await pushedName(git, head.ref.replace(/^refs\/heads\//, '')) };
}

/** A branch may be called otherwise at the remote. */
async function pushedName(git: GitReader, branch: string): Promise<string> {
  return (await git.config(`branch.${branch}.merge`))?.replace(/^refs\/heads\//, '') ?? branch;
}

async function filePage(reader: Reader, target: string): Promise<Page | undefined> {
  const root = reader.repository?.root;
  if (root === undefined) return undefined;
  const [, named = target, digits] = /^(.+?):(\d{1,9})(?:[-:]\d+)?$/.exec(target) ?? [];
  const path = insideRoot(root, reader.cwd, named);
  if (path === undefined) return undefined;
  const full = join(root, path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  const tracked = await reader.git.resolve(`HEAD:${path}`, 'any');
  if (stat === undefined && tracked === undefined) return undefined;
  const head = await reader.git.head();
  if (head.kind === 'unborn') return undefined;
  const at =
    head.kind === 'detached'
      ? { oid: head.oid }
      : { branch: await pushedName(reader.git, head.ref.replace(/^refs\/heads\//, '')) };
  const line = digits === undefined ? undefined : Number(digits);
  return {
    kind: 'file',
    path,
    folder: stat?.isDirectory() === true,
    at,
    ...(line === undefined ? {} : { line }),
  };
}

function insideRoot(root: string, cwd: string, named: string): string | undefined {
  const full = isAbsolute(named) ? named : join(realpathSync(cwd), named);
  const path = relative(root, full).split(sep).join('/');
  if (path === '' || path.startsWith('../') || path === '..' || isAbsolute(path)) return undefined;
  return checkPath(path.replace(/\/+$/, ''));
}

/** Starts the system's browser, without a shell and without waiting for it to end. */
async function openBrowser(url: string, env: Reader['env']): Promise<void> {
  const [program, args] = browserCommand(env);
  const path = isAbsolute(program) ? program : findProgram(program, env);
  if (path === undefined) {
    throw new BitError('missing-tool', `there is no ${printable(program)} to open a browser with`, {
      hint: `install xdg-utils, name a program in BROWSER, or open it yourself: ${url}`,
    });
  }
  await new Promise<void>((resolve, reject) => {
    const child = spawn(path, [...args, url], { detached: true, stdio: 'ignore', env });
    child.once('error', (error) =>
      reject(new BitError('failed', `can't start ${program}`, { cause: error, hint: url })),
    );
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}

function browserCommand(env: Reader['env']): [string, readonly string[]] {
  const named = env['BROWSER'];
  if (named !== undefined && named !== '' && !/[\s%]/.test(named)) return [named, []];
  if (process.platform === 'darwin') return ['open', []];
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler']];
  return ['xdg-open', []];
}

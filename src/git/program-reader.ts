import { BitError } from '../kernel/errors.ts';
import { FileReader } from './file-reader.ts';
import { isDetached, operationInProgress, type RepositoryFormat, readFormat, readHeadFile } from './head.ts';
import type {
  BranchInfo,
  Commit,
  GitReader,
  GitResult,
  Head,
  LogQuery,
  Oid,
  Ref,
  RepositoryPaths,
  RunOptions,
  TagObject,
  WorkTreeStatus,
} from './index.ts';
import { checkPath, checkRevision } from './names.ts';
import {
  BRANCH_FORMAT,
  headOf,
  LOG_FORMAT,
  parseBranches,
  parseLog,
  parseRefs,
  parseSettings,
  parseStatus,
  REF_FORMAT,
  REF_FORMAT_UNPEELED,
} from './parse.ts';
import { Runner, type RunnerOptions } from './runner.ts';
import { parseTagObject } from './tag-object.ts';

export interface OpenGitOptions extends Omit<RunnerOptions, 'paths' | 'cwd'> {
  readonly paths: RepositoryPaths;
}

/** Reading half of the program adapter: one spawn a call, and none for what plain files tell. */
export class ProgramReader implements GitReader {
  readonly adapter = 'program';
  readonly paths: RepositoryPaths;
  protected readonly git: Runner;
  private readonly env: OpenGitOptions['env'];
  private format: RepositoryFormat | undefined;
  private fileReader: FileReader | undefined;

  constructor(options: OpenGitOptions) {
    this.paths = options.paths;
    this.env = options.env;
    this.git = new Runner({ ...options, cwd: options.paths.root ?? options.paths.gitDir });
  }

  /** What needs no process; made anew with each reader, so that it never outlives a command. */
  private get files(): FileReader {
    this.fileReader ??= new FileReader({ paths: this.paths, env: this.env, program: this.git.program });
    return this.fileReader;
  }

  private get repositoryFormat(): RepositoryFormat {
    this.format ??= readFormat(this.paths);
    return this.format;
  }

  get zeroOid(): Oid {
    return this.repositoryFormat.zeroOid;
  }

  async head(): Promise<Head> {
    const fromFile = this.repositoryFormat.refStorage === 'files' ? readHeadFile(this.paths) : undefined;
    if (fromFile !== undefined) return fromFile;
    const symbolic = await this.git.call(['symbolic-ref', '--quiet', 'HEAD'], {
      accept: [0, 1],
      reading: true,
    });
    const ref = symbolic.stdout.toString('utf8').trim();
    const oid = await this.resolve('HEAD');
    if (ref === '') {
      if (oid === undefined)
        throw new BitError('integrity', 'HEAD names neither a branch nor a commit', { hint: '`bit repair`' });
      return { kind: 'detached', oid };
    }
    return oid === undefined ? { kind: 'unborn', ref } : { kind: 'branch', ref, oid };
  }

  async refs(prefixes: readonly string[] = [], options: { readonly peel?: boolean } = {}): Promise<Ref[]> {
    // git matches whole components, so ask for the folder and cut to the prefix here; no ref holds * ? [
    const usable = prefixes.filter((prefix) => !/[*?[\\\0]/.test(prefix));
    if (prefixes.length > 0 && usable.length === 0) return [];
    const folders = [...new Set(usable.map((prefix) => prefix.slice(0, prefix.lastIndexOf('/') + 1)))];
    const patterns = folders.includes('') ? [] : folders;
    const within = (refs: Ref[]): Ref[] =>
      prefixes.length === 0
        ? refs
        : refs.filter(({ name }) => usable.some((prefix) => name.startsWith(prefix)));
    const underRefs = patterns.every((folder) => folder.startsWith('refs/'));
    const read = underRefs
      ? this.files.refs(patterns.length === 0 ? ['refs/'] : patterns, {
          peel: options.peel !== false,
          ...(prefixes.length === 0 ? {} : { prefixes: usable }),
        })
      : undefined;
    if (read !== undefined) return within(read);
    const list = (format: string) => this.git.text(['for-each-ref', `--format=${format}`, '--', ...patterns]);
    // peeling reads every object; in a damaged repository the names are wanted all the same
    const text = await list(options.peel === false ? REF_FORMAT_UNPEELED : REF_FORMAT).catch(
      (error: unknown) => {
        if (error instanceof BitError && error.code === 'cancelled') throw error;
        return list(REF_FORMAT_UNPEELED);
      },
    );
    return within(parseRefs(text));
  }

  async branches(options: { readonly remotes?: boolean } = {}): Promise<BranchInfo[]> {
    const head = readHeadFile(this.paths);
    const read = head && this.files.branches(head, options.remotes === true);
    if (read !== undefined) return read;
    const patterns = ['refs/heads/', ...(options.remotes === true ? ['refs/remotes/'] : [])];
    return parseBranches(
      await this.git.text(['for-each-ref', `--format=${BRANCH_FORMAT}`, '--', ...patterns]),
    );
  }

  async status(
    options: { readonly untracked?: boolean | 'all'; readonly paths?: readonly string[] } = {},
  ): Promise<WorkTreeStatus> {
    const { untracked = true } = options;
    const mode = untracked === 'all' ? 'all' : untracked ? 'normal' : 'no';
    const text = await this.git.text([
      ...[
        '--literal-pathspecs',
        'status',
        '--porcelain=v2',
        '--branch',
        '--show-stash',
        '-z',
        `--untracked-files=${mode}`,
      ],
      ...(options.paths === undefined ? [] : ['--', ...options.paths.map(checkPath)]),
    ]);
    const parsed = parseStatus(text);
    return {
      head: headOf(parsed, parsed.branch === '(detached)' && isDetached(this.paths.gitDir)),
      upstream: parsed.upstream,
      ahead: parsed.ahead,
      behind: parsed.behind,
      changed: parsed.changed,
      untracked: parsed.untracked,
      conflicted: parsed.conflicted,
      inProgress: operationInProgress(this.paths.gitDir),
      stashes: parsed.stashes,
    };
  }

  async resolve(revision: string, peel: 'commit' | 'tree' | 'any' = 'commit'): Promise<Oid | undefined> {
    const read = this.files.resolve(checkRevision(revision), peel);
    if (read !== undefined) return read;
    const object = `${revision}^{${peel === 'any' ? 'object' : peel}}`;
    const text = await this.git.text(['cat-file', '--batch-check=%(objectname)'], { input: `${object}\n` });
    return /^([0-9a-f]{40}|[0-9a-f]{64})\n$/.exec(text)?.[1];
  }

  async commit(oid: Oid): Promise<Commit> {
    const [commit] = await this.log({ from: [oid], limit: 1 });
    if (commit === undefined) throw new BitError('not-found', `there is no commit ${checkRevision(oid)}`);
    return commit;
  }

  async tagObject(oid: Oid): Promise<TagObject> {
    return parseTagObject(await this.git.text(['cat-file', 'tag', checkRevision(oid)]));
  }

  async log(query: LogQuery): Promise<Commit[]> {
    try {
      return parseLog(await this.git.text(logArguments(query)));
    } catch (error) {
      // no commit yet is an empty history, not a failure
      if (query.from === undefined && (await this.head()).kind === 'unborn') return [];
      throw error;
    }
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    const args = ['merge-base', '--is-ancestor', checkRevision(ancestor), checkRevision(descendant)];
    return (await this.git.call(args, { accept: [0, 1], reading: true })).exitCode === 0;
  }

  async mergeBase(a: Oid, b: Oid): Promise<Oid | undefined> {
    const text = await this.git.text(['merge-base', checkRevision(a), checkRevision(b)], { accept: [0, 1] });
    return text.trim() || undefined;
  }

  async blob(revision: string, path: string): Promise<Uint8Array | undefined> {
    const object = `${checkRevision(revision)}:${checkPath(path)}`;
    const { stdout } = await this.git.call(['cat-file', '--batch'], { input: `${object}\n`, reading: true });
    const end = stdout.indexOf(0x0a);
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(stdout.toString('utf8', 0, end))?.[1];
    return size === undefined ? undefined : new Uint8Array(stdout.subarray(end + 1, end + 1 + Number(size)));
  }

  async config(key: string): Promise<string | undefined> {
    const canonical = checkKey(key);
    const read = this.files.config.value(canonical);
    if (read !== undefined || this.files.config.isUnset(canonical)) return read;
    return this.askConfig(['--null', '--get', key]);
  }

  async pathConfig(key: string): Promise<string | undefined> {
    if (this.files.config.isUnset(checkKey(key))) return undefined;
    return this.askConfig(['--null', '--type=path', '--get', key]);
  }

  private async askConfig(args: readonly string[]): Promise<string | undefined> {
    const { stdout, exitCode } = await this.git.call(['config', ...args], { accept: [0, 1], reading: true });
    return exitCode === 0 ? stdout.toString('utf8').replace(/\0$/, '') : undefined;
  }

  async configEntries(prefixes: readonly string[]): Promise<(readonly [string, string])[]> {
    const entries = parseSettings(await this.git.text(['config', '--null', '--list']));
    return entries.filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
  }

  async remotes(): Promise<{ readonly name: string; readonly fetch: string; readonly push: string }[]> {
    const remotes = new Map<string, { name: string; fetch: string; push: string }>();
    for (const line of (await this.git.text(['remote', '--verbose'])).split('\n')) {
      // the name, the URL with insteadOf applied, and for a partial clone its filter in brackets
      const [, name, url = '', kind] = /^(\S+)\t(.*) \((fetch|push)\)(?: \[.*\])?$/.exec(line) ?? [];
      if (name === undefined) continue;
      const remote = remotes.get(name) ?? { name, fetch: url, push: url };
      remotes.set(name, kind === 'fetch' ? { ...remote, fetch: url } : { ...remote, push: url });
    }
    return [...remotes.values()];
  }

  async read(args: readonly string[], options: RunOptions = {}): Promise<GitResult> {
    const result = await this.git.call(args, { ...options, reading: true });
    return { ...result, stdout: result.stdout.toString(options.encoding ?? 'utf8') };
  }

  /**
   * A reading command's output, record by record in constant memory: for logs and listings of any length.
   * Leaving the loop ends git. Records are ended by NUL (`-z` in `args`) unless told otherwise.
   */
  readLines(
    args: readonly string[],
    options: RunOptions & { readonly separator?: '\n' | '\0' } = {},
  ): AsyncGenerator<string> {
    return this.git.stream(args, options.separator ?? '\0', options);
  }
}

/** The key with section and name in lower case, what stands between them as it is. @throws BitError `usage` */
function checkKey(key: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]*\.(?:[^\n\0]*\.)?[A-Za-z][A-Za-z0-9-]*$/.test(key)) {
    throw new BitError('usage', `'${checkRevision(key)}' is not a configuration key (section.name)`);
  }
  const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')];
  return key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}

export function logArguments(query: LogQuery): string[] {
  const { from = ['HEAD'], not = [], paths = [] } = query;
  if (query.follow === true && paths.length !== 1)
    throw new BitError('usage', 'following renames needs exactly one path');
  if (from.length === 0) throw new BitError('usage', 'a log needs a revision to start from');
  return [
    ...['--literal-pathspecs', 'log', '-z', `--format=tformat:${LOG_FORMAT}`, '--encoding=UTF-8'],
    ...['--no-show-signature', '--no-notes', '--no-color', '--no-patch', '--no-decorate'],
    ...(query.limit === undefined ? [] : [`--max-count=${Math.max(0, Math.trunc(query.limit))}`]),
    ...(query.since === undefined ? [] : [`--since=${query.since}`]),
    ...(query.until === undefined ? [] : [`--until=${query.until}`]),
    ...(query.author === undefined
      ? []
      : ['--fixed-strings', '--regexp-ignore-case', `--author=${query.author}`]),
    ...(query.follow === true ? ['--follow'] : []),
    ...(query.firstParent === true ? ['--first-parent'] : []),
    '--end-of-options',
    ...from.map(checkRevision),
    ...not.map((revision) => `^${checkRevision(revision)}`),
    '--',
    ...paths.map(checkPath),
  ];
}

import { copyFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter } from '../../git/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';

/** What the jobs of a run are checked out from: the same for all of them, also after the run was resumed. */
export interface RunSource {
  /** Address of the remote as git has it; undefined where there is none. */
  readonly remote: string | undefined;
  readonly branch: string | undefined;
  readonly commit: string;
  /** File with what of the commit the remote may not have. */
  readonly bundle: { readonly path: string; readonly complete: boolean; readonly size: number } | undefined;
  /** Of the commit, what the remote has not; for people. */
  readonly unpushed: number;
  /** Files that differ from the last commit and go along as they are. */
  readonly changed: number;
}

export interface SourceOptions {
  readonly git: Pick<GitWriter, 'run' | 'paths'>;
  /** Folder of the run's own. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** The last commit as it stands, whatever the work tree has beside. */
  readonly committed?: boolean;
}

const REF = 'refs/heads/bit-mesh';
/** The same work tree gives the same commit. */
const AUTHOR = {
  GIT_AUTHOR_NAME: 'bit',
  GIT_AUTHOR_EMAIL: 'bit@localhost',
  GIT_COMMITTER_NAME: 'bit',
  GIT_COMMITTER_EMAIL: 'bit@localhost',
  GIT_AUTHOR_DATE: '2000-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2000-01-01T00:00:00Z',
};

/**
 * The work tree as a commit, with what its remote has not as a bundle. Nothing of the repository changes: no ref, no
 * index, no object.
 *
 * @throws BitError `usage` outside a repository, or in one without anything in it
 */
export async function sourceOfRun(options: SourceOptions): Promise<RunSource> {
  const kept = join(options.directory, 'source.json');
  const known = readTextIfExists(kept);
  if (known !== undefined) {
    const value: unknown = JSON.parse(known);
    if (isJsonObject(value) && typeof value['commit'] === 'string') return value as unknown as RunSource;
  }
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const source = await new Snapshot(options).take();
  writeFileAtomic(kept, `${JSON.stringify(source as unknown as JsonObject)}\n`, { mode: 0o600 });
  return source;
}

class Snapshot {
  readonly #options: SourceOptions;
  readonly #objects: string;
  readonly #index: string;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#objects = join(options.directory, 'objects');
    this.#index = join(options.directory, 'index');
  }

  async take(): Promise<RunSource> {
    const branch = await this.#line(['symbolic-ref', '--quiet', '--short', 'HEAD']);
    const head = await this.#line(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}']);
    const objects = await this.#line(['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
    const index = await this.#line(['rev-parse', '--path-format=absolute', '--git-path', 'index']);
    if (objects === undefined || index === undefined)
      throw new BitError('usage', 'this is no repository: a mesh runs commits of one');
    const changed = this.#options.committed === true && head !== undefined ? 0 : await this.#changed();
    const commit = changed > 0 || head === undefined ? await this.#commit(head, objects, index) : head;
    const tracked =
      branch === undefined ? undefined : await this.#line(['config', '--get', `branch.${branch}.remote`]);
    const name = tracked ?? 'origin';
    const remote = await this.#line(['config', '--get', `remote.${name}.url`]);
    const tips = remote === undefined ? [] : await this.#tips(name);
    const missing = await this.#missing(commit, tips);
    const bundle = missing === 0 ? undefined : await this.#bundle(commit, tips, objects);
    rmSync(this.#objects, { recursive: true, force: true });
    rmSync(this.#index, { force: true });
    const unpushed = missing - (commit === head ? 0 : 1);
    return { remote, branch, commit, bundle, unpushed, changed };
  }

  async #changed(): Promise<number> {
    const { stdout } = await this.#git([
      'status',
      '--porcelain',
      '-z',
      '--untracked-files=all',
      '--no-renames',
    ]);
    return stdout.split('\0').filter((entry) => entry !== '').length;
  }

  /** A commit of the work tree as it lies there, its objects in a folder beside. */
  async #commit(head: string | undefined, objects: string, index: string): Promise<string> {
    mkdirSync(this.#objects, { recursive: true });
    if (existsSync(index)) copyFileSync(index, this.#index);
    const env = {
      ...AUTHOR,
      GIT_INDEX_FILE: this.#index,
      GIT_OBJECT_DIRECTORY: this.#objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    };
    await this.#git(['add', '--all'], env);
    const tree = (await this.#git(['write-tree'], env)).stdout.trim();
    const parents = head === undefined ? [] : ['-p', head];
    const made = await this.#git(
      ['commit-tree', tree, ...parents, '-m', 'The work tree, as a run found it'],
      env,
    );
    return made.stdout.trim();
  }

  /** What the remote is known to have. */
  async #tips(name: string): Promise<readonly string[]> {
    const { stdout } = await this.#git(['for-each-ref', '--format=%(objectname)', `refs/remotes/${name}/`]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async #missing(commit: string, tips: readonly string[]): Promise<number> {
    const not = tips.map((tip) => `^${tip}`);
    const input = [commit, ...not].join('\n');
    const { stdout } = await this.#git(['rev-list', '--count', '--stdin'], this.#withObjects(), `${input}\n`);
    return Number(stdout.trim());
  }

  #withObjects(): Record<string, string> {
    return existsSync(this.#objects) ? { GIT_ALTERNATE_OBJECT_DIRECTORIES: this.#objects } : {};
  }

  /** A bundle holds refs: one of a repository beside, that borrows the objects. */
  async #bundle(
    commit: string,
    tips: readonly string[],
    objects: string,
  ): Promise<NonNullable<RunSource['bundle']>> {
    const { directory } = this.#options;
    const beside = join(directory, 'bundle.git');
    const path = join(directory, 'source.bundle');
    rmSync(beside, { recursive: true, force: true });
    await this.#git(['init', '--quiet', '--bare', '--template=', beside]);
    mkdirSync(join(beside, 'objects', 'info'), { recursive: true });
    writeFileSync(join(beside, 'objects', 'info', 'alternates'), `${objects}\n${this.#objects}\n`);
    const at = { GIT_DIR: beside };
    await this.#git(['update-ref', REF, commit], at);
    const input = [REF, ...tips.map((tip) => `^${tip}`)].join('\n');
    await this.#git(['bundle', 'create', '--quiet', path, '--stdin'], at, `${input}\n`);
    rmSync(beside, { recursive: true, force: true });
    return { path, complete: tips.length === 0, size: statSync(path).size };
  }

  async #line(args: readonly string[]): Promise<string | undefined> {
    const { git, signal } = this.#options;
    const { stdout, exitCode } = await git.run(args, { signal, accept: [0, 1, 128] });
    const line = stdout.trim();
    return exitCode === 0 && line !== '' ? line : undefined;
  }

  #git(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
    const { git, signal } = this.#options;
    return git.run(args, { env, signal, ...(input === undefined ? {} : { input }) });
  }
}

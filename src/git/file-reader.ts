import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readConfigFile } from './config-file.ts';
import { ConfigScopes } from './config-scopes.ts';
import type { Environment } from './environment.ts';
import { readHeadFile, readRefFile } from './head.ts';
import type { BranchInfo, Head, Oid, Ref, RepositoryPaths } from './index.ts';
import { type CommitHead, commitHead, ObjectFiles } from './object-files.ts';
import { type PlainRefs, readPlainRefs } from './ref-files.ts';
import { upstreamsOf } from './upstream-files.ts';

/** Extensions that leave refs and objects where they always were. */
const HARMLESS = /^extensions\.(worktreeconfig|noop|preciousobjects|partialclone)$/;
const OF_THE_WORK_TREE = /^refs\/(bisect|rewritten|worktree)\//;
const REDIRECTED = /^GIT_(OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|REPLACE_REF_BASE)$/;
/** Beyond this many objects git, which maps its packs, is faster than a start of it costs. */
const MAX_OBJECTS = 200;

/**
 * What a repository's files say by themselves, where asking git would cost a process (7 ms, as much as a third of a
 * whole start). `undefined` always means: ask git. So nothing here reports that something is wrong or missing, and
 * nothing unusual (reftable, alternates, replaced objects, conditional configuration) is guessed at.
 */
export class FileReader {
  readonly #paths: RepositoryPaths;
  readonly #env: Environment;
  readonly #program: string;
  readonly #usable: boolean;
  #scopes: ConfigScopes | undefined;

  constructor(options: {
    readonly paths: RepositoryPaths;
    readonly env: Environment;
    readonly program: string;
  }) {
    this.#paths = options.paths;
    this.#env = options.env;
    this.#program = options.program;
    this.#usable = !Object.keys(options.env).some((name) => REDIRECTED.test(name)) && isPlain(options.paths);
  }

  /** All below `folders`, or those of them that start with one of `prefixes`. */
  refs(
    folders: readonly string[],
    options: { readonly peel: boolean; readonly prefixes?: readonly string[] },
  ): Ref[] | undefined {
    if (!this.#usable) return undefined;
    const { peel, prefixes = folders } = options;
    const wanted = (name: string): boolean => prefixes.some((prefix) => name.startsWith(prefix));
    const found = readPlainRefs(this.#paths, folders, wanted);
    return found === undefined || !peel ? found?.refs.slice() : this.#peel(found);
  }

  #peel({ refs, peeled }: PlainRefs): Ref[] | undefined {
    if (refs.length - peeled.size > MAX_OBJECTS) return undefined;
    const objects = this.#objects();
    if (objects === undefined) return undefined;
    const result: Ref[] = [];
    for (const ref of refs) {
      const object = peeled.has(ref.name) ? undefined : objects.read(ref.oid);
      if (object === undefined && !peeled.has(ref.name)) return undefined;
      const target = object?.type === 'tag' ? objects.untag(ref.oid) : ref.peeled;
      if (object?.type === 'tag' && target === undefined) return undefined;
      result.push(target === undefined ? ref : { ...ref, peeled: target });
    }
    return result;
  }

  branches(head: Head, remotes: boolean): BranchInfo[] | undefined {
    if (!this.#usable) return undefined;
    const all = readPlainRefs(this.#paths, ['refs/heads/', 'refs/remotes/'])?.refs;
    const listed = all?.filter(({ name }) => remotes || name.startsWith('refs/heads/'));
    const objects = this.#objects();
    if (all === undefined || listed === undefined || listed.length > MAX_OBJECTS || objects === undefined)
      return undefined;
    const upstreams = upstreamsOf(this.config, all, (ref) => readRefFile(this.#paths, ref) !== undefined);
    if (upstreams === undefined) return undefined;
    const branches: BranchInfo[] = [];
    const read = new Map<Oid, CommitHead>();
    for (const ref of listed) {
      const commit = read.get(ref.oid) ?? headOf(objects, ref.oid);
      if (commit === undefined) return undefined;
      read.set(ref.oid, commit);
      branches.push({
        name: ref.name,
        oid: ref.oid,
        ...(ref.symref === undefined ? {} : { symref: ref.symref }),
        short: ref.name.replace(/^refs\/(heads|remotes)\//, ''),
        current: head.kind !== 'detached' && head.ref === ref.name,
        ...(upstreams.get(ref.name) ?? NO_UPSTREAM),
        subject: commit.subject,
        committed: commit.committed,
      });
    }
    return branches;
  }

  /** Full ids, HEAD and names of refs; whatever needs more than a look at a file is left to git. */
  resolve(revision: string, peel: 'commit' | 'tree' | 'any'): Oid | undefined {
    if (!this.#usable) return undefined;
    const oid = /^[0-9a-f]{40}$/.test(revision) ? revision : this.#named(revision);
    return oid === undefined ? undefined : this.#objects()?.peel(oid, peel);
  }

  /** gitrevisions(7): the first of these places that has the name. */
  #named(name: string): Oid | undefined {
    const { gitDir, commonDir } = this.#paths;
    if (name === 'HEAD') {
      const head = readHeadFile(this.#paths);
      return head === undefined || head.kind === 'unborn' ? undefined : head.oid;
    }
    if (/[^\w./-]|\.\.|\/\/|\.lock$|^[-./]|[./]$/.test(name)) return undefined;
    const whole = name.startsWith('refs/');
    // FETCH_HEAD and its like, or something that only looks like one
    if (!whole && [gitDir, commonDir].some((folder) => existsSync(join(folder, name)))) return undefined;
    for (const place of [...(whole ? [''] : []), 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/']) {
      const ref = place + name;
      const oid = OF_THE_WORK_TREE.test(ref) ? 'ask' : readRefFile(this.#paths, ref);
      if (oid !== undefined) return oid === 'ask' ? undefined : oid;
    }
    return undefined;
  }

  get config(): ConfigScopes {
    this.#scopes ??= new ConfigScopes(this.#paths, this.#env, this.#program);
    return this.#scopes;
  }

  /** Fresh each time: what is packed moves while a command runs. */
  #objects(): ObjectFiles | undefined {
    return existsSync(join(this.#paths.commonDir, 'refs', 'replace')) || this.#replacesPacked()
      ? undefined
      : new ObjectFiles(this.#paths.commonDir);
  }

  #replacesPacked(): boolean {
    const found = readPlainRefs(this.#paths, ['refs/replace/']);
    return found === undefined || found.refs.length > 0;
  }
}

function headOf(objects: ObjectFiles, oid: Oid): CommitHead | undefined {
  const object = objects.read(oid);
  return object === undefined ? undefined : commitHead(object);
}

const NO_UPSTREAM = { upstream: undefined, ahead: undefined, behind: undefined, gone: false };

/** SHA-1, files, and the user's own: git refuses another's repository (`safe.directory`), and says so itself. */
function isPlain(paths: RepositoryPaths): boolean {
  const entries = readConfigFile(join(paths.commonDir, 'config'));
  const known = entries.every(([name, value]) => {
    if (name === 'core.repositoryformatversion') return /^[01]$/.test(value);
    if (name === 'extensions.objectformat') return value === 'sha1';
    if (name === 'extensions.refstorage') return value === 'files';
    return !name.startsWith('extensions.') || HARMLESS.test(name);
  });
  return known && [paths.root ?? paths.gitDir, paths.gitDir].every(isOwn);
}

function isOwn(path: string): boolean {
  if (process.getuid === undefined) return true;
  return statSync(path, { throwIfNoEntry: false })?.uid === process.getuid();
}

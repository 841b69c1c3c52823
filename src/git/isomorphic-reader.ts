import fs, { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import { lastValue, readConfigFile } from './config-file.ts';
import type { Environment } from './environment.ts';
import { operationInProgress, readFormat, readHeadFile } from './head.ts';
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
  TagObject,
  WorkTreeStatus,
} from './index.ts';
import { translated, unsupported } from './isomorphic-errors.ts';
import { ancestors, type ObjectSource, objectAt, read, toCommit, walkLog } from './isomorphic-log.ts';
import { entriesOf, type StatusRow, unmergedPaths, untrackedOf } from './isomorphic-status.ts';
import { checkPath, checkRevision } from './names.ts';
import { readAllRefs } from './ref-files.ts';
import { parseTagObject } from './tag-object.ts';

/** Stands for HEAD's tree before the first commit; isomorphic-git knows it without an object. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const REF_RULES = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];

export class IsomorphicReader implements GitReader {
  readonly adapter = 'isomorphic';
  readonly paths: RepositoryPaths;
  readonly zeroOid: Oid = '0'.repeat(40);
  protected readonly source: ObjectSource;
  protected readonly env: Environment;

  constructor(paths: RepositoryPaths, env: Environment, git: ObjectSource['git']) {
    this.paths = paths;
    this.env = env;
    const { zeroOid, refStorage } = readFormat(paths);
    if (paths.gitDir !== paths.commonDir) throw unsupported('a linked work tree');
    if (zeroOid !== this.zeroOid) throw unsupported('a repository with SHA-256 objects');
    if (refStorage !== 'files') throw unsupported('a repository with a ref table');
    this.source = {
      git,
      gitdir: paths.gitDir,
      cache: {},
      shallow: existsSync(join(paths.gitDir, 'shallow')),
    };
  }

  protected get git() {
    return this.source.git;
  }

  protected get place() {
    return { fs, gitdir: this.paths.gitDir, cache: this.source.cache };
  }

  protected get workTree(): { fs: typeof fs; gitdir: string; cache: object; dir: string } {
    const { root } = this.paths;
    if (root === undefined) throw new BitError('usage', 'this is a bare repository: it has no work tree');
    return { ...this.place, dir: root };
  }

  async head(): Promise<Head> {
    const head = readHeadFile(this.paths);
    if (head === undefined) throw unsupported('a HEAD of this form');
    return head;
  }

  async refs(prefixes: readonly string[] = []): Promise<Ref[]> {
    const wanted = [...readAllRefs(this.paths).values()].filter(
      ({ name }) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)),
    );
    return Promise.all(wanted.map((ref) => (ref.name.startsWith('refs/tags/') ? this.peeled(ref) : ref)));
  }

  private async peeled(ref: Ref): Promise<Ref> {
    if (ref.peeled !== undefined) return ref;
    const oid = await this.peel(ref.oid, 'any-peeled').catch(() => undefined);
    return oid === undefined || oid === ref.oid ? ref : { ...ref, peeled: oid };
  }

  /** Follows tags, then to the type wanted; undefined where it can't be reached. */
  private async peel(start: Oid, to: 'commit' | 'tree' | 'any' | 'any-peeled'): Promise<Oid | undefined> {
    let oid = start;
    for (;;) {
      const { type } = await this.git.readObject({ ...this.place, oid, format: 'content' });
      if (to === 'any' || type === to) return oid;
      if (type === 'tag') oid = (await this.git.readTag({ ...this.place, oid })).tag.object;
      else if (to === 'any-peeled') return oid;
      else return type === 'commit' && to === 'tree' ? (await read(this.source, oid)).commit.tree : undefined;
    }
  }

  async branches(options: { readonly remotes?: boolean } = {}): Promise<BranchInfo[]> {
    const refs = await this.refs(['refs/heads/', ...(options.remotes === true ? ['refs/remotes/'] : [])]);
    const head = await this.head();
    const all = readAllRefs(this.paths);
    return translated(() =>
      Promise.all(
        refs.map(async (ref) => {
          const commit = await this.commit(ref.oid);
          const short = ref.name.replace(/^refs\/(heads|remotes)\//, '');
          const upstream = ref.name.startsWith('refs/heads/') ? this.upstreamOf(short) : undefined;
          const other = upstream === undefined ? undefined : all.get(upstream)?.oid;
          return {
            ...ref,
            short,
            current: head.kind !== 'detached' && head.ref === ref.name,
            upstream: upstream?.replace(/^refs\/(heads|remotes)\//, ''),
            ...(await this.distance(ref.oid, other)),
            gone: upstream !== undefined && other === undefined,
            subject: commit.subject,
            committed: commit.committer.date,
          };
        }),
      ),
    );
  }

  private upstreamOf(branch: string): string | undefined {
    const entries = this.settings();
    const remote = lastValue(entries, `branch.${branch}.remote`);
    const merge = lastValue(entries, `branch.${branch}.merge`);
    if (remote === undefined || merge === undefined) return undefined;
    return remote === '.' ? merge : merge.replace(/^refs\/heads\//, `refs/remotes/${remote}/`);
  }

  private async distance(ours: Oid, theirs: Oid | undefined) {
    if (theirs === undefined) return { ahead: undefined, behind: undefined };
    if (ours === theirs) return { ahead: 0, behind: 0 };
    const [mine, other] = await Promise.all([
      ancestors(this.source, [ours]),
      ancestors(this.source, [theirs]),
    ]);
    const missing = (from: Set<Oid>, among: Set<Oid>) => [...from].filter((oid) => !among.has(oid)).length;
    return { ahead: missing(mine, other), behind: missing(other, mine) };
  }

  protected async statusRows(paths?: readonly string[]): Promise<StatusRow[]> {
    const unborn = (await this.head()).kind === 'unborn';
    return this.git.statusMatrix({
      ...this.workTree,
      ...(unborn ? { ref: EMPTY_TREE } : {}),
      ...(paths === undefined ? {} : { filepaths: paths.map(checkPath) }),
    });
  }

  async status(options: Parameters<GitReader['status']>[0] = {}): Promise<WorkTreeStatus> {
    return translated(async () => {
      const head = await this.head();
      const unmerged = unmergedPaths(this.paths.gitDir);
      const conflicted = new Set(unmerged);
      const rows = await this.statusRows(options.paths);
      const upstream =
        head.kind === 'detached' ? undefined : this.upstreamOf(head.ref.replace(/^refs\/heads\//, ''));
      const other = upstream === undefined ? undefined : readAllRefs(this.paths).get(upstream)?.oid;
      const stash = readTextIfExists(join(this.paths.gitDir, 'logs/refs/stash')) ?? '';
      return {
        head,
        upstream: upstream?.replace(/^refs\/(heads|remotes)\//, ''),
        ...(head.kind === 'branch'
          ? await this.distance(head.oid, other)
          : { ahead: undefined, behind: undefined }),
        changed: entriesOf(rows, conflicted),
        untracked:
          options.untracked === false ? [] : untrackedOf(rows, options.untracked !== 'all', conflicted),
        conflicted: unmerged,
        inProgress: operationInProgress(this.paths.gitDir),
        stashes: stash.split('\n').filter((line) => line !== '').length,
      };
    });
  }

  async resolve(revision: string, peel: 'commit' | 'tree' | 'any' = 'commit'): Promise<Oid | undefined> {
    const [, base = '', suffixes = ''] =
      /^(.*?)((?:[~^]\d*|\^\{\w*\})*)$/.exec(checkRevision(revision)) ?? [];
    try {
      let oid = await this.resolveName(base);
      for (const [step] of suffixes.matchAll(/[~^]\d+|\^\{\w*\}|[~^]/g)) {
        if (oid === undefined) return undefined;
        oid = await this.step(oid, step);
      }
      return oid === undefined ? undefined : await this.peel(oid, peel);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === 'NotFoundError' || code === 'ObjectTypeError') return undefined;
      throw error;
    }
  }

  private async resolveName(name: string): Promise<Oid | undefined> {
    if (/[:@]\{|:|@\{/.test(name)) throw unsupported(`the revision ${printable(name)}`);
    if (/^[0-9a-f]{40}$/.test(name)) return name;
    if (name === 'HEAD' || name === '@') {
      const head = await this.head();
      return head.kind === 'unborn' ? undefined : head.oid;
    }
    const refs = readAllRefs(this.paths);
    for (const rule of REF_RULES) {
      const ref = refs.get(rule + name);
      if (ref !== undefined) return ref.oid;
    }
    const special = /^[A-Z_]*HEAD$/.test(name) ? readTextIfExists(join(this.paths.gitDir, name)) : undefined;
    if (special !== undefined) return /^[0-9a-f]{40}/.exec(special)?.[0];
    if (!/^[0-9a-f]{4,39}$/.test(name)) return undefined;
    return this.git.expandOid({ ...this.place, oid: name }).catch(() => undefined);
  }

  private async step(oid: Oid, step: string): Promise<Oid | undefined> {
    const type = /^\^\{(\w*)\}$/.exec(step)?.[1];
    if (type !== undefined) {
      if (type === 'commit' || type === 'tree') return this.peel(oid, type);
      return this.peel(oid, type === '' ? 'any-peeled' : 'any');
    }
    const count = step.length === 1 ? 1 : Number(step.slice(1));
    let commit = await this.peel(oid, 'commit');
    if (step.startsWith('^')) {
      return count === 0 || commit === undefined
        ? commit
        : (await read(this.source, commit)).commit.parent[count - 1];
    }
    for (let i = 0; i < count && commit !== undefined; i++)
      commit = (await read(this.source, commit)).commit.parent[0];
    return commit;
  }

  /** As {@link resolve}, and what does not exist is an error. */
  protected async need(revision: string, peel: 'commit' | 'tree' | 'any' = 'commit'): Promise<Oid> {
    const oid = await this.resolve(revision, peel);
    if (oid === undefined) throw new BitError('not-found', `there is no revision '${printable(revision)}'`);
    return oid;
  }

  async commit(oid: Oid): Promise<Commit> {
    const found = await this.need(oid);
    return translated(async () => toCommit(await read(this.source, found)));
  }

  tagObject(oid: Oid): Promise<TagObject> {
    return translated(async () => {
      const { object } = await this.git.readObject({ ...this.place, oid, format: 'content' });
      return parseTagObject(Buffer.from(object as Uint8Array).toString('utf8'));
    });
  }

  async log(query: LogQuery): Promise<Commit[]> {
    if (query.from === undefined && (await this.head()).kind === 'unborn') return [];
    const from = await Promise.all((query.from ?? ['HEAD']).map((revision) => this.need(revision)));
    const not = await Promise.all((query.not ?? []).map((revision) => this.need(revision)));
    return translated(() => walkLog(this.source, { ...query, from, not }));
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    const [upper, lower] = await Promise.all([this.need(ancestor), this.need(descendant)]);
    if (upper === lower) return true;
    return translated(() => this.git.isDescendent({ ...this.place, oid: lower, ancestor: upper, depth: -1 }));
  }

  async mergeBase(a: Oid, b: Oid): Promise<Oid | undefined> {
    const oids = await Promise.all([this.need(a), this.need(b)]);
    return translated(async () => (await this.git.findMergeBase({ ...this.place, oids }))[0]);
  }

  async blob(revision: string, path: string): Promise<Uint8Array | undefined> {
    const tree = await this.resolve(revision, 'tree');
    const oid = tree === undefined ? undefined : await objectAt(this.source, tree, checkPath(path));
    if (oid === undefined) return undefined;
    const object = await this.git.readObject({ ...this.place, oid, format: 'content' });
    return object.type === 'blob' && typeof object.object !== 'string'
      ? new Uint8Array(object.object)
      : undefined;
  }

  async pathConfig(key: string): Promise<string | undefined> {
    return (await this.config(key))?.replace(/^~(?=\/|$)/, homedir());
  }

  async config(key: string): Promise<string | undefined> {
    const [, section = '', sub = '', name = ''] =
      /^([A-Za-z][A-Za-z0-9-]*)\.(?:([^\n\0]*)\.)?([A-Za-z][A-Za-z0-9-]*)$/.exec(key) ?? [];
    if (section === '')
      throw new BitError('usage', `'${printable(key)}' is not a configuration key (section.name)`);
    const middle = sub === '' ? '' : `.${sub}`;
    return lastValue(this.settings(), `${section.toLowerCase()}${middle}.${name.toLowerCase()}`);
  }

  async configEntries(prefixes: readonly string[]): Promise<(readonly [string, string])[]> {
    return this.settings().filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
  }

  /** The person's configuration, then the repository's. Includes are not followed. */
  protected settings(): [string, string][] {
    const home = this.env['HOME'] ?? this.env['USERPROFILE'] ?? '';
    const own = this.env['GIT_CONFIG_GLOBAL'] ?? join(home, '.gitconfig');
    const xdg = join(this.env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'git', 'config');
    const files = this.env['GIT_CONFIG_GLOBAL'] === undefined ? [xdg, own] : [own];
    return [...files, join(this.paths.commonDir, 'config')].flatMap(readConfigFile);
  }

  async remotes(): Promise<{ readonly name: string; readonly fetch: string; readonly push: string }[]> {
    const urls = new Map<string, { fetch?: string; push?: string }>();
    for (const [key, value] of this.settings()) {
      const [, name, kind] = /^remote\.(.+)\.(url|pushurl)$/.exec(key) ?? [];
      if (name === undefined) continue;
      urls.set(name, { ...urls.get(name), [kind === 'url' ? 'fetch' : 'push']: value });
    }
    return [...urls].map(([name, { fetch = name, push = fetch }]) => ({ name, fetch, push }));
  }

  async read(args: readonly string[]): Promise<GitResult> {
    throw unsupported(`git ${printable(args[0] ?? '')}`);
  }
}

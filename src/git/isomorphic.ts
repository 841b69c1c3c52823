import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Environment } from './environment.ts';
import { operationInProgress } from './head.ts';
import type {
  GitInvocation,
  GitResult,
  GitWriter,
  Oid,
  PushedRef,
  RefUpdate,
  RepositoryPaths,
} from './index.ts';
import { translated, translatedTransfer, unsupported } from './isomorphic-errors.ts';
import { IsomorphicReader } from './isomorphic-reader.ts';
import { unmergedPaths } from './isomorphic-status.ts';
import { checkHttp, type HttpAuthentication, networkOptions } from './isomorphic-transfer.ts';
import { identity, indexTree, tidyMessage } from './isomorphic-write.ts';
import { checkPath, checkRefName, checkRemote, checkRevision, checkShortName } from './names.ts';
import { readAllRefs } from './ref-files.ts';

export type { HttpAuthentication } from './isomorphic-transfer.ts';

export interface OpenIsomorphicOptions {
  readonly paths: RepositoryPaths;
  readonly env: Environment;
  readonly authenticate?: HttpAuthentication;
  readonly onInvocation?: (invocation: GitInvocation) => void;
}

/**
 * The adapter for machines without `git`. What it can't do (signatures, hooks, ssh, partial clones, linked work
 * trees, arbitrary commands) is BitError 'unsupported' naming it.
 */
export async function openIsomorphic(options: OpenIsomorphicOptions): Promise<GitWriter> {
  const { default: git } = await import('isomorphic-git');
  return new IsomorphicGit(options, git);
}

class IsomorphicGit extends IsomorphicReader implements GitWriter {
  private readonly authenticate: HttpAuthentication | undefined;

  constructor(options: OpenIsomorphicOptions, git: ConstructorParameters<typeof IsomorphicReader>[2]) {
    super(options.paths, options.env, git);
    this.authenticate = options.authenticate;
  }

  /**
   * Emulated, and weaker than git's transaction: all `from` are verified before the first write, then the refs are
   * written one by one. A writer in between is not seen, a kill in between leaves some written. No reflogs.
   */
  async updateRefs(updates: readonly RefUpdate[]): Promise<void> {
    const head = await this.head();
    const target = (name: string) =>
      name === 'HEAD' && head.kind !== 'detached' ? head.ref : checkRefName(name);
    const refs = readAllRefs(this.paths);
    for (const { name, from, to } of updates) {
      const is = name === 'HEAD' && head.kind === 'detached' ? head.oid : refs.get(target(name))?.oid;
      if (from !== undefined && (is ?? this.zeroOid) !== from) {
        throw new BitError(
          'changed',
          `${printable(name)} is at ${is ?? 'nothing'} but expected ${printable(from)}`,
        );
      }
      if (to !== undefined) await this.need(to, 'any');
      if (to === undefined && is === undefined && from === undefined) {
        throw new BitError('changed', `there is no ref ${printable(name)} to delete`);
      }
    }
    await translated(async () => {
      for (const { name, to } of updates) {
        const ref = target(name);
        if (to === undefined) await this.git.deleteRef({ ...this.place, ref });
        else await this.git.writeRef({ ...this.place, ref, value: to, force: true });
      }
    });
  }

  async add(
    paths: readonly string[],
    options: { readonly all?: boolean; readonly update?: boolean } = {},
  ): Promise<void> {
    const everything = options.all === true || options.update === true;
    if (paths.length === 0 && !everything) throw new BitError('usage', 'nothing to add: no path is given');
    const { dir } = this.workTree;
    for (const path of paths) refuseBehindLink(dir, checkPath(path));
    await translated(async () => {
      const rows = await this.statusRows(paths.length === 0 ? undefined : paths);
      for (const path of paths) {
        const inside =
          path === '.' ||
          rows.some(([file]) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));
        if (!inside) throw new BitError('not-found', `'${printable(path)}' did not match any files`);
      }
      for (const [filepath, , workTree, stage] of rows) {
        if (workTree === 0 && stage !== 0) await this.git.remove({ ...this.workTree, filepath });
        else if (workTree !== 0 && stage !== workTree && (stage !== 0 || options.update !== true)) {
          await this.git.add({ ...this.workTree, filepath });
        }
      }
    });
  }

  async createCommit(options: Parameters<GitWriter['createCommit']>[0]): Promise<Oid> {
    if (options.sign === true) throw unsupported('a signed commit');
    if (options.only !== undefined && options.only.length > 0)
      throw unsupported('a commit of some paths only');
    if (operationInProgress(this.paths.gitDir) !== undefined) throw unsupported('ending a merge or rebase');
    if (options.noVerify !== true) this.refuseHooks('pre-commit', 'prepare-commit-msg', 'commit-msg');
    const message = tidyMessage(options.message);
    if (message === '') throw new BitError('usage', 'the commit message is empty');
    const head = await this.head();
    const amend = options.amend === true;
    if (amend && head.kind === 'unborn') throw new BitError('failed', 'there is no commit to amend');
    if (options.allowEmpty !== true && !amend) {
      const before = head.kind === 'unborn' ? undefined : await this.resolve('HEAD', 'tree');
      if ((await this.writeTree()) === (before ?? '4b825dc642cb6eb9a060e54bf8d69288fbee4904')) {
        throw new BitError('failed', 'nothing to commit', {
          hint: '`bit status` shows what could be staged.',
        });
      }
    }
    const settings = this.settings();
    return translated(() =>
      this.git.commit({
        ...this.place,
        ...{ message, amend },
        // the author of an amended commit stays
        ...(amend ? {} : { author: identity('AUTHOR', this.env, settings) }),
        committer: identity('COMMITTER', this.env, settings),
      }),
    );
  }

  /** Hooks are programs of the repository's owner; passing them over in silence would break their promise. */
  private refuseHooks(...names: readonly string[]): void {
    for (const name of names) {
      if (existsSync(join(this.paths.commonDir, 'hooks', name))) throw unsupported(`the ${name} hook`);
    }
  }

  async createBranch(name: string, at: string, options: { readonly upstream?: string } = {}): Promise<void> {
    const ref = checkShortName('branch', name);
    const object = await this.need(at);
    if (readAllRefs(this.paths).has(`refs/heads/${ref}`)) {
      throw new BitError('conflict', `a branch named '${printable(name)}' already exists`);
    }
    await translated(() => this.git.branch({ ...this.place, ref, object }));
    if (options.upstream !== undefined) await this.follow(name, options.upstream);
  }

  private async follow(branch: string, upstream: string): Promise<void> {
    const [, remote = '.', short = upstream] = /^([^/]+)\/(.+)$/.exec(checkRevision(upstream)) ?? [];
    await this.git.setConfig({ ...this.place, path: `branch.${branch}.remote`, value: remote });
    await this.git.setConfig({ ...this.place, path: `branch.${branch}.merge`, value: `refs/heads/${short}` });
  }

  async deleteBranch(name: string, options: { readonly from: Oid }): Promise<void> {
    const ref = `refs/heads/${checkShortName('branch', name)}`;
    const head = await this.head();
    if (head.kind !== 'detached' && head.ref === ref) {
      throw new BitError('conflict', `branch ${printable(name)} is checked out`, {
        hint: 'Switch to another branch first.',
      });
    }
    await this.updateRefs([{ name: ref, to: undefined, from: options.from }]);
  }

  async switchTo(branch: string, options: Parameters<GitWriter['switchTo']>[1] = {}): Promise<void> {
    if (options.detach === true) {
      const ref = await this.need(branch);
      return translated(() => this.git.checkout({ ...this.workTree, ref }));
    }
    const ref = checkShortName('branch', branch);
    const refs = readAllRefs(this.paths);
    if (options.create === true) await this.createBranch(branch, options.start ?? 'HEAD');
    else if (!refs.has(`refs/heads/${ref}`) && !refs.has(`refs/remotes/origin/${ref}`)) {
      throw new BitError('not-found', `invalid reference: ${printable(branch)}`);
    }
    await translated(() => this.git.checkout({ ...this.workTree, ref }));
  }

  async createTag(name: string, at: string, options: Parameters<GitWriter['createTag']>[2]): Promise<void> {
    if (options.sign === true) throw unsupported('a signed tag');
    const ref = checkShortName('tag', name);
    const object = await this.need(at, 'any');
    const force = options.force === true;
    if (!force && readAllRefs(this.paths).has(`refs/tags/${ref}`)) {
      throw new BitError('conflict', `tag '${printable(name)}' already exists`);
    }
    const { message } = options;
    await translated(() => {
      if (message === undefined) return this.git.tag({ ...this.place, ref, object, force });
      const tagger = identity('COMMITTER', this.env, this.settings());
      return this.git.annotatedTag({
        ...this.place,
        ref,
        object,
        force,
        message: tidyMessage(message),
        tagger,
      });
    });
  }

  async deleteTag(name: string): Promise<void> {
    const ref = `refs/tags/${checkShortName('tag', name)}`;
    if (!readAllRefs(this.paths).has(ref))
      throw new BitError('not-found', `tag '${printable(name)}' not found`);
    await translated(() => this.git.deleteRef({ ...this.place, ref }));
  }

  async fetch(remote: string, options: Parameters<GitWriter['fetch']>[1] = {}): Promise<void> {
    if ((options.refspecs ?? []).length > 0) throw unsupported('a fetch with refspecs');
    const { url, named } = await this.address(remote, 'fetch');
    const { prune = false, tags = false } = options;
    const network = await this.network(options);
    await translatedTransfer(() => this.git.fetch({ ...this.place, ...network, url, ...named, prune, tags }));
  }

  async push(
    remote: string,
    refspecs: readonly string[],
    options: Parameters<GitWriter['push']>[2] = {},
  ): Promise<readonly PushedRef[]> {
    if (options.force === 'lease') throw unsupported('a push with a lease');
    if (options.atomic === true && refspecs.length > 1) throw unsupported('an atomic push');
    this.refuseHooks('pre-push');
    const { url, named } = await this.address(remote, 'push');
    const network = await this.network(options);
    const pushed: PushedRef[] = [];
    for (const refspec of refspecs) {
      const [, plus, source = '', destination = source] = /^(\+?)([^:]*)(?::(.*))?$/.exec(refspec) ?? [];
      if (plus !== '' && options.force !== 'force') {
        throw new BitError('usage', `refspec '${printable(refspec)}': a leading '+' forces the push`);
      }
      const force = options.force === 'force';
      const remoteRef = fullName(checkRefName(destination));
      const what =
        source === '' ? { delete: true, ref: 'HEAD', remoteRef } : { ref: checkRefName(source), remoteRef };
      const result = await translatedTransfer(() =>
        this.git.push({ ...this.place, ...network, url, ...named, ...what, force }),
      );
      if (!result.ok)
        throw new BitError(
          'failed',
          `the remote refused ${printable(refspec)}: ${printable(result.error ?? '')}`,
        );
      // it does not tell what was there before
      pushed.push({ ref: remoteRef, state: source === '' ? 'deleted' : force ? 'forced' : 'updated' });
      if (options.setUpstream === true && source !== '' && named.remote !== undefined) {
        await this.follow(
          source.replace(/^refs\/heads\//, ''),
          `${named.remote}/${remoteRef.replace(/^refs\/heads\//, '')}`,
        );
      }
    }
    return pushed;
  }

  private async address(remote: string, direction: 'fetch' | 'push') {
    const known = (await this.remotes()).find(({ name }) => name === checkRemote(remote));
    return { url: checkHttp(known?.[direction] ?? remote), named: known === undefined ? {} : { remote } };
  }

  private network(options: Parameters<typeof networkOptions>[0]) {
    return networkOptions({
      ...options,
      ...(this.authenticate === undefined ? {} : { authenticate: this.authenticate }),
    });
  }

  async writeTree(): Promise<Oid | undefined> {
    if (unmergedPaths(this.paths.gitDir).length > 0) return undefined;
    return translated(() => indexTree(this.git, this.place));
  }

  async run(args: readonly string[]): Promise<GitResult> {
    return this.read(args);
  }
}

function fullName(name: string): string {
  return name.startsWith('refs/') ? name : `refs/heads/${name}`;
}

/** A path that goes through a symbolic link may end anywhere. */
function refuseBehindLink(root: string, path: string): void {
  for (let parent = dirname(path); parent !== '.' && parent !== '/'; parent = dirname(parent)) {
    if (lstatSync(join(root, parent), { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      throw new BitError('usage', `path '${printable(path)}' is beyond a symbolic link`);
    }
  }
}

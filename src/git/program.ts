import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import type { GitResult, GitWriter, Oid, PushedRef, RefUpdate, RunOptions } from './index.ts';
import {
  checkPath,
  checkRefName,
  checkRefspec,
  checkRemote,
  checkRevision,
  checkShortName,
} from './names.ts';
import { parsePushed } from './parse.ts';
import { type OpenGitOptions, ProgramReader } from './program-reader.ts';
import { transfer } from './transfer.ts';

/** Beyond this, paths go to git through standard input and not as arguments. */
const MAX_ARGUMENT_BYTES = 65_536;

/** The adapter that drives the `git` program. @throws BitError 'missing-tool' where there is none on PATH */
export function openGit(options: OpenGitOptions): ProgramGit {
  return new ProgramGit(options);
}

export class ProgramGit extends ProgramReader implements GitWriter {
  async updateRefs(updates: readonly RefUpdate[], message: string): Promise<void> {
    if (updates.length === 0) return;
    const input = updates.map((update) => this.refCommand(update)).join('');
    await this.git.call(['update-ref', '-m', printable(message) || 'bit', '--stdin', '-z'], { input });
  }

  /** gitformat of `update-ref --stdin -z`. HEAD follows to its branch, every other name is taken as it stands. */
  private refCommand({ name, to, from }: RefUpdate): string {
    checkRefName(name);
    for (const oid of [to, from]) {
      if (oid !== undefined && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) {
        throw new BitError(
          'usage',
          `${printable(name)}: '${printable(oid.slice(0, 80))}' is not an object id`,
        );
      }
    }
    const option = name === 'HEAD' ? '' : 'option no-deref\0';
    if (to !== undefined) return `${option}update ${name}\0${to}\0${from ?? ''}\0`;
    return from === this.zeroOid ? `verify ${name}\0${from}\0` : `${option}delete ${name}\0${from ?? ''}\0`;
  }

  async add(
    paths: readonly string[],
    options: { readonly all?: boolean; readonly update?: boolean } = {},
  ): Promise<void> {
    const mode = options.all === true ? ['--all'] : options.update === true ? ['--update'] : [];
    if (paths.length === 0 && mode.length === 0)
      throw new BitError('usage', 'nothing to add: no path is given');
    if (paths.length === 0) return void (await this.git.call(['add', ...mode]));
    await this.git.call(['--literal-pathspecs', 'add', ...mode, ...FROM_INPUT], {
      input: paths.map(checkPath).join('\0'),
    });
  }

  async createCommit(options: Parameters<GitWriter['createCommit']>[0]): Promise<Oid> {
    const { only = [], message } = options;
    const args = [
      ...['--literal-pathspecs', 'commit'],
      ...(options.amend === true ? ['--amend'] : []),
      ...(options.sign === true ? ['--gpg-sign'] : options.sign === false ? ['--no-gpg-sign'] : []),
      ...(options.allowEmpty === true ? ['--allow-empty'] : []),
      ...(options.noVerify === true ? ['--no-verify'] : []),
      ...(only.length > 0 ? ['--only'] : []),
    ];
    const paths = only.map(checkPath);
    if (paths.join('\0').length <= MAX_ARGUMENT_BYTES) {
      await this.git.call([...args, '--file=-', '--', ...paths], { input: message });
    } else {
      if (message.length > MAX_ARGUMENT_BYTES)
        throw new BitError('usage', 'the message and the list of paths are both too long');
      await this.git.call([...args, `--message=${message}`, ...FROM_INPUT], { input: paths.join('\0') });
    }
    const head = await this.head();
    if (head.kind === 'unborn') throw new BitError('failed', 'git reported a commit and HEAD has none');
    return head.oid;
  }

  async createBranch(name: string, at: string, options: { readonly upstream?: string } = {}): Promise<void> {
    checkShortName('branch', name);
    const upstream = options.upstream === undefined ? undefined : checkRevision(options.upstream);
    await this.git.call(['branch', '--no-track', name, checkRevision(at)]);
    if (upstream !== undefined) await this.git.call(['branch', `--set-upstream-to=${upstream}`, name]);
  }

  /** Unlike `git branch -D`, deletes only if the branch still stands at `from`. */
  async deleteBranch(name: string, options: { readonly from: Oid }): Promise<void> {
    const ref = `refs/heads/${checkShortName('branch', name)}`;
    const holder = await this.workTreeOn(ref);
    if (holder !== undefined) {
      throw new BitError('conflict', `branch ${printable(name)} is checked out at ${printable(holder)}`, {
        hint: 'Switch to another branch there first.',
        details: { ref, workTree: holder },
      });
    }
    await this.updateRefs([{ name: ref, to: undefined, from: options.from }], `branch: deleted ${name}`);
    // 128 where the branch had no settings
    await this.git.call(['config', '--local', '--remove-section', `branch.${name}`], { accept: [0, 128] });
  }

  /** The work tree that has `ref` checked out or is rebasing it. */
  private async workTreeOn(ref: string): Promise<string | undefined> {
    for (const state of ['rebase-merge', 'rebase-apply']) {
      const rebased = readTextIfExists(join(this.paths.gitDir, state, 'head-name'))?.trim();
      if (rebased === ref) return this.paths.root;
    }
    const text = await this.git.text(['worktree', 'list', '--porcelain', '-z']);
    let current: string | undefined;
    for (const line of text.split('\0')) {
      if (line.startsWith('worktree ')) current = line.slice('worktree '.length);
      if (line === `branch ${ref}`) return current;
    }
    return undefined;
  }

  async switchTo(branch: string, options: Parameters<GitWriter['switchTo']>[1] = {}): Promise<void> {
    const args = ['switch', '--no-progress'];
    if (options.detach === true) args.push('--detach', checkRevision(branch));
    else if (options.create === true) {
      args.push('--create', checkShortName('branch', branch));
      if (options.start !== undefined) args.push(checkRevision(options.start));
    } else args.push(checkShortName('branch', branch));
    await this.git.call(args);
  }

  async createTag(
    name: string,
    at: string,
    options: { readonly message?: string; readonly sign?: boolean; readonly force?: boolean },
  ): Promise<void> {
    checkShortName('tag', name);
    if (options.sign === true && options.message === undefined) {
      throw new BitError('usage', `tag ${printable(name)}: a signed tag needs a message`);
    }
    const kind = options.sign === true ? ['--sign'] : options.message === undefined ? [] : ['--annotate'];
    await this.git.call(
      [
        // tag.gpgSign would turn a lightweight tag into a signed one
        ...(options.sign === true || (options.sign === undefined && options.message !== undefined)
          ? []
          : ['-c', 'tag.gpgSign=false', '-c', 'tag.forceSignAnnotated=false']),
        ...['tag', ...kind],
        ...(options.force === true ? ['--force'] : []),
        ...(options.message === undefined ? [] : ['--file=-']),
        ...[name, checkRevision(at)],
      ],
      options.message === undefined ? {} : { input: options.message },
    );
  }

  async deleteTag(name: string): Promise<void> {
    await this.git.call(['tag', '--delete', checkShortName('tag', name)]);
  }

  async fetch(remote: string, options: Parameters<GitWriter['fetch']>[1] = {}): Promise<void> {
    const { refspecs = [], prune, tags } = options;
    const args = [
      ...['fetch', '--progress'],
      ...(prune === undefined ? [] : [prune ? '--prune' : '--no-prune']),
      ...(tags === undefined ? [] : [tags ? '--tags' : '--no-tags']),
      checkRemote(remote),
      ...refspecs.map(checkRefspec),
    ];
    await transfer(this.git, args, options);
  }

  async push(
    remote: string,
    refspecs: readonly string[],
    options: Parameters<GitWriter['push']>[2] = {},
  ): Promise<readonly PushedRef[]> {
    const forced = refspecs.find((refspec) => refspec.startsWith('+'));
    if (forced !== undefined && options.force !== 'force') {
      throw new BitError('usage', `refspec '${printable(forced)}': a leading '+' forces the push`);
    }
    const args = [
      ...['push', '--progress', '--porcelain'],
      ...(options.setUpstream === true ? ['--set-upstream'] : []),
      ...(options.force === 'lease' ? ['--force-with-lease'] : options.force === 'force' ? ['--force'] : []),
      ...(options.atomic === true ? ['--atomic'] : []),
      checkRemote(remote),
      ...refspecs.map(checkRefspec),
    ];
    return parsePushed(await transfer(this.git, args, options));
  }

  async writeTree(): Promise<Oid | undefined> {
    const { stdout, exitCode } = await this.git.call(['write-tree'], { accept: [0, 128] });
    if (exitCode === 0) return stdout.toString('utf8').trim();
    if ((await this.git.text(['ls-files', '--unmerged', '-z'])) !== '') return undefined;
    // not conflicts: let the failure speak for itself
    return (await this.git.text(['write-tree'])).trim();
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<GitResult> {
    const result = await this.git.call(args, options);
    return { ...result, stdout: result.stdout.toString('utf8') };
  }
}

const FROM_INPUT = ['--pathspec-from-file=-', '--pathspec-file-nul'];

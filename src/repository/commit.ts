import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Oid } from '../git/index.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Touches, Writer } from '../operation/index.ts';
import type { CheckReport } from '../scan/index.ts';
import { checkStaged } from './commit-checks.ts';
import { commitHooks, keepingIndex } from './commit-index.ts';
import { type CommitSelection, type PendingChange, readPending } from './commit-pending.ts';
import { branchOf, listed, short } from './lookup.ts';
import { awaitsCommit, mergeInProgress, stateFiles } from './merge-state.ts';

export interface CommitOptions extends CommitSelection {
  /** Each a paragraph. */
  readonly messages: readonly string[];
  /** File the message is read from; `-` is standard input. */
  readonly messageFile: string | undefined;
  readonly sign: boolean;
  readonly autoValidate: boolean;
}

export interface CommitResult {
  readonly commit: Oid;
  /** Null on a detached HEAD. */
  readonly branch: string | null;
  readonly subject: string;
  readonly changes: readonly PendingChange[];
  /** The commit this one stands in for. */
  readonly amended: Oid | null;
  readonly checks: readonly CheckReport[];
}

/** How many paths policies and `--json` are shown by name. */
const MOST_PATHS = 1000;

/** Bytes of a message read from standard input. */
const MOST_MESSAGE = 16 * 1024 * 1024;

/**
 * Commits what is staged; with `stage` globs what they match is staged first; with `paths` only those, as they are.
 *
 * @throws BitError `failed` where there is nothing to commit, `conflict` naming files with conflicts
 */
export async function commit(reader: Reader, options: CommitOptions): Promise<Effect<CommitResult>> {
  const { git } = reader;
  if (git.paths.root === undefined)
    throw new BitError('unsupported', 'a bare repository has no files to commit');
  if (options.paths.length > 0 && (options.stage.length > 0 || options.all)) {
    throw new BitError(
      'usage',
      'paths commit just those files, --stage and --all add to what is staged: give one of them',
    );
  }
  const message = await messageOf(reader, options);
  const [head, pending, hooks] = await Promise.all([
    git.head(),
    readPending(reader, options),
    commitHooks(git),
  ]);
  if (options.amend && head.kind === 'unborn')
    throw new BitError('failed', 'there is no commit to amend yet');
  refuseConflicts(pending.conflicted);
  const waiting = awaitsCommit(git.paths);
  if (pending.changes.length === 0 && !options.amend && !mergeInProgress(git.paths))
    throw nothing(options, pending);
  const editor = message === undefined && reader.ask.possible;
  if (message === undefined && !editor && !options.amend && !waiting) {
    throw new BitError('usage', 'a commit needs a message', { hint: 'give it with -m' });
  }
  const branch = branchOf(head);
  const amended = options.amend && head.kind !== 'unborn' ? head.oid : null;
  const files = pending.changes.length === 1 ? '1 file' : `${pending.changes.length} files`;
  const where = branch ?? 'a detached HEAD';
  const indexMoves =
    options.stage.length > 0 || options.all || options.paths.length > 0 || hooks !== undefined;
  const touches: Touches = {
    refs: head.kind === 'detached' ? [] : [head.ref],
    head: head.kind === 'detached',
    ...(options.amend ? { rewrites: true } : {}),
    ...(indexMoves ? { index: true } : {}),
    ...(hooks !== undefined ? { worktree: 'tracked' } : {}),
    ...(waiting ? { files: stateFiles(git.paths) } : {}),
  };
  return {
    summary:
      amended === null ? `commit ${files} to ${where}` : `amend ${short(amended)} on ${where} with ${files}`,
    target: {
      branch,
      paths: pending.changes.slice(0, MOST_PATHS).map((change) => change.path),
      files: pending.changes.length,
      message: message === undefined ? null : shorten(message, 4000),
      amend: options.amend,
      sign: options.sign,
      auto_validate: options.autoValidate,
    },
    plan: plan(options, pending.changes, { head: head.kind === 'unborn' ? null : head.oid, where, editor }),
    touches,
    run: (writer) =>
      run(writer, options, { message, editor, branch, amended, hooks, changes: pending.changes }),
    record: (out) => ({ commit: out.commit, subject: shorten(out.subject, 200) }),
  };
}

interface Prepared {
  readonly message: string | undefined;
  readonly editor: boolean;
  readonly branch: string | null;
  readonly amended: Oid | null;
  /** Folder of hooks that run. */
  readonly hooks: string | undefined;
  readonly changes: readonly PendingChange[];
}

async function run(writer: Writer, options: CommitOptions, prepared: Prepared): Promise<CommitResult> {
  const { git } = writer;
  const { message, editor, branch, amended, changes } = prepared;
  const work = async (): Promise<readonly CheckReport[]> => {
    if (options.all) await git.run(['add', '--update', '--', ':/'], { signal: writer.signal });
    if (options.stage.length > 0) {
      await git.run(['-C', writer.cwd, 'add', '--', ...options.stage], { signal: writer.signal });
    }
    const checks = options.autoValidate ? await checkStaged(writer, options) : [];
    if (git.adapter === 'isomorphic' && message !== undefined && options.paths.length === 0) {
      const { amend, sign } = options;
      // an amend may be one of the message alone
      await git.createCommit({ message, amend, sign, allowEmpty: amend });
      return checks;
    }
    const made = git.run(
      [
        ...['-C', writer.cwd, 'commit', '--quiet'],
        ...(amended === null ? [] : ['--amend']),
        ...(options.sign ? ['--gpg-sign'] : []),
        ...(message !== undefined ? ['--file=-'] : editor ? [] : ['--no-edit']),
        ...(options.paths.length === 0 ? [] : ['--only']),
        '--',
        ...options.paths,
      ],
      {
        signal: writer.signal,
        ...(message === undefined ? { inherit: editor } : { input: message }),
      },
    );
    await made.catch((error: unknown) => {
      throw prepared.hooks === undefined ? error : maybeByHook(error, prepared.hooks);
    });
    return checks;
  };
  const checks = options.stage.length > 0 || options.all ? await keepingIndex(git.paths, work) : await work();
  const head = await git.head();
  if (head.kind === 'unborn') throw new BitError('failed', 'git reported a commit and HEAD has none');
  const subject =
    message === undefined ? (await git.commit(head.oid)).subject : (message.trim().split('\n', 1)[0] ?? '');
  return {
    commit: head.oid,
    branch,
    subject: shorten(subject, 1000),
    changes: changes.slice(0, MOST_PATHS),
    amended,
    checks,
  };
}

/** A hook that refuses says so in its own words, or in none at all; git adds nothing. */
function maybeByHook(error: unknown, folder: string): unknown {
  if (!(error instanceof BitError) || error.hint !== undefined || error.details['exitCode'] !== 1)
    return error;
  return new BitError(error.code, error.message, {
    cause: error,
    hint: `a hook may have refused it; this repository's are in ${printable(folder)}`,
    details: error.details,
  });
}

async function messageOf(reader: Reader, options: CommitOptions): Promise<string | undefined> {
  const { messages, messageFile } = options;
  if (messages.length > 0 && messageFile !== undefined) {
    throw new BitError('usage', 'give the message with -m or with --file, not both');
  }
  const message = messageFile === undefined ? messages.join('\n\n') : await readMessage(reader, messageFile);
  if (messages.length === 0 && messageFile === undefined) return undefined;
  if (message.includes('\0')) throw new BitError('usage', 'the message contains a NUL byte');
  if (message.trim() === '') throw new BitError('usage', 'the message is empty');
  return message;
}

async function readMessage(reader: Reader, file: string): Promise<string> {
  if (file === '-') return (await reader.input(MOST_MESSAGE)).toString('utf8');
  try {
    return readFileSync(resolve(reader.cwd, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new BitError(
        'not-found',
        `there is no file ${printable(shorten(file))} to read the message from`,
      );
    }
    throw fromErrno(error, `can't read the message from ${printable(shorten(file))}`);
  }
}

function refuseConflicts(paths: readonly string[]): void {
  if (paths.length === 0) return;
  throw new BitError('conflict', `these files still have conflicts: ${listed(paths)}`, {
    hint: 'resolve them, then take them in with: bit add <path>',
    details: { paths },
  });
}

function nothing(options: CommitOptions, pending: { readonly unstaged: boolean | undefined }): BitError {
  if (options.paths.length > 0) {
    return new BitError('failed', `nothing to commit: no tracked change in ${listed(options.paths)}`, {
      hint: 'a file git does not track yet is taken in with --stage',
    });
  }
  if (options.stage.length > 0) {
    return new BitError('failed', `nothing to commit: nothing changed matches ${listed(options.stage)}`);
  }
  return new BitError('failed', 'nothing to commit: nothing is staged', {
    hint:
      pending.unstaged === false
        ? 'the work tree is clean'
        : "stage and commit in one go with: bit commit --stage '<glob>' -m <message>",
  });
}

const WORDS: Readonly<Record<string, string>> = {
  A: 'add',
  D: 'delete',
  T: 'change the type of',
  R: 'rename',
};

function plan(
  options: CommitOptions,
  changes: readonly PendingChange[],
  at: { readonly head: Oid | null; readonly where: string; readonly editor: boolean },
): string[] {
  const shown = changes
    .slice(0, 50)
    .map((change) => `${WORDS[change.change] ?? 'change'} ${printable(change.path)}`);
  return [
    ...(options.all ? ['stage what changed of the tracked files'] : []),
    ...(options.stage.length > 0 ? [`stage ${listed(options.stage)}`] : []),
    ...shown,
    ...(changes.length > 50 ? [`and ${changes.length - 50} more files`] : []),
    ...(options.autoValidate
      ? ['check what is staged for secrets and formatting; commit nothing if it fails']
      : []),
    ...(at.editor ? ['open the editor for the message'] : []),
    options.amend
      ? `replace ${short(at.head ?? '')} at the tip of ${at.where}`
      : `move ${at.where} on from ${at.head === null ? 'nothing' : short(at.head)}`,
  ];
}

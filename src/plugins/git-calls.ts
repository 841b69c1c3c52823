/** The git a child may ask for, by method: what it needs to be granted, and its arguments read anew. */
import type { GitReader, GitWriter, Oid, RefName } from '../git/index.ts';
import { checkPath, checkRefName, checkRevision } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Touches } from '../operation/index.ts';
import { flag, optional, options, text, texts, whole } from './shapes.ts';

type Arguments = readonly unknown[];

const name = (value: unknown, what: string): string => checkRefName(text(value, what, 1024));
const revision = (value: unknown, what: string): string => checkRevision(text(value, what, 1024));
const path = (value: unknown, what: string): string => checkPath(text(value, what, 4096));
const oid = (value: unknown, what: string): Oid => {
  const given = text(value, what, 64);
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(given)) return given;
  throw new BitError('usage', `${what}: ${printable(shorten(given))} is not an object id`);
};
const paths = (value: unknown, what: string): readonly string[] =>
  texts(value, what).map((one) => path(one, what));
/** A date git's own parser reads: no option, no line feed. */
const when = (value: unknown, what: string): string => {
  const given = text(value, what, 100);
  if (/^[\w][\w .:+/-]*$/.test(given)) return given;
  throw new BitError('usage', `${what}: ${printable(shorten(given))} is no date`);
};
const author = (value: unknown, what: string): string =>
  text(value, what, 200).replace(/[\u0000-\u001f]/g, ' ');
const revisions = (value: unknown, what: string): readonly string[] =>
  texts(value, what, 100).map((one) => revision(one, what));

/** Settings that hold no credential and name no program. */
const SETTINGS =
  /^(?:user\.(?:name|email)|init\.defaultbranch|core\.(?:bare|ignorecase|autocrlf|filemode)|branch\.[^\n]{1,200}\.(?:remote|merge|description)|bit\.[a-z.]{1,100})$/i;

/** Answers larger than this would not fit a message. */
const MOST_COMMITS = 5000;

export const READS: Readonly<Record<string, (git: GitReader, given: Arguments) => Promise<unknown>>> = {
  head: (git) => git.head(),
  refs: (git, [prefixes]) =>
    git.refs(
      optional(prefixes, (value) => texts(value, 'prefixes', 100).map((one) => text(one, 'prefix', 1024))),
    ),
  branches: (git, [given]) => git.branches(options(given, 'options', { remotes: flag })),
  status: (git, [given]) =>
    git.status(
      options(given, 'options', {
        paths,
        untracked: (value, what): boolean | 'all' => (value === 'all' ? 'all' : flag(value, what)),
      }),
    ),
  resolve: (git, [which, peel]) => {
    const kind = optional(peel, (value) => text(value, 'peel', 10));
    if (kind !== undefined && kind !== 'commit' && kind !== 'tree' && kind !== 'any')
      throw new BitError('usage', 'peel: expected commit, tree or any');
    return git.resolve(revision(which, 'revision'), kind);
  },
  commit: (git, [which]) => git.commit(oid(which, 'oid')),
  log: (git, [query]) => {
    const read = options(query, 'query', {
      from: revisions,
      not: revisions,
      paths,
      since: when,
      until: when,
      author,
      limit: (value, what) => whole(value, what, MOST_COMMITS),
      follow: flag,
      firstParent: flag,
    });
    return git.log({ ...read, limit: read.limit ?? MOST_COMMITS });
  },
  isAncestor: (git, [a, b]) => git.isAncestor(oid(a, 'ancestor'), oid(b, 'descendant')),
  mergeBase: (git, [a, b]) => git.mergeBase(oid(a, 'a'), oid(b, 'b')),
  blob: (git, [which, where]) => git.blob(revision(which, 'revision'), path(where, 'path')),
  config: async (git, [key]) => {
    const wanted = text(key, 'key', 300);
    if (!SETTINGS.test(wanted))
      throw new BitError(
        'denied',
        `the setting ${printable(shorten(wanted))} is not for a plugin that is not trusted`,
      );
    const value = await git.config(wanted);
    return value === undefined ? undefined : maskSecrets(value);
  },
  remotes: async (git) =>
    (await git.remotes()).map((remote) => ({
      name: remote.name,
      fetch: maskSecrets(remote.fetch),
      push: maskSecrets(remote.push),
    })),
};

/** Refuses what the action did not declare: undo could not take it back. */
class Declared {
  readonly #touches: Touches;

  constructor(touches: Touches) {
    this.#touches = touches;
  }

  ref(ref: RefName): void {
    const { refs } = this.#touches;
    if (refs === 'all' || refs.includes(ref)) return;
    throw new BitError(
      'denied',
      `${printable(ref)} is not among the refs the action declared that it touches`,
    );
  }

  member(member: 'index' | 'head'): void {
    if (this.#touches[member] === true) return;
    throw new BitError(
      'denied',
      `the action did not declare that it touches ${member === 'head' ? 'HEAD' : 'the index'}`,
    );
  }

  workTree(): void {
    if (this.#touches.worktree !== undefined) return;
    throw new BitError('denied', 'the action did not declare that it touches the work tree');
  }
}

/** A branch or tag that HEAD of the moment stands on. */
async function current(git: GitReader): Promise<RefName> {
  const head = await git.head();
  return head.kind === 'detached' ? 'HEAD' : head.ref;
}

type Write = (git: GitWriter, declared: Declared, given: Arguments) => Promise<unknown>;

const WRITE_METHODS: Readonly<Record<string, Write>> = {
  async updateRefs(git, declared, [updates, message]) {
    if (!Array.isArray(updates) || updates.length > 1000)
      throw new BitError('usage', 'updates: expected a list of at most 1000');
    const read = (updates as unknown[]).map((update) => {
      const { name: ref, to, from } = options(update, 'update', { name, to: oid, from: oid });
      if (ref === undefined) throw new BitError('usage', 'update.name: expected a ref');
      declared.ref(ref);
      return { name: ref, to, ...(from === undefined ? {} : { from }) };
    });
    return git.updateRefs(read, text(message, 'message', 500));
  },
  add(git, declared, [which, given]) {
    declared.member('index');
    return git.add(paths(which, 'paths'), options(given, 'options', { all: flag, update: flag }));
  },
  async createCommit(git, declared, [given]) {
    const { message, ...read } = options(given, 'options', {
      message: text,
      amend: flag,
      allowEmpty: flag,
      only: paths,
    });
    if (message === undefined) throw new BitError('usage', 'options.message: expected a text');
    declared.member('index');
    declared.ref(await current(git));
    return git.createCommit({ message, ...read });
  },
  createBranch(git, declared, [branch, at]) {
    const short = name(branch, 'name');
    declared.ref(`refs/heads/${short}`);
    return git.createBranch(short, revision(at, 'at'));
  },
  deleteBranch(git, declared, [branch, given]) {
    const short = name(branch, 'name');
    declared.ref(`refs/heads/${short}`);
    const { from } = options(given, 'options', { from: oid });
    return git.deleteBranch(short, { from: oid(from, 'options.from') });
  },
  switchTo(git, declared, [branch, given]) {
    const read = options(given, 'options', { create: flag, detach: flag, start: revision });
    declared.member('head');
    declared.member('index');
    declared.workTree();
    const wanted = read.detach === true ? revision(branch, 'branch') : name(branch, 'branch');
    if (read.create === true) declared.ref(`refs/heads/${wanted}`);
    return git.switchTo(wanted, read);
  },
  createTag(git, declared, [tag, at, given]) {
    const short = name(tag, 'name');
    declared.ref(`refs/tags/${short}`);
    return git.createTag(short, revision(at, 'at'), {
      ...options(given, 'options', { message: text, force: flag }),
      sign: false,
    });
  },
  deleteTag(git, declared, [tag]) {
    const short = name(tag, 'name');
    declared.ref(`refs/tags/${short}`);
    return git.deleteTag(short);
  },
  writeTree(git, declared) {
    declared.member('index');
    return git.writeTree();
  },
};

export const WRITES: ReadonlySet<string> = new Set(Object.keys(WRITE_METHODS));

/** One writing call of an action that runs, held to what it declared. */
export async function writeGit(
  git: GitWriter,
  touches: Touches,
  method: string,
  given: Arguments,
): Promise<unknown> {
  const call = Object.hasOwn(WRITE_METHODS, method) ? WRITE_METHODS[method] : undefined;
  if (call === undefined) throw new Error(`no such call: ${method}`);
  return call(git, new Declared(touches), given);
}

/**
 * Git: one port, two adapters.
 *
 * `program.ts` drives the `git` program (simple-git for porcelain with progress, one spawn a call otherwise);
 * `isomorphic.ts` serves machines without `git` and ref reads in long-running processes. One contract test suite
 * runs against both; what an adapter can't do is `BitError('unsupported')` naming the operation.
 *
 * Every name that comes from outside passes {@link checkRefName}, {@link checkRemote} or stands behind `--`: no
 * argument may become an option of git. Paths are repository-relative with `/`, and never leave the work tree.
 */

/** 40 or 64 lower-case hex digits. */
export type Oid = string;
/** Full name: `refs/heads/main`, or `HEAD`. */
export type RefName = string;

export interface RepositoryPaths {
  /** Work tree root, absolute; undefined in a bare repository. */
  readonly root: string | undefined;
  /** This work tree's git directory. */
  readonly gitDir: string;
  /** Shared between linked work trees; equals gitDir in the main one. */
  readonly commonDir: string;
}

export type Head =
  | { readonly kind: 'branch'; readonly ref: RefName; readonly oid: Oid }
  | { readonly kind: 'unborn'; readonly ref: RefName }
  | { readonly kind: 'detached'; readonly oid: Oid };

export interface Ref {
  readonly name: RefName;
  readonly oid: Oid;
  /** For an annotated tag, what it points to. */
  readonly peeled?: Oid;
  readonly symref?: RefName;
}

export interface BranchInfo extends Ref {
  readonly short: string;
  readonly current: boolean;
  readonly upstream: string | undefined;
  readonly ahead: number | undefined;
  readonly behind: number | undefined;
  /** The upstream is configured and gone. */
  readonly gone: boolean;
  readonly subject: string;
  readonly committed: string;
}

export type FileState = 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'typechange';
export interface StatusEntry {
  readonly path: string;
  /** Where it was, for a rename or copy. */
  readonly from?: string;
  readonly staged?: FileState;
  readonly unstaged?: FileState;
}

export type OperationInProgress = 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect' | 'am';

export interface WorkTreeStatus {
  readonly head: Head;
  readonly upstream: string | undefined;
  readonly ahead: number | undefined;
  readonly behind: number | undefined;
  readonly changed: readonly StatusEntry[];
  readonly untracked: readonly string[];
  readonly conflicted: readonly string[];
  readonly inProgress: OperationInProgress | undefined;
  readonly stashes: number;
}

export interface Person {
  readonly name: string;
  readonly email: string;
  /** RFC 3339 with offset. */
  readonly date: string;
}
/** What an annotated tag says of itself. */
export interface TagObject {
  readonly subject: string;
  /** RFC 3339 with offset; empty where it names no tagger. */
  readonly date: string;
  readonly signed: boolean;
}

export interface Commit {
  readonly oid: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Person;
  readonly committer: Person;
  readonly subject: string;
  readonly body: string;
}
export interface LogQuery {
  readonly from?: readonly string[];
  readonly not?: readonly string[];
  readonly paths?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly author?: string;
  readonly limit?: number;
  readonly follow?: boolean;
  readonly firstParent?: boolean;
}

/** One command as it ran, for `--show-git`. Secrets in URLs masked. */
export interface GitInvocation {
  readonly argv: readonly string[];
  readonly milliseconds: number;
  readonly exitCode: number;
}

export interface GitResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface ProgressEvent {
  readonly stage: string;
  readonly done: number;
  /** Undefined where the total isn't known. */
  readonly total: number | undefined;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Exit codes that are answers, not failures; default [0]. */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** How output is decoded; `latin1` keeps every byte of it. Default `utf8`. */
  readonly encoding?: 'utf8' | 'latin1';
  /** Child inherits the terminal (editors, pagers, interactive passthrough); `input`: standard input alone. */
  readonly inherit?: boolean | 'input';
  /** Output is a person's: as they set git up, nothing made parseable. Implied by `inherit: true`. */
  readonly asTyped?: boolean;
  /** Folder to run in, absolute and inside the work tree; default its root. */
  readonly cwd?: string;
}

/** Reads; none of these changes a byte of the repository (GIT_OPTIONAL_LOCKS=0). */
export interface GitReader {
  readonly adapter: 'program' | 'isomorphic';
  readonly paths: RepositoryPaths;
  /** Object format: 40 zeros or 64. */
  readonly zeroOid: Oid;
  head(): Promise<Head>;
  /** All refs whose full name starts with one of `prefixes` (default: all). Without `peel`, `peeled` may be missing. */
  refs(prefixes?: readonly string[], options?: { readonly peel?: boolean }): Promise<Ref[]>;
  branches(options?: { readonly remotes?: boolean }): Promise<BranchInfo[]>;
  status(options?: {
    readonly untracked?: boolean | 'all';
    readonly paths?: readonly string[];
  }): Promise<WorkTreeStatus>;
  /** Undefined where the revision does not exist; never throws for that. `peel` e.g. `commit`, `tree`. */
  resolve(revision: string, peel?: 'commit' | 'tree' | 'any'): Promise<Oid | undefined>;
  commit(oid: Oid): Promise<Commit>;
  /** Of the id of an annotated tag. */
  tagObject(oid: Oid): Promise<TagObject>;
  log(query: LogQuery): Promise<Commit[]>;
  isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean>;
  mergeBase(a: Oid, b: Oid): Promise<Oid | undefined>;
  /** Blob bytes at `revision:path`, or undefined. */
  blob(revision: string, path: string): Promise<Uint8Array | undefined>;
  config(key: string): Promise<string | undefined>;
  /** Settings whose keys begin with one of `prefixes`, in order; section and last part of a key in lower case. */
  configEntries(prefixes: readonly string[]): Promise<(readonly [key: string, value: string])[]>;
  /** A setting that is a path, `~` expanded as git does. */
  pathConfig(key: string): Promise<string | undefined>;
  remotes(): Promise<{ readonly name: string; readonly fetch: string; readonly push: string }[]>;
  /** Any reading git command, for what has no method: `read(['diff', '--stat', '--', path])`. Program adapter only. */
  read(args: readonly string[], options?: RunOptions): Promise<GitResult>;
}

export interface RefUpdate {
  readonly name: RefName;
  /** Undefined deletes. */
  readonly to: Oid | undefined;
  /** Compare-and-swap: what must be there; zeroOid for must-not-exist; undefined for no check. */
  readonly from?: Oid;
}

/** What became of one ref of a push that went through, as the remote answered. */
export interface PushedRef {
  /** Full name over there. */
  readonly ref: RefName;
  readonly state: 'new' | 'updated' | 'forced' | 'deleted' | 'up-to-date';
}

export interface GitWriter extends GitReader {
  /** All updates or none (git update-ref --stdin, one transaction). `message` goes to the reflogs. */
  updateRefs(updates: readonly RefUpdate[], message: string): Promise<void>;
  add(
    paths: readonly string[],
    options?: { readonly all?: boolean; readonly update?: boolean },
  ): Promise<void>;
  createCommit(options: {
    readonly message: string;
    readonly amend?: boolean;
    readonly sign?: boolean;
    readonly allowEmpty?: boolean;
    /** `git commit --only` these paths. */
    readonly only?: readonly string[];
    readonly noVerify?: boolean;
  }): Promise<Oid>;
  createBranch(name: string, at: string, options?: { readonly upstream?: string }): Promise<void>;
  deleteBranch(name: string, options: { readonly from: Oid }): Promise<void>;
  switchTo(
    branch: string,
    options?: { readonly create?: boolean; readonly detach?: boolean; readonly start?: string },
  ): Promise<void>;
  createTag(
    name: string,
    at: string,
    options: {
      /** Makes it annotated. */
      readonly message?: string;
      /** Undefined: an annotated one as `tag.gpgSign` says. */
      readonly sign?: boolean;
      readonly force?: boolean;
    },
  ): Promise<void>;
  deleteTag(name: string): Promise<void>;
  fetch(
    remote: string,
    options?: {
      readonly refspecs?: readonly string[];
      readonly prune?: boolean;
      readonly tags?: boolean;
    } & RunOptions,
  ): Promise<void>;
  push(
    remote: string,
    refspecs: readonly string[],
    options?: {
      readonly setUpstream?: boolean;
      readonly force?: 'lease' | 'force';
      readonly atomic?: boolean;
    } & RunOptions,
  ): Promise<readonly PushedRef[]>;
  /** Tree of the index (git write-tree); undefined while it holds conflicts. */
  writeTree(): Promise<Oid | undefined>;
  /** Any git command. Program adapter only. */
  run(args: readonly string[], options?: RunOptions): Promise<GitResult>;
}

export { type CloneOptions, type GitVersion, gitVersion, type InitOptions } from './clone.ts';
export { discoverRepository } from './discover.ts';
export { type Environment, findProgram } from './environment.ts';
export { operationFiles, operationInProgress } from './head.ts';
export {
  checkPath,
  checkRefName,
  checkRefspec,
  checkRemote,
  checkRevision,
  checkShortName,
} from './names.ts';
export { cloneRepository, initRepository, type OpenBestOptions, openBestGit, runGit } from './open.ts';
export { openGit, type ProgramGit } from './program.ts';
export type { OpenGitOptions } from './program-reader.ts';
export { unquotePath } from './quoted-path.ts';

/**
 * Operation: the one way to change anything.
 *
 * A domain function reads through a {@link Reader} and returns an {@link Effect}: what it would do, what it may
 * touch, and the function that does it. {@link perform} takes the effect through policy decision → durable signed
 * intent → run → durable signed outcome. Nothing hands out a {@link Writer} but `perform`, so a mutation without a
 * gate and a ledger entry does not compile.
 */
import type { Readable, Writable } from 'node:stream';
import type { Freeze } from '../freeze/index.ts';
import type { GitReader, GitWriter, RefName, RepositoryPaths } from '../git/index.ts';
import type { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { KeyReader, KeyRing } from '../keys/index.ts';
import type { Entry, Ledger, LedgerReader } from '../ledger/index.ts';
import type { Extensions } from '../plugins/index.ts';
import type { BuiltinSource, Decision, PolicySet } from '../policy/index.ts';
import type { Settings } from '../settings/index.ts';
import type { Watch } from '../workflow/index.ts';
import type { FindApprovals } from './lift.ts';
import type { OutcomeEvent, TokenGate } from './world.ts';

export type { Decision } from '../policy/index.ts';
export { begunUnder, type Cause, causeText, parseCause } from './cause.ts';
export {
  captureFilesOnly,
  captureImage,
  headImage,
  type Image,
  imageFromJson,
  keepPrefix,
  readRefs,
  SCOPES,
  sameFile,
  sameTrees,
  writeWorkTree,
} from './image.ts';
export { repositoryFacts } from './input.ts';
export { type Approved, type FindApprovals, type Liftable, usedBy } from './lift.ts';
export { movesOf, type RefMove, readSeenRefs } from './moves.ts';
export { deniedError, type Performed, type PerformOptions, perform } from './perform.ts';
export {
  claimedBy,
  type OperationRecord,
  operations,
  ROLLBACK_EVENTS,
  readOperation,
  requireOperation,
} from './records.ts';
export { refuseRead } from './refuse-read.ts';
export { gitLockFiles, restoreImage } from './restore.ts';
export type { Identity, OperationWorld, OutcomeEvent, TokenGate } from './world.ts';

/** Reports on long work; stderr, a bar on a terminal and plain lines elsewhere. */
export interface StepProgress {
  /** `total` undefined where it isn't known. */
  update(stage: string, done: number, total: number | undefined): void;
}

export interface Progress extends StepProgress {
  end(): void;
}

/** Runs one of the announced steps, by its title. */
export type StepRunner = <Result>(
  title: string,
  work: (progress: StepProgress) => Promise<Result>,
) => Promise<Result>;

export interface Ask {
  /** Somebody sits at a terminal and may be asked. */
  readonly possible: boolean;
  /** False when declined; throws `BitError('usage')` naming `--yes` where nobody can be asked. */
  confirm(question: string): Promise<boolean>;
  choose(question: string, choices: readonly string[]): Promise<string>;
  text(question: string, options?: { readonly secret?: boolean }): Promise<string>;
}

/** This run's own streams, for what speaks through them itself: a filter of git's, git on a terminal. */
export interface RawStreams {
  readonly input: Readable;
  readonly output: Writable;
  /** They are this process's, so that a child may be given them. */
  readonly ofProcess: boolean;
  /** False under --json: the output is spoken for. */
  readonly free: boolean;
}

export interface RunView {
  readonly watch: Watch;
  end(): Promise<void>;
}

/** What a query may use. Nothing here writes. */
export interface Reader {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** The words that start this program again, for what others are to start. */
  readonly self: readonly string[];
  readonly ask: Ask;
  /**
   * All of standard input, for arguments that say `-`.
   *
   * @throws BitError `usage` past `most` bytes, `cancelled` on Ctrl-C
   */
  readonly input: (most: number) => Promise<Buffer>;
  /** One line to a person on stderr; silent under --quiet. */
  readonly notice: (line: string) => void;
  /** One step of long work, which its caller ends. */
  readonly progress: (title: string) => Progress;
  /** Long work of several steps, announced by their titles: a list on a terminal, lines elsewhere. */
  readonly tasks: <Result>(
    titles: readonly string[],
    work: (step: StepRunner) => Promise<Result>,
  ) => Promise<Result>;
  /** Shows a run as it goes: a live tree on a terminal, lines elsewhere, an event a line under `--json`. */
  readonly showRun?: () => RunView;
  readonly streams: RawStreams;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The repository here, or undefined outside one. */
  readonly repository: RepositoryPaths | undefined;
  /** `$GIT_COMMON_DIR/bit`, or the user's own state directory outside a repository. */
  readonly stateDirectory: string;
  /** The user's own data and settings, XDG. */
  readonly userDirectory: string;
  readonly configDirectory: string;
  /** What may be lost at any time. */
  readonly cacheDirectory: string;
  /** @throws BitError `not-found` outside a repository */
  readonly git: GitReader;
  readonly ledger: LedgerReader;
  readonly keys: KeyReader;
  /** The policy set in force (the one last accepted). */
  readonly policy: PolicySet;
  /** The approvals in the ledger that lift a denial. */
  readonly approvals: FindApprovals;
  /** Freezes that stand, but for those set by operations about to be taken back; `remember` only where writing is due. */
  readonly freezes: (options?: {
    readonly undoing?: readonly string[];
    readonly remember?: boolean;
  }) => Promise<readonly Freeze[]>;
  /** What `.bithub.yml` asks of the frame; defaults outside a repository. */
  readonly settings: Settings;
  /** What trusted plugins bring to policies; undefined where none does. */
  readonly builtins?: BuiltinSource | undefined;
  /** What installed plugins bring beside commands; undefined where no program is around. */
  readonly extensions?: () => Promise<Extensions>;
}

/** How a `bit` command runs inside an operation. */
export interface RunBit {
  /** Takes what it prints, whole lines; default: it has this process's streams. */
  readonly onOutput?: (text: string) => void;
  /** Ends it; default what ends this process's work. */
  readonly signal?: AbortSignal;
}

/** What an action may use while it runs. Only {@link perform} makes one. */
export interface Writer extends Reader {
  readonly git: GitWriter;
  readonly keys: KeyRing;
  /** Id of the running operation; for reflog messages and child operations. */
  readonly operation: string;
  /** Environment by which a `bit` that some child process starts knows that it runs inside this operation. */
  readonly inside: Readonly<Record<string, string>>;
  /** Runs a `bit` command as a child process inside this operation and returns its exit status. */
  readonly runBit: (words: readonly string[], options?: RunBit) => Promise<number>;
  /** Writes the outcome that a dead process owed to its intent; only repair does. */
  readonly closeIntent: (intent: Entry, payload: JsonObject) => Promise<void>;
  /** What may be done to the ledger beside appending: receive another clone's chain, withhold a payload. */
  readonly keep: Pick<Ledger, 'receive' | 'withhold'>;
  /** Runs another effect inside this one: gated and recorded, its entries name this operation as `parent`. */
  readonly perform: <Out extends object>(request: ActionRequest, effect: Effect<Out>) => Promise<Out>;
  /** Has the listeners that are switched on hear of something that ended inside this operation. Never rejects. */
  readonly tell: (event: OutcomeEvent) => Promise<void>;
  /** What the gate says of an effect inside this one; nothing runs and nothing is recorded. */
  readonly judge: <Out extends object>(request: ActionRequest, effect: Effect<Out>) => Promise<Decision>;
  /**
   * The gate for many questions of one kind a second: policies, freezes and facts as they are now, so that who keeps
   * running asks for it again now and then. What it decides is recorded by who asks.
   */
  readonly gate: (request: ActionRequest) => Promise<Gate>;
  /** Tells the ledger what happened inside this operation: all of it, in this order, in one durable write. */
  readonly note: (notes: readonly Note[]) => Promise<readonly Entry[]>;
}

export type Gate = (asked: {
  /** Default the request's. */
  readonly action?: string;
  readonly target: JsonObject;
  readonly msg?: Json;
  readonly peer?: Json;
}) => Decision;

/** Something that happened, without an operation of its own. Masked. */
export interface Note {
  readonly event: string;
  /** A policy refused it. */
  readonly denied?: boolean;
  /** Who it is of, where that is not who acts here: `bot:triage`. */
  readonly as?: string;
  readonly payload: JsonObject;
}

/** What an operation may change, so that the intent can hold how it was. */
export interface Touches {
  /** Full ref names that may move, or `all`. */
  readonly refs: readonly RefName[] | 'all';
  /** True where a ref may lose commits (amend, reset, delete): old tips are pinned against gc. */
  readonly rewrites?: boolean;
  /** HEAD may come to point to another branch or commit. */
  readonly head?: boolean;
  /** The index may change. */
  readonly index?: boolean;
  /** Files of the work tree may change: those git tracks, also untracked ones, or ignored ones too. */
  readonly worktree?: 'tracked' | 'untracked' | 'ignored';
  /** Absolute paths of single files outside git's care (git config, settings) that may change. */
  readonly files?: readonly string[];
}

export interface Effect<Out extends object> {
  /** What it does, in the imperative: `commit 3 files to main`. Stands in the operation log. */
  readonly summary: string;
  /** What policy sees as `input.target`. */
  readonly target: JsonObject;
  /** The steps as a person reads them under `--dry-run`. */
  readonly plan: readonly string[];
  readonly touches: Touches;
  /** Narrower policy action or ledger event than the command declares (`git.rebase`). */
  readonly action?: string;
  readonly event?: string;
  /** What undo can't take back: `pushed refs/heads/main to origin`. */
  readonly irreversible?: readonly string[];
  /** Operations this one takes back (rollback) — claimed atomically with the intent. */
  readonly undoes?: readonly string[];
  /** What each of them would be as an action of its own; each goes through the gate before anything starts. */
  readonly inverses?: readonly Inverse[];
  /**
   * Further actions it comes to, by names of their own (`git push --force` is a `repo.push`, a sync pushes): each goes
   * through the gate before anything starts.
   */
  readonly amountsTo?: readonly Equivalent[];
  /** Destructive: asked first unless `--yes`. */
  readonly confirm?: string;
  /**
   * Changes nothing that the repository's lock guards (`touches` is empty), so it neither takes the lock nor holds
   * images: for what keeps running, whose mutations are operations inside it, and for what git calls while another
   * action may be running.
   */
  readonly beside?: boolean;
  /** It puts things back: begun and brought to its end although Ctrl-C was pressed. */
  readonly uninterrupted?: boolean;
  /**
   * Does it. Leaves everything as it was when it throws, or says in the error what it left.
   * Must not spawn git processes that outlive it.
   */
  run(writer: Writer): Promise<Out>;
  /** Small machine-readable result for the outcome entry; masked, at most a few kB. */
  record?(out: Out): JsonObject;
  /**
   * The work came to its end, and the end is a failure: recorded as one together with its result, then thrown, with a code
   * and a hint of its own. For what showed its steps as they ran and whose result is nothing to go on with: a run, a
   * deployment. Who performs it within another operation (a script, a flow) sees it fail like anything that throws.
   */
  failure?(out: Out): BitError | undefined;
  /**
   * Recorded as a failure too, but the result itself is the answer, and says what went badly (which tests are red, which
   * target did not build): it is returned and printed, under `--json` as well, and the command's `exitCode` tells. Two
   * members and not one, because the choice is what a caller gets: an error in place of the result, or the result. An
   * effect has one of them.
   */
  failed?(out: Out): string | undefined;
}

/** What an action's command returns where its arguments only ask: it has no writer, so nothing is there to record. */
export interface Answer<Out extends object> {
  /** What policies that gate queries see, `read.<reads>`; default the command itself. */
  readonly reads?: string;
  /** Called once the query is allowed. `dryRun`: what it would keep for itself, it only tells. */
  answer(dryRun: boolean): Promise<Out>;
}

/** Taking one operation back, as policies judge it: that operation's action and target, `target.undoes` its id. */
export interface Inverse {
  readonly op: string;
  readonly action: string;
  readonly target: JsonObject;
}

/** Another action an effect comes to, as policies judge it. */
export interface Equivalent {
  readonly action: string;
  readonly command: string;
  readonly args: JsonObject;
  readonly target: JsonObject;
}

/** How an effect was asked for. */
export interface ActionRequest {
  /** Policy action, `repo.commit`. */
  readonly action: string;
  /** Ledger event, `COMMIT`. */
  readonly event: string;
  /** Dotted command, `commit`, `branch.new`. */
  readonly command: string;
  /** Arguments and flags by name, as typed. */
  readonly args: JsonObject;
  /** The token it was asked for under, where that is not the one this process was given. */
  readonly token?: TokenGate;
}

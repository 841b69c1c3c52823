import type { GitWriter } from '../git/index.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { KeyRing } from '../keys/index.ts';
import type { Entry, Ledger } from '../ledger/index.ts';
import type { Cause } from './cause.ts';
import type { Reader, RunBit } from './index.ts';

/** Who acts: git's user and the key that signs. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  /** `ed25519:<hex>`; empty for an onlooker without a key. */
  readonly publicKey: string;
  /** On whose behalf, as the ledger's `as`: `Name <email>`, or null where git knows no user. */
  readonly as: string | null;
  /** The key is one the accepted set trusts (or no allowed_signers was accepted). */
  readonly trusted: boolean;
}

/** An operation that ended, as listeners hear of it. Its texts hold no secrets. */
export interface OutcomeEvent {
  /** Ledger event, `COMMIT`. */
  readonly event: string;
  /** Id of the operation. */
  readonly op: string;
  readonly ok: boolean;
  /** What it set out to do, one line. */
  readonly summary: string;
  /** When its outcome was recorded, RFC 3339. */
  readonly ts: string;
  /** On whose behalf, `Name <email>`. */
  readonly as: string | null;
}

/** The token an action is asked for under: it narrows what the policy allows, and never widens it. */
export interface TokenGate {
  /** `input.token`: its verified claims. */
  readonly facts: JsonObject;
  /** Why it does not let an action through, or undefined. */
  refuses(action: string): string | undefined;
  /** Of a bot's token: the bot, as which the ledger then has who acted. */
  readonly bot?: string;
  /** Of a bot's token: why it does not let a query through, `status`, `branch.list`, nor the action whose command asks. */
  refusesRead?(command: string, action?: string): string | undefined;
}

export interface Adoption {
  readonly event: string;
  readonly payload: JsonObject;
}

/** What the ledger keeps of the policy set in force, so that its file can't be exchanged or taken away unseen. */
export interface PolicyState {
  /** Name of the ledger's state. */
  readonly name: string;
  /** The file that holds the accepted set. */
  readonly file: string;
  /** Of the set that file holds; undefined where there is none. */
  digest(): string | undefined;
  /** Member of a payload that holds the digest of the set in force, so that it is signed. */
  readonly vouched: string;
  /**
   * Compares what is said to be in force with what was signed last. What doesn't agree is damage from then on: nothing is
   * allowed but its recovery.
   */
  check(): Promise<void>;
  /** False after {@link check} found damage, or where the file itself is. */
  isWhole(): boolean;
  /** Whether the set that judged is the one in force still. */
  unchanged(): boolean;
  /** What is judged from now on is judged by the set in force now. */
  renew(): void;
}

/** Everything {@link perform} needs beside what a query sees. Built by the context; never handed to a command. */
export interface OperationWorld {
  readonly reader: Reader;
  /** Undefined outside a repository. */
  readonly gitWriter: GitWriter | undefined;
  /** Git whose children know the running operation: `BIT_OPERATION` for hooks, `GIT_REFLOG_ACTION` for the reflogs. */
  gitFor(operation: string): Promise<GitWriter | undefined>;
  /** Opened at first use. */
  readonly ledger: Ledger;
  /** Who acts; makes the first key where there is none. */
  identity(): Promise<Identity>;
  /** Who would act, without making or opening a key: `publicKey` is empty before the first. */
  onlooker(): Promise<Identity>;
  readonly keys: KeyRing;
  /**
   * The same with another key of the user's own; undefined where that isn't at hand, or the environment says which key
   * signs. Who asks closes the ledger.
   */
  signedBy(publicKey: string): Promise<Pick<OperationWorld, 'ledger' | 'identity'> | undefined>;
  /** @throws BitError `auth` where the environment holds a token of ours that does not verify */
  token(): Promise<TokenGate | undefined>;
  /** `input.config`: the accepted settings policies may read. Says so where the tree holds others. */
  policyConfig(action: string): JsonObject;
  readonly policyState: PolicyState;
  /**
   * Takes the policy set in force as the accepted one where none was accepted yet (the first action in a clone), and
   * returns what the ledger should hold of it; undefined where nothing but the built-in default was adopted.
   */
  adoptPolicy(): Adoption | undefined;
  /** Copies entries to the JSON-lines mirror where the repository asks for one. Never throws: a notice instead. */
  mirror(entries: readonly Entry[]): void;
  /** Told of each operation of its own (not of one inside another) once its outcome is on disk. Never throws. */
  onOutcome(event: OutcomeEvent): void;
  /** As `Writer.tell`; nobody listens without it. */
  tell?(event: OutcomeEvent): Promise<void>;
  /** Starts `bit` with these words, and the variables that say inside which operation; its exit status. */
  runBit(
    words: readonly string[],
    inside: Readonly<Record<string, string>>,
    options?: RunBit,
  ): Promise<number>;
  /** The event of a bot's that led to what this process does; none where it is no bot's. */
  cause?(): Promise<Cause | undefined>;
  /** Operation this process runs inside of (`BIT_OPERATION`, `BIT_RUN_OPERATION`), or undefined. */
  readonly parent: string | undefined;
  /** That operation holds no lock. */
  readonly free?: boolean;
}

/**
 * Ledger: the signed, hash-chained record of every mutation.
 *
 * An entry is the canonical JSON (RFC 8785) of {@link EntryFields}, its SHA-256, an Ed25519 signature over
 * `"bithub.ledger.entry.v1\n" ‖ entry_sha256 (32 bytes)`, and a payload beside it whose digest
 * `sha256(nonce ‖ canonical payload)` the entry holds: a payload can be withheld without breaking the chain or
 * being guessed. Acknowledged means on disk. Many processes append at once; the lock is the kernel's (SQLite WAL).
 *
 * A chain belongs to one clone instance, not to a key. A copied directory is recognised at its next write and goes
 * on as a new chain whose first entry names its parent chain and head.
 *
 * This domain imports no other: it is handed a {@link EntrySigner} and a clock.
 */
import type { JsonObject } from '../kernel/json.ts';
import type { ENTRY_VERSION } from './entry.ts';
import { StoreReader } from './reader.ts';
import type { ShownEntry } from './shown.ts';
import { Store } from './store.ts';
import type { ChainTree } from './tree.ts';
import type { VerifyOptions } from './verify.ts';
import type { ParallelOptions } from './verify-parallel.ts';
import { type LedgerOptions, StoreLedger } from './writer.ts';

export { ChainAudit, type ChainAuditOptions, type Sealed } from './chain-audit.ts';
export { ENTRY_VERSION, entryOf } from './entry.ts';
export { eventFacts } from './event-facts.ts';
export { explainFault } from './faults.ts';
export { entryHolds } from './holds.ts';
export { inspectLedgerFile } from './inspect.ts';
export { isKeyEvent } from './key-events.ts';
export { leafData } from './leaf.ts';
export { hasOpenIntents, type OpenMarker, openMarkers } from './markers.ts';
export { appendMirror, repairMirror } from './mirror.ts';
export { openSalvaged, type Salvage, type SalvagedChain, salvageLedger } from './salvage.ts';
export type { SeenCheckpoint } from './seen.ts';
export { readLeaf, type ShownEntry, shownFault } from './shown.ts';
export type { ChainTree } from './tree.ts';
export { believes, type SignerRule, type TrustRules } from './trust.ts';
export type { VerifyOptions } from './verify.ts';
export type { ParallelOptions } from './verify-parallel.ts';
export type { LedgerOptions } from './writer.ts';

/** `intent` and `outcome` share `op`; a `denied` or a `note` stands alone. */
export type Phase = 'intent' | 'outcome' | 'denied' | 'note';

/** The fields that are hashed and signed, in the document's order (canonical JSON sorts them). */
export interface EntryFields {
  readonly v: typeof ENTRY_VERSION;
  /** 0-based position in its chain. */
  readonly seq: number;
  /** Lamport time: greater than every entry this clone had seen. */
  readonly lamport: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly ts: string;
  /** ULID of the chain. */
  readonly chain: string;
  /** Public key that signed, `ed25519:<hex>`. */
  readonly actor: string;
  /** On whose behalf: git's user (`Name <email>`), a bot's name, or null. */
  readonly as: string | null;
  /** `COMMIT`, `MERGE`, `GIT`, `REFS_MOVED` … upper snake case. */
  readonly event: string;
  readonly phase: Phase;
  /** ULID of the operation. */
  readonly op: string;
  /** Operation this one ran inside of (script, chain, workflow), or null. */
  readonly parent: string | null;
  /** Hex. */
  readonly payload_sha256: string;
  /** Hex; 64 zeros for the first entry. */
  readonly prev_sha256: string;
}

export interface Entry extends EntryFields {
  readonly entry_sha256: string;
  /** Base64 of the raw 64-byte signature. */
  readonly signature: string;
  /** Undefined where the payload was withheld. */
  readonly payload: JsonObject | undefined;
}

/** What a caller asks to append; the ledger fills in the rest. */
export interface Draft {
  readonly event: string;
  readonly phase: Phase;
  readonly op: string;
  readonly parent: string | null;
  readonly as: string | null;
  readonly payload: JsonObject;
}

export interface EntrySigner {
  readonly publicKey: string;
  sign(message: Uint8Array): Uint8Array;
}

/** Selection for reading; every field narrows. Results come oldest first by (lamport, chain, seq) unless `newestFirst`. */
export interface EntryFilter {
  readonly chain?: string;
  readonly op?: string;
  readonly parent?: string;
  readonly event?: string;
  readonly phase?: Phase;
  readonly actor?: string;
  readonly as?: string;
  /** RFC 3339, inclusive. */
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

/** A fault that verification found; `field` names what exactly does not hold. */
export interface LedgerFault {
  readonly chain: string;
  readonly seq: number;
  readonly field: string;
  readonly message: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly chains: readonly { readonly chain: string; readonly entries: number; readonly head: string }[];
  /** First fault of each broken chain. */
  readonly faults: readonly LedgerFault[];
  readonly entries: number;
}

export interface ChainSize {
  readonly chain: string;
  readonly entries: number;
}

/** A payload with the nonce that salts its digest: what proves it to be the entry's. */
export interface SealedPayload {
  readonly nonce: Buffer;
  readonly payload: JsonObject;
}

/** Reads only; opening one creates nothing on disk. */
export interface LedgerReader {
  /** The chain this clone instance writes, or undefined before the first entry. */
  chain(): string | undefined;
  /** The chain last written in this file: {@link chain}, or in a copy that wrote nothing yet the one it goes on from. */
  lastChain(): string | undefined;
  /** Entry with the highest seq of this clone's chain. */
  head(): Entry | undefined;
  entries(filter?: EntryFilter): IterableIterator<Entry>;
  entry(entrySha256Prefix: string): Entry | undefined;
  /** Every chain in the file. */
  chains(): ChainSize[];
  /** One entry by its position. */
  at(chain: string, seq: number): Entry | undefined;
  /** Outcomes of these events in a chain from position `from` on, in their order. */
  outcomes(chain: string, from: number, events: readonly string[]): Entry[];
  /** An entry's payload and nonce; undefined where it was withheld. */
  sealed(chain: string, seq: number): SealedPayload | undefined;
  /** Small state derived from the ledger, in the same transaction file (last seen refs …). Never a source of truth. */
  readState(name: string): string | undefined;
  /** Intents without an outcome, oldest first: operations that died in the middle or are running now. */
  openIntents(): Entry[];
  /**
   * The RFC 6962 tree over a chain: root, inclusion and consistency proofs in O(log n) reads.
   *
   * @throws BitError `not-found` where there is no ledger
   */
  tree(chain: string): ChainTree;
  /** Verifies everything in this thread, and holds it up meanwhile. */
  verify(options?: VerifyOptions): VerifyReport;
  /** The same on all cores, for ledgers worth it. Memory doesn't grow with the ledger. */
  verifyParallel(options?: ParallelOptions): Promise<VerifyReport>;
}

export interface AppendOptions {
  /** State written in the append's transaction; see {@link Ledger.writeState}. */
  readonly state?: Readonly<Record<string, string>>;
}

/** What an append wrote. */
export interface Appended {
  /** One entry a draft, in the drafts' order. */
  readonly entries: readonly Entry[];
  /** The `CHAIN_FORKED` note the first append in a copied ledger wrote before them. */
  readonly forked: Entry | undefined;
}

/** One appender a process. */
export interface Ledger extends LedgerReader {
  /** Its reads alone, by the connection that appends. */
  readonly reading: LedgerReader;
  /**
   * Appends durably, all drafts or none, and returns them as written. `guard` runs inside the transaction, where no other process can append: what it
   * throws cancels the append (rollback targets are claimed so). It must not append itself.
   *
   * Asynchronous only because the first append asks for the signer, who may ask for a passphrase.
   *
   * @throws BitError `busy` after 30 s of waiting, `io` (full or read-only disk, moved directory), `integrity`,
   * `changed` for an outcome another process already recorded
   */
  append(
    drafts: readonly Draft[],
    guard?: (reader: LedgerReader) => void,
    options?: AppendOptions,
  ): Promise<Appended>;
  /**
   * Adds entries of a chain that another clone writes behind the `from` that are here. They must have been verified
   * ({@link ChainAudit}).
   */
  receive(chain: string, from: number, entries: readonly ShownEntry[]): void;
  /** Drops an entry's payload for good; the chain stays whole. */
  withhold(chain: string, seq: number): void;
  writeState(name: string, value: string): void;
  close(): void;
}

/**
 * The ledger in `directory` (`ledger.db`), which is created by the first append. A process may simply end without
 * `close()`. Reads create nothing where there is none.
 */
export function openLedger(options: LedgerOptions): Ledger {
  return new StoreLedger(options);
}

/**
 * The ledger in `directory` for reading; empty where there is none. SQLite may put its shared-memory file beside an
 * existing ledger; on a disk that can't be written the file is read as it is, and refused with `io` if its
 * write-ahead log holds entries but has lost that file.
 */
export function openLedgerReader(options: { readonly directory: string }): LedgerReader {
  return new StoreReader(new Store(options.directory, false));
}

import { existsSync } from 'node:fs';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import { canonicalJson } from '../kernel/json.ts';
import { fewRandomBytes } from '../kernel/random.ts';
import { Frontier } from '../tlog/index.ts';
import { LAMPORT } from './chains.ts';
import { keepDigests } from './digests.ts';
import {
  ENTRY_VERSION,
  entryDigest,
  entryText,
  GENESIS,
  misfitOf,
  payloadDigest,
  signedMessage,
} from './entry.ts';
import type {
  Appended,
  AppendOptions,
  ChainSize,
  Draft,
  Entry,
  EntryFields,
  EntryFilter,
  EntrySigner,
  Ledger,
  LedgerReader,
  SealedPayload,
  VerifyReport,
} from './index.ts';
import { type Instance, isInstance, moved, newestChain, readInstance, recordChain } from './instance.ts';
import { entryLeafHash } from './leaf.ts';
import { mark, reconcileMarkers, unmark } from './markers.ts';
import { StoreReader } from './reader.ts';
import { receiveEntries, withholdPayload } from './receive.ts';
import type { ShownEntry } from './shown.ts';
import { Store } from './store.ts';
import { type ChainTree, readFrontier } from './tree.ts';
import type { VerifyOptions } from './verify.ts';
import type { ParallelOptions } from './verify-parallel.ts';

/** A payload is a record of what changed, not a store of it. Bytes of canonical JSON. */
const PAYLOAD_LIMIT = 64 * 1024 * 1024;

export interface LedgerOptions {
  readonly directory: string;
  /** Asked at the first append. */
  readonly signer: () => Promise<EntrySigner> | EntrySigner;
  readonly clock: () => Date;
}

/** Position the next entry is appended at. */
interface Tip {
  readonly chain: string;
  seq: number;
  lamport: number;
  head: string;
  /** Of the tree over the chain. */
  readonly frontier: Frontier;
}

export class StoreLedger implements Ledger {
  readonly #store: Store;
  readonly #reader: LedgerReader;
  readonly #options: LedgerOptions;
  #signer: EntrySigner | undefined;
  #reconciled = false;
  /** Where the last append ended; holds while no other connection has written (`version`) and the file is the same. */
  #last: { readonly version: unknown; readonly instance: Instance; readonly tip: Tip } | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#store = new Store(options.directory, true);
    this.#reader = new StoreReader(this.#store);
  }

  get reading(): LedgerReader {
    return this.#reader;
  }

  chain(): string | undefined {
    return this.#reader.chain();
  }

  lastChain(): string | undefined {
    return this.#reader.lastChain();
  }

  head(): Entry | undefined {
    return this.#reader.head();
  }

  entries(filter?: EntryFilter): IterableIterator<Entry> {
    return this.#reader.entries(filter);
  }

  entry(entrySha256Prefix: string): Entry | undefined {
    return this.#reader.entry(entrySha256Prefix);
  }

  chains(): ChainSize[] {
    return this.#reader.chains();
  }

  at(chain: string, seq: number): Entry | undefined {
    return this.#reader.at(chain, seq);
  }

  outcomes(chain: string, from: number, events: readonly string[]): Entry[] {
    return this.#reader.outcomes(chain, from, events);
  }

  sealed(chain: string, seq: number): SealedPayload | undefined {
    return this.#reader.sealed(chain, seq);
  }

  openIntents(): Entry[] {
    return this.#reader.openIntents();
  }

  verify(options?: VerifyOptions): VerifyReport {
    return this.#reader.verify(options);
  }

  verifyParallel(options?: ParallelOptions): Promise<VerifyReport> {
    return this.#reader.verifyParallel(options);
  }

  tree(chain: string): ChainTree {
    return this.#reader.tree(chain);
  }

  async append(
    drafts: readonly Draft[],
    guard?: (reader: LedgerReader) => void,
    options: AppendOptions = {},
  ): Promise<Appended> {
    const prepared = drafts.map(prepare);
    this.#signer ??= await this.#options.signer();
    const signer = this.#signer;
    this.#store.openToWrite();
    const marked: string[] = [];
    let done = false;
    try {
      const written = this.#store.transaction(() => {
        guard?.(this.#reader);
        const out = this.#write(prepared, signer, marked);
        for (const [name, value] of Object.entries(options.state ?? {})) this.#setState(name, value);
        return out;
      });
      done = true;
      for (const { draft } of prepared)
        if (draft.phase === 'outcome') unmark(this.#store.directory, draft.op);
      return written;
    } catch (error) {
      throw fromErrno(error, 'cannot append to the ledger');
    } finally {
      if (!done) {
        this.#last = undefined;
        for (const op of marked) unmark(this.#store.directory, op);
      }
    }
  }

  #write(prepared: readonly Prepared[], signer: EntrySigner, marked: string[]): Appended {
    const instance = readInstance(this.#store.path);
    if (instance.inode !== this.#store.inode) throw moved(this.#store.path);
    if (prepared.length === 0) return { entries: [], forked: undefined };
    const version = this.#value('PRAGMA data_version');
    const last = this.#last;
    this.#last = undefined;
    const holds = last !== undefined && last.version === version && isInstance(last.instance, instance);
    const { tip, forked } = holds ? { tip: last.tip, forked: undefined } : this.#tip(instance, signer);
    this.#reconcile(tip.chain);
    const entries = prepared.map((item) => {
      this.#track(item.draft, tip.chain, marked);
      return this.#insert(item, tip, signer);
    });
    keepDigests(this.#store, tip.seq, entries.length + (forked === undefined ? 0 : 1));
    this.#last = { version, instance, tip };
    return { entries, forked };
  }

  /** The end of this instance's chain; begins one where there is none, or where the file is a copy of another's. */
  #tip(instance: Instance, signer: EntrySigner): { tip: Tip; forked: Entry | undefined } {
    const newest = newestChain(this.#store);
    const lamport = Number(this.#value(LAMPORT) ?? 0);
    if (newest !== undefined && isInstance(newest, instance))
      return { tip: this.#end(newest.chain, lamport), forked: undefined };
    const now = this.#options.clock();
    const tip: Tip = {
      chain: ulid(now.getTime()),
      seq: 0,
      lamport: lamport + 1,
      head: GENESIS,
      frontier: new Frontier(),
    };
    recordChain(this.#store, tip.chain, instance, now.toISOString());
    this.#reconciled = false;
    if (newest === undefined) return { tip, forked: undefined };
    const parent = this.#end(newest.chain, lamport);
    const payload = { parent_chain: parent.chain, parent_head: parent.head, parent_seq: parent.seq - 1 };
    const draft = {
      event: 'CHAIN_FORKED',
      phase: 'note',
      op: ulid(now.getTime()),
      parent: null,
      as: null,
    } as const;
    return { tip, forked: this.#insert(prepare({ ...draft, payload }), tip, signer) };
  }

  #end(chain: string, lamport: number): Tip {
    const [row] = this.#store.rows(
      'SELECT seq, entry_sha256 FROM entries WHERE chain = ? ORDER BY seq DESC LIMIT 1',
      [chain],
    );
    const [seq, digest] = row ?? [];
    if (typeof seq !== 'number' || !(digest instanceof Uint8Array)) {
      throw new BitError('integrity', `chain ${chain} has no entries: ${this.#store.path}`, {
        hint: 'run `bit ledger verify`; restore the ledger from a backup',
        details: { chain, path: this.#store.path },
      });
    }
    const frontier = readFrontier(this.#store, chain, seq + 1);
    return { chain, seq: seq + 1, lamport: lamport + 1, head: Buffer.from(digest).toString('hex'), frontier };
  }

  #insert({ draft, payload }: Prepared, tip: Tip, signer: EntrySigner): Entry {
    const nonce = fewRandomBytes(32);
    const fields: EntryFields = {
      v: ENTRY_VERSION,
      seq: tip.seq,
      lamport: tip.lamport,
      ts: this.#options.clock().toISOString(),
      chain: tip.chain,
      actor: signer.publicKey,
      as: draft.as,
      event: draft.event,
      phase: draft.phase,
      op: draft.op,
      parent: draft.parent,
      payload_sha256: payloadDigest(nonce, payload),
      prev_sha256: tip.head,
    };
    // What verification would refuse is never written; reaching this is a bug of the caller's.
    const misfit = misfitOf({ ...fields });
    if (misfit !== undefined) throw new Error(`a ledger draft does not fit: ${misfit.message}`);
    const text = entryText(fields);
    const digest = entryDigest(text);
    const signature = signer.sign(signedMessage(digest));
    const tree = Buffer.concat(tip.frontier.push(entryLeafHash(text, signature)));
    this.#store.run(
      'INSERT INTO entries (entry, entry_sha256, signature, tree, nonce, payload) VALUES (?, ?, ?, ?, ?, ?)',
      [text, digest, signature, tree, nonce, payload],
    );
    tip.head = digest.toString('hex');
    tip.seq += 1;
    tip.lamport += 1;
    return {
      ...fields,
      entry_sha256: tip.head,
      signature: Buffer.from(signature).toString('base64'),
      payload: draft.payload,
    };
  }

  /** Keeps `open_ops` and the markers, and with them the rule that an outcome closes one open intent. */
  #track(draft: Draft, chain: string, marked: string[]): void {
    const { op, phase } = draft;
    if (phase !== 'intent' && phase !== 'outcome') return;
    const open = this.#value('SELECT 1 FROM open_ops WHERE op = ? AND chain = ?', [op, chain]) !== undefined;
    if (phase === 'outcome') {
      if (!open) throw this.#notOpen(op, chain);
      this.#store.run('DELETE FROM open_ops WHERE op = ? AND chain = ?', [op, chain]);
      return;
    }
    if (this.#hasIntent(op, chain)) throw new Error(`operation ${op} already has an intent`);
    this.#store.run('INSERT INTO open_ops (op, chain) VALUES (?, ?)', [op, chain]);
    marked.push(op);
    mark(this.#store.directory, op);
  }

  #hasIntent(op: string, chain: string): boolean {
    return (
      this.#value("SELECT 1 FROM entries WHERE op = ? AND chain = ? AND phase = 'intent'", [op, chain]) === 1
    );
  }

  #notOpen(op: string, chain: string): Error {
    if (!this.#hasIntent(op, chain)) return new Error(`operation ${op} has no intent in chain ${chain}`);
    return new BitError('changed', `operation ${op} was already closed by another process`, {
      details: { op },
    });
  }

  /** Once a process and chain: what a kill or a copy left of markers is put right. */
  #reconcile(chain: string): void {
    if (this.#reconciled) return;
    const open = this.#store
      .rows('SELECT op FROM open_ops WHERE chain = ?', [chain])
      .map(([op]) => String(op));
    reconcileMarkers(this.#store.directory, new Set(open));
    this.#reconciled = true;
  }

  receive(chain: string, from: number, entries: readonly ShownEntry[]): void {
    this.#store.openToWrite();
    this.#last = undefined; // Lamport time goes on from theirs.
    this.#store.transaction(() => receiveEntries(this.#store, chain, from, entries));
  }

  withhold(chain: string, seq: number): void {
    this.#store.openToWrite();
    withholdPayload(this.#store, chain, seq);
  }

  readState(name: string): string | undefined {
    if (!existsSync(this.#store.path)) return undefined;
    // whoever asks appends next, and another connection is a third of a millisecond
    this.#store.openToWrite();
    const value = this.#value('SELECT value FROM state WHERE name = ?', [name]);
    return typeof value === 'string' ? value : undefined;
  }

  writeState(name: string, value: string): void {
    this.#store.openToWrite();
    this.#store.transaction(() => this.#setState(name, value));
  }

  #setState(name: string, value: string): void {
    this.#store.run(
      'INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      [name, value],
    );
  }

  #value(sql: string, values: readonly string[] = []): unknown {
    return this.#store.rows(sql, values)[0]?.[0] ?? undefined;
  }

  close(): void {
    this.#last = undefined;
    this.#store.close();
  }
}

interface Prepared {
  readonly draft: Draft;
  readonly payload: string;
}

/** Done before the lock is taken. */
function prepare(draft: Draft): Prepared {
  const payload = canonicalJson(draft.payload);
  if (payload.length > PAYLOAD_LIMIT) {
    throw new BitError(
      'unsupported',
      `what ${draft.event} would record is larger than ${PAYLOAD_LIMIT} bytes`,
      {
        details: { event: draft.event, op: draft.op, bytes: payload.length },
      },
    );
  }
  return { draft, payload };
}

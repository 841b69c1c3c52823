/**
 * From the store's outbox to the signed ledger, in batches: what changed is durable first, with the event that tells of
 * it; the entry follows, and only then the event is forgotten. A controller killed between the two writes it once more;
 * what the end of the ledger already holds is recognised by its `id`.
 *
 * A few events have an entry each. Where many came while the disk was waited for, those of one kind share an entry that
 * holds them under `changes`, in their order: a busy mesh signs hundreds of changes at once, and whoever asks the ledger
 * for an event finds all of them.
 */
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { Entry, LedgerReader } from '../../ledger/index.ts';
import type { Note } from '../../operation/index.ts';
import type { LedgerEvent } from '../lifecycle/index.ts';
import type { LedgerPosition } from '../protocol/index.ts';
import type { MeshStore } from '../store/index.ts';
import type { ControllerLedger } from './index.ts';

const MOST_AT_ONCE = 512;
/** More events than this share an entry. */
const MOST_ALONE = 8;
/** Events an entry tells of at the most. */
const MOST_TOGETHER = 128;
/** Entries at the end of the ledger among which an event may stand that a killed controller had just written. */
const MOST_REPEATED = 2 * MOST_AT_ONCE;
/** Events of one batch that make a mesh busy, and how much longer it gathers then. */
const BUSY_FROM = 32;
const BUSY_TIMES = 5;
/** Positions remembered for who asks after the entry was written. */
const MOST_RECENT = 1024;
const RETRY_LEAST_MS = 200;
const RETRY_MOST_MS = 30_000;

export interface OutboxOptions {
  readonly outbox: MeshStore['outbox'];
  readonly ledger: ControllerLedger;
  /** Milliseconds to gather events before they are written; entries of one batch share the disk's answer. */
  readonly gatherMs: number;
  readonly onFailure: (error: unknown) => void;
  readonly onWritten: (entries: number) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #known: Set<string>;
  /** By the result an entry tells of. */
  readonly #waiting = new Map<string, (position: LedgerPosition | undefined) => void>();
  readonly #recent = new Map<string, LedgerPosition>();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #again = false;
  /** The last batch was large: the next one is gathered longer, for the disk holds up everything else meanwhile. */
  #busy = false;
  #stopped = false;
  #delay = RETRY_LEAST_MS;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#known = options.ledger.recent === undefined ? new Set() : recentIds(options.ledger.recent);
  }

  /** There may be events. */
  kick(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) this.#again = true;
    else
      this.#timer ??= setTimeout(() => this.#start(), this.#options.gatherMs * (this.#busy ? BUSY_TIMES : 1));
  }

  /** Where the ledger tells of a committed result; undefined where that takes longer than `most` milliseconds. */
  position(jobId: string, fence: number, most: number): Promise<LedgerPosition | undefined> {
    const key = `${jobId} ${fence}`;
    const known = this.#recent.get(key);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(key);
        resolve(undefined);
      }, most);
      this.#waiting.set(key, (position) => {
        clearTimeout(timer);
        resolve(position);
      });
    });
  }

  /** Writes what there is and takes no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.#drain().catch((error: unknown) => this.#options.onFailure(error));
    this.#release();
  }

  #start(): void {
    this.#timer = undefined;
    this.#running = this.#drain()
      .then(() => {
        this.#delay = RETRY_LEAST_MS;
      })
      .catch((error: unknown) => {
        this.#options.onFailure(error);
        this.#delay = Math.min(this.#delay * 2, RETRY_MOST_MS);
        if (!this.#stopped) this.#timer = setTimeout(() => this.#start(), this.#delay);
      })
      .finally(() => {
        this.#running = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.kick();
      });
  }

  async #drain(): Promise<void> {
    const { outbox, ledger, onWritten } = this.#options;
    for (;;) {
      const events = await outbox.take(MOST_AT_ONCE);
      this.#busy = events.length > BUSY_FROM;
      if (events.length === 0) return;
      const fresh = events.filter(({ id }) => !this.#known.delete(id));
      const together = togetherOf(fresh);
      const entries = together.length === 0 ? [] : await ledger.note(together.map(noteOf));
      await outbox.done(events);
      onWritten(entries.length);
      for (const [i, told] of together.entries()) for (const event of told) this.#answer(event, entries[i]);
      if (events.length < MOST_AT_ONCE) return;
    }
  }

  #answer({ event, job_id, fence }: LedgerEvent, entry: Entry | undefined): void {
    if (event !== 'JOB_RESULT' || entry === undefined) return;
    const key = `${job_id} ${fence}`;
    const position = { chain: entry.chain, seq: entry.seq, entry_sha256: entry.entry_sha256 };
    this.#recent.set(key, position);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST_RECENT && oldest !== undefined) this.#recent.delete(oldest);
    this.#waiting.get(key)?.(position);
    this.#waiting.delete(key);
  }

  #release(): void {
    for (const answer of this.#waiting.values()) answer(undefined);
    this.#waiting.clear();
  }
}

function togetherOf(events: readonly LedgerEvent[]): (readonly LedgerEvent[])[] {
  if (events.length <= MOST_ALONE) return events.map((event) => [event]);
  const groups: LedgerEvent[][] = [];
  const open = new Map<string, LedgerEvent[]>();
  for (const event of events) {
    const group = open.get(event.event);
    if (group !== undefined && group.length < MOST_TOGETHER) {
      group.push(event);
      continue;
    }
    const begun = [event];
    open.set(event.event, begun);
    groups.push(begun);
  }
  return groups;
}

function noteOf(events: readonly LedgerEvent[]): Note {
  const [first] = events;
  if (first !== undefined && events.length === 1) return { event: first.event, payload: factsOf(first) };
  return {
    event: first?.event ?? 'JOB_RESULT',
    payload: { changes: events.map((event) => ({ event: event.event, ...factsOf(event) })) },
  };
}

function factsOf({ id, ts, job_id, runner_id, fence, facts }: LedgerEvent): JsonObject {
  return {
    id,
    at: ts,
    ...(job_id === undefined ? {} : { job_id }),
    ...(runner_id === undefined ? {} : { runner_id }),
    ...(fence === undefined ? {} : { fence }),
    ...(facts as JsonObject),
  };
}

function recentIds(recent: () => Iterable<Entry>): Set<string> {
  const ids = new Set<string>();
  for (const { payload } of recent()) {
    const changes = Array.isArray(payload?.['changes']) ? payload['changes'] : [payload];
    for (const change of changes)
      if (isJsonObject(change) && typeof change['id'] === 'string') ids.add(change['id']);
  }
  return ids;
}

/** The entries among which a killed controller's last batch is. */
export function recentEntries(ledger: LedgerReader): () => Iterable<Entry> {
  return () => {
    const chain = ledger.chain();
    return chain === undefined ? [] : ledger.entries({ chain, newestFirst: true, limit: MOST_REPEATED });
  };
}

import type { JsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import type { Happening, Watch } from './events.ts';
import type { Journal } from './journal.ts';
import type { Masks } from './masks.ts';
import { asJson, asRecord, type Memory, type RunRecord } from './records.ts';
import { openStrings, type Seal, sealStrings } from './seal.ts';

export interface RunLogOptions {
  readonly run: string;
  readonly journal: Journal;
  readonly memory: Memory;
  readonly masks: Masks;
  readonly seal: Seal;
  readonly now: () => Date;
  readonly watch: Watch;
}

/** What a run remembers and tells: records go to the journal with what is secret sealed, and into the memory. */
export class RunLog {
  readonly masks: Masks;
  readonly memory: Memory;
  readonly #options: RunLogOptions;

  constructor(options: RunLogOptions) {
    this.#options = options;
    this.masks = options.masks;
    this.memory = options.memory;
  }

  /** A kill of this process no longer loses it. */
  record(record: RunRecord): void {
    const { journal, seal, memory } = this.#options;
    journal.append(sealStrings(asJson(record), seal, (text) => this.#isSecret(record, text)) as JsonObject);
    memory.apply(record);
  }

  /** A loss of power no longer loses what was recorded so far. */
  durable(): Promise<void> {
    return this.#options.journal.durable();
  }

  /** Digest of the journal as it stands. */
  digest(): string {
    return this.#options.journal.digest();
  }

  #isSecret(record: RunRecord, text: string): boolean {
    if (record.t === 'mask') return text === record.value;
    return text.length >= 4 && (this.masks.finds(text) || maskSecrets(text) !== text);
  }

  /** From now on masked wherever the run writes; remembered, sealed, for when the run is resumed. */
  mask(value: string): void {
    if (value.trim() === '' || this.masks.values().includes(value)) return;
    this.masks.add(value);
    this.record({ t: 'mask', value });
  }

  tell(happening: Happening): void {
    const at = this.now();
    this.#options.watch({ ...happening, at, run: this.#options.run });
  }

  now(): string {
    return this.#options.now().toISOString();
  }

  milliseconds(): number {
    return this.#options.now().getTime();
  }

  text(value: string): string {
    return this.masks.mask(value);
  }
}

/** Puts what a journal holds into a memory. */
export function recall(records: readonly JsonObject[], memory: Memory, masks: Masks, seal: Seal): void {
  for (const record of records) {
    const opened = asRecord(openStrings(record, seal) as JsonObject);
    if (opened.t === 'mask') masks.add(opened.value);
    memory.apply(opened);
  }
}

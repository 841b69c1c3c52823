import type { JsonObject } from '../kernel/json.ts';
import { eventFacts, type LedgerReader } from '../ledger/index.ts';

/** What triggers do themselves is no event. */
const OWN = /^TRIGGER_/;

/** Reads what this clone's ledger says anew, whoever wrote it; begins with what comes after it was made. */
export class LedgerWatch {
  readonly #ledger: LedgerReader;
  readonly #read = new Map<string, number>();

  constructor(ledger: LedgerReader) {
    this.#ledger = ledger;
    for (const { chain, entries } of ledger.chains()) this.#read.set(chain, entries);
  }

  /** Outcomes and denials since the last look. */
  look(): readonly { readonly operation: string; readonly facts: JsonObject }[] {
    const found: { operation: string; facts: JsonObject }[] = [];
    for (const { chain, entries } of this.#ledger.chains()) {
      for (let seq = this.#read.get(chain) ?? 0; seq < entries; seq++) {
        const entry = this.#ledger.at(chain, seq);
        if (entry === undefined || OWN.test(entry.event)) continue;
        if (entry.phase !== 'outcome' && entry.phase !== 'denied') continue;
        found.push({ operation: entry.op, facts: eventFacts(entry) });
      }
      this.#read.set(chain, entries);
    }
    return found;
  }
}

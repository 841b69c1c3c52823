import { GENESIS } from './entry.ts';
import { readLeaf, type ShownEntry } from './shown.ts';
import { type Believed, believes, type TrustRules } from './trust.ts';
import { linkMisfit, type Place } from './verify-row.ts';

/**
 * Verifies the leaves of an exported chain one after the other: each is an entry of that chain whose digest and
 * signature hold and that follows the one before. Whether the signers are believed is asked with `trust`.
 */
export class ChainAudit {
  readonly #chain: string | undefined;
  readonly #believed: Believed | undefined;
  #place: Place = { seq: -1, lamport: -1, head: GENESIS };

  constructor(options: { readonly chain?: string; readonly trust?: TrustRules; readonly from?: Place } = {}) {
    this.#chain = options.chain;
    this.#believed = options.trust === undefined ? undefined : believes(options.trust);
    if (options.from !== undefined) this.#place = options.from;
  }

  /** The entry of the next leaf, or what is wrong with it. An entry logged by its digest is that digest alone. */
  take(leaf: Uint8Array): ShownEntry | { readonly digest: string } | string {
    const shown = readLeaf(leaf);
    if (typeof shown === 'string') return shown;
    if ('digest' in shown) {
      // Nothing but its place is known of it.
      this.#place = { seq: this.#place.seq + 1, lamport: this.#place.lamport + 1, head: shown.digest };
      return shown;
    }
    const { fields } = shown;
    if (this.#chain !== undefined && fields.chain !== this.#chain) {
      return `it is of chain ${fields.chain}, not of ${this.#chain}`;
    }
    const misfit = linkMisfit(fields, this.#place);
    if (misfit !== undefined) return misfit.message;
    if (this.#believed?.(fields) === false) return `the signer is not trusted: ${fields.actor}`;
    this.#place = { seq: fields.seq, lamport: fields.lamport, head: shown.entry_sha256 };
    return shown;
  }
}

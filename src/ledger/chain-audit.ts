import { canonicalJson, type JsonObject } from '../kernel/json.ts';
import { GENESIS } from './entry.ts';
import { keyEventMisfit, keyEventOf } from './key-events.ts';
import { readLeaf, type ShownEntry } from './shown.ts';
import { type Believed, believes, type TrustRules } from './trust.ts';
import { linkMisfit, type Place, payloadMisfit } from './verify-row.ts';

export interface ChainAuditOptions {
  readonly chain?: string;
  readonly trust?: TrustRules;
  /** The entry before the first that is taken. */
  readonly from?: Place;
  /** Keys that entries before it handed over to. */
  readonly brought?: readonly string[];
}

/** A payload and its nonce, Base64, as they travel beside the leaves. */
export interface Sealed {
  readonly nonce: string;
  readonly payload: JsonObject;
}

/**
 * Verifies the leaves of an exported chain one after the other: each is an entry of that chain whose digest and
 * signature hold and that follows the one before. Whether the signers are believed is asked with `trust`.
 */
export class ChainAudit {
  readonly #chain: string | undefined;
  readonly #believed: Believed | undefined;
  /** Payloads are looked at too. */
  readonly #trusts: boolean;
  /** Keys that a believed one handed over to. */
  readonly #brought: Set<string>;
  #place: Place = { seq: -1, lamport: -1, head: GENESIS };

  constructor(options: ChainAuditOptions = {}) {
    this.#trusts = options.trust !== undefined;
    this.#brought = new Set(options.brought ?? []);
    this.#chain = options.chain;
    this.#believed = options.trust === undefined ? undefined : believes(options.trust);
    if (options.from !== undefined) this.#place = options.from;
  }

  /** Keys that entries taken so far handed over to. */
  get brought(): readonly string[] {
    return [...this.#brought];
  }

  /** The entry of the next leaf, or what is wrong with it. An entry logged by its digest is that digest alone. */
  take(leaf: Uint8Array, sealed?: Sealed): ShownEntry | { readonly digest: string } | string {
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
    const body = sealed === undefined ? undefined : canonicalJson(sealed.payload);
    const nonce = sealed === undefined ? null : Buffer.from(sealed.nonce, 'base64');
    const untrue = payloadMisfit(fields, { nonce, payload: body ?? null }) ?? keyEventMisfit(fields, body);
    if (this.#trusts && untrue !== undefined) return untrue.message;
    const known = this.#brought.has(fields.actor) || this.#believed?.(fields) !== false;
    if (!known) return `the signer is not trusted: ${fields.actor}`;
    const event = keyEventOf(fields, body);
    if (event?.kind === 'rotation') this.#brought.add(event.publicKey);
    this.#place = { seq: fields.seq, lamport: fields.lamport, head: shown.entry_sha256 };
    return { ...shown, ...sealed };
  }
}

import type { JsonObject } from '../kernel/json.ts';
import type { Reader, Writer } from '../operation/index.ts';
import type { VerifierKey } from '../tlog/index.ts';

/** A chain as a driver sees it: the tree of its first `size` entries. */
export interface AnchoredTree {
  readonly chain: string;
  /** What the chain is called as a transparency log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Those whose signature under a checkpoint of the chain counts. */
  readonly keys: readonly VerifierKey[];
  /** Root of the first `size` entries; `size` is at most this tree's. */
  rootAt(size: number): Uint8Array;
  /** RFC 6962 consistency proof from an earlier size. */
  consistency(from: number): readonly Uint8Array[];
}

/** A checkpoint to be anchored. */
export interface Anchorable extends AnchoredTree {
  /** The signed note; its bytes are what a digest is made of. */
  readonly note: string;
  /** Size of the newest receipt kept of this anchor; 0 where there is none. */
  readonly before: number;
}

/** What a driver brought back. */
export interface Anchored {
  /** What {@link AnchorDriver.check} goes by later; small, and without secrets. */
  readonly proof: JsonObject;
  /** Signature lines a witness added to the note. */
  readonly cosignatures?: string;
  /** What came of it, for a person: half a line. */
  readonly said: string;
}

/** What is kept of an anchoring; the file `<id>.json`. */
export interface Receipt {
  readonly v: 1;
  /** ULID. */
  readonly id: string;
  /** Its name in the configuration, and the driver's. */
  readonly anchor: string;
  readonly driver: string;
  /** Where it was sent, without credentials. */
  readonly place: string;
  readonly chain: string;
  readonly size: number;
  /** RFC 3339. */
  readonly ts: string;
  /** The checkpoint as it was signed, before any cosignature. */
  readonly note: string;
  readonly proof: JsonObject;
}

/**
 * - `holds`: proved, and the driver's guarantee applies;
 * - `pending`: accepted by the service, not yet what it promises;
 * - `unchecked`: complete, but nothing is configured to check it against;
 * - `unreachable`: the service could not be asked;
 * - `gone`: the service answers and no longer has it;
 * - `broken`: the receipt does not prove what it says;
 * - `contradicted`: what was anchored is not what the chain holds now.
 */
export type Verdict = 'holds' | 'pending' | 'unchecked' | 'unreachable' | 'gone' | 'broken' | 'contradicted';

export interface Standing {
  readonly verdict: Verdict;
  readonly detail: string;
  /** Signed note of the service that contradicts the chain. */
  readonly theirs?: string;
}

export interface Asking {
  readonly reader: Reader;
  /** The chain as it is now. */
  readonly tree: AnchoredTree;
  /** Nothing is asked of the service: only what the receipt proves by itself. */
  readonly offline: boolean;
}

/**
 * A place outside that remembers checkpoints. Made from its configuration; opens nothing before it is used.
 *
 * Failures of the service are BitError `remote`. An answer that no honest copy of the chain could have caused is
 * `integrity`.
 */
export interface AnchorDriver {
  /** Where it sends to, without credentials. */
  readonly place: string;
  /** What it would do, as a step of a plan. */
  readonly step: string;
  submit(checkpoint: Anchorable, writer: Writer): Promise<Anchored>;
  /** Whether a receipt holds; its note was found signed, and at its place in the chain, before. */
  check(receipt: Receipt, asking: Asking): Promise<Standing>;
  /** How the newest it holds of the chain stands to it, where that can be asked without a receipt. */
  latest?(asking: Asking): Promise<Standing | undefined>;
  /** The proof made more complete, or undefined where there is nothing new. */
  upgrade?(receipt: Receipt, writer: Writer): Promise<Anchored | undefined>;
  /** What other programs read, by the ending of the file's name; written beside the receipt. */
  files?(receipt: Receipt): Readonly<Record<string, Uint8Array>>;
}

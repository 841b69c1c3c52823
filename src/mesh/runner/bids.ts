import type { JobOffer } from '../protocol/types.ts';

/** How long it takes at most until a bid is answered, if it is. */
const ANSWERED_MS = 2000;
/** How long a bid is remembered. */
const BID_MS = 60_000;
/**
 * How long a fence is: longer than any message that carries it may come late, and shorter than jobs are kept that ended,
 * after which the same name may begin anew with the first fence.
 */
const FENCE_MS = 300_000;

export interface Bid {
  /** Before it was sent: a lease is never longer than from then. */
  readonly at: number;
  readonly offer: JobOffer;
}

/** What this runner bid in this session, each by the id of its message, and the leases it was told of. */
export class Bids {
  readonly #bids = new Map<string, Bid>();
  readonly #fences = new Map<string, { readonly fence: number; readonly at: number }>();

  add(id: string, bid: Bid): void {
    for (const [old, { at }] of this.#bids) {
      if (bid.at - at <= BID_MS) break;
      this.#bids.delete(old);
    }
    this.#bids.set(id, bid);
  }

  /** A bid is out that may be answered by an assignment any moment. */
  waiting(now: number): boolean {
    return [...this.#bids.values()].some(({ at }) => now - at < ANSWERED_MS);
  }

  /** The bid that an assignment answers; no other assignment answers it. */
  take(id: string | undefined, jobId: string): Bid | undefined {
    const bid = id === undefined ? undefined : this.#bids.get(id);
    if (id === undefined || bid?.offer.job_id !== jobId) return undefined;
    this.#bids.delete(id);
    return bid;
  }

  /** Whether this lease is a later one than all that were told of for its job. */
  isLater(jobId: string, fence: number, now: number): boolean {
    for (const [old, { at }] of this.#fences) {
      if (now - at <= FENCE_MS) break;
      this.#fences.delete(old);
    }
    const known = this.#fences.get(jobId);
    if (known !== undefined && known.fence >= fence) return false;
    // The oldest stay in front.
    this.#fences.delete(jobId);
    this.#fences.set(jobId, { fence, at: now });
    return true;
  }

  /** Those of a session that is over are answered no more. */
  clear(): void {
    this.#bids.clear();
  }
}

import { canonicalJson, type JsonObject } from '../../kernel/json.ts';
import { verifyPayload } from '../identity/index.ts';
import type { PayloadOf } from '../protocol/types.ts';
import type { Bid, Bids } from './bids.ts';

interface Situation {
  readonly runnerId: string;
  /** Key of the controller that spoke. */
  readonly controller: string;
  readonly bids: Bids;
  readonly now: number;
  readonly draining: boolean;
  /** Every place is taken by now. */
  readonly full: boolean;
}

type Judged =
  | { readonly kind: 'taken'; readonly bid: Bid }
  | { readonly kind: 'declined'; readonly code: PayloadOf<'JOB_DECLINE'>['code']; readonly reason: string }
  /** Sent twice, or late: this lease is nobody's any more. */
  | { readonly kind: 'stale' };

/** Whether what is assigned is begun. @param re the bid that it answers */
export function judgeAssignment(
  payload: PayloadOf<'JOB_ASSIGN'>,
  re: string | undefined,
  { runnerId, controller, bids, now, draining, full }: Situation,
): Judged {
  const { job_id, fence, job } = payload;
  const declined = (code: PayloadOf<'JOB_DECLINE'>['code'], reason: string): Judged => ({
    kind: 'declined',
    code,
    reason,
  });
  if (payload.runner_id !== runnerId || !verifyPayload('JOB_ASSIGN', payload, controller))
    return declined('policy', 'the assignment is not signed by the controller, or not for this runner');
  if (!bids.isLater(job_id, fence, now)) return { kind: 'stale' };
  const bid = bids.take(re, job_id);
  if (bid === undefined) return declined('busy', 'it answers no bid of this session');
  // what was allowed is what was offered
  if (canonicalJson(job as unknown as JsonObject) !== canonicalJson(bid.offer as unknown as JsonObject))
    return declined('policy', 'what is assigned is not what was offered');
  if (draining) return declined('draining', 'takes no more jobs');
  if (full) return declined('busy', 'works on others by now');
  return { kind: 'taken', bid };
}

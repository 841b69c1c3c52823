import { type Reader, usedBy } from '../operation/index.ts';
import { approversHere, countedFor, type Request, requests, type Verdict, verdictsOn } from './verdicts.ts';

export interface LoggedRequest extends Request {
  /** `open`: more is needed. `lifted`: every need is met. `used`: by {@link used}, for good. */
  readonly state: 'open' | 'lifted' | 'used' | 'denied' | 'expired';
  /** The operation that used it. */
  readonly used: string | null;
  readonly verdicts: readonly Verdict[];
  /** Grants that count, of those needed most. */
  readonly granted: number;
  readonly needed: number;
}

export interface ApprovalLog {
  readonly requests: readonly LoggedRequest[];
}

/** Requests and what became of them, newest first; of one workflow, action or operation where one is named. */
export async function approvalLog(
  reader: Reader,
  what: string | undefined,
  most: number,
): Promise<ApprovalLog> {
  const now = reader.now().toISOString();
  const approvers = await approversHere(reader);
  const found: LoggedRequest[] = [];
  for (const request of requests(reader)) {
    const names = [request.op, request.denied, request.action, request.target['workflow']];
    if (what !== undefined && !names.includes(what)) continue;
    const verdicts = verdictsOn(reader, request);
    const counted = request.needs.map((need) => ({
      need,
      ...countedFor(need, request, { actor: request.by, verdicts, approvers }),
    }));
    const [hardest] = counted.sort(
      (a, b) => b.need.needs - b.grants.length - (a.need.needs - a.grants.length),
    );
    const used = usedBy(reader.ledger, request.op) ?? null;
    const state =
      used !== null
        ? 'used'
        : counted.some(({ denials }) => denials.length > 0)
          ? 'denied'
          : request.expires <= now
            ? 'expired'
            : counted.every(({ met }) => met)
              ? 'lifted'
              : 'open';
    found.push({
      ...request,
      ...{ state, used, verdicts, granted: hardest?.grants.length ?? 0, needed: hardest?.need.needs ?? 0 },
    });
    if (found.length >= most) break;
  }
  return { requests: found };
}

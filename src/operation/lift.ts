import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../kernel/json.ts';
import { type ApprovalNeed, Decision, type PolicyInput } from '../policy/index.ts';

/** A denial that approvals would lift, as it is asked about and recorded. */
export interface Liftable {
  /** `sha256:<hex>` of action, command, arguments, target and policy digest: what approvals are bound to. */
  readonly subject: string;
  readonly needs: readonly ApprovalNeed[];
  /** Who acts. */
  readonly actor: string;
}

/** An approval that counted. */
export interface Approved {
  /** Operation of the grant. */
  readonly op: string;
  readonly by: string;
}

/** The approvals that together lift a denial; undefined where they don't. */
export type FindApprovals = (liftable: Liftable) => Promise<readonly Approved[] | undefined>;

export function liftableOf(decision: Decision, input: PolicyInput): Liftable | undefined {
  if (decision.allowed || !decision.liftedByApproval) return undefined;
  const { policy, approvals = [] } = decision.explain();
  if (approvals.length === 0) return undefined;
  const { action, command, args, target, actor } = input;
  const bound = JSON.parse(JSON.stringify({ action, command, args, target, policy }), (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  ) as Json;
  const subject = `sha256:${createHash('sha256').update(canonicalJson(bound)).digest('hex')}`;
  return { subject, needs: approvals, actor };
}

export function liftableJson({ subject, needs }: Liftable): JsonObject {
  return { subject, needs: needs.map(({ needs: count, of, own }) => ({ needs: count, of, own })) };
}

/** The decision once approvals lifted it. */
export function liftedDecision(decision: Decision): Decision {
  return new Decision({ allowed: true, lifted: false }, () => ({ ...decision.explain(), allowed: true }));
}

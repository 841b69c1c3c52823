import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';

export interface GatePassed {
  readonly flow: string;
  readonly gate: 'policy' | 'approval';
  readonly event: string;
}

export interface GateRequest {
  readonly flow: string;
  readonly gate: 'policy' | 'approval';
  readonly event: string;
  readonly branch: string | undefined;
  readonly labels: readonly string[];
  readonly fork: boolean;
}

/**
 * A gate of a flow: nothing but the policy's word on `flow.gate`, recorded; or on `flow.approve`, which passes only
 * where others' approval lifted a denial.
 */
export async function passGate(_reader: Reader, request: GateRequest): Promise<Effect<GatePassed>> {
  const { flow, gate, event, branch = null, labels, fork } = request;
  if (!/^[a-z][a-z_-]{0,63}$/.test(event))
    throw new BitError('usage', `${printable(shorten(event))} is no name of an event`);
  const approval = gate === 'approval';
  return {
    summary: `pass the ${gate} gate of ${flow}`,
    action: approval ? 'flow.approve' : 'flow.gate',
    event: approval ? 'FLOW_APPROVE' : 'FLOW_GATE',
    target: { flow, event, branch, labels: [...labels], fork, workflow: flow },
    plan: [`ask the policies for ${approval ? 'flow.approve' : 'flow.gate'} of ${flow} on ${event}`],
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      if (approval) requireApproval(writer);
      return { flow, gate, event };
    },
    record: (out) => ({ ...out }),
  };
}

/** An approval that nobody was asked for is none. */
function requireApproval({ ledger, operation }: Reader & { readonly operation: string }): void {
  for (const { payload } of ledger.entries({ op: operation, phase: 'intent' })) {
    const approvals = isJsonObject(payload) ? payload['approvals'] : undefined;
    if (Array.isArray(approvals) && approvals.length > 0) return;
  }
  throw new BitError('failed', 'nobody approved this: no policy asks for approval of flow.approve', {
    hint: 'deny flow.approve with {"msg": …, "approval": true}, accept that, then: bit approval request',
  });
}

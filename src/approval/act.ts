import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Entry } from '../ledger/index.ts';
import { type Effect, type Reader, usedBy } from '../operation/index.ts';
import {
  type Approvers,
  approversHere,
  countedFor,
  needsOf,
  type Request,
  requests,
  verdictsOn,
} from './verdicts.ts';

const SPAN = /^(\d{1,4})\s*(m|h|d)$/;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOST_LIFE = 30 * 86_400_000;
const MOST_NOTE = 500;

export interface RequestedApproval {
  /** What `bit approval grant` takes. */
  readonly request: string;
  readonly action: string;
  readonly why: string;
  readonly needs: readonly JsonObject[];
  readonly expires: string;
}

export interface VerdictGiven {
  readonly verdict: 'grant' | 'deny';
  readonly request: string;
  readonly action: string;
  /** Every need is met now. */
  readonly lifted: boolean;
  /** Still to be granted. */
  readonly missing: number;
}

/** Asks for approval of what was denied: the newest such denial, that of an operation, an action or a workflow. */
export async function requestApproval(
  reader: Reader,
  asked: { readonly what: string | undefined; readonly life: string },
): Promise<Effect<RequestedApproval>> {
  const denied = findDenial(reader, asked.what);
  const approval = denied.payload?.['approval'];
  const subject = isJsonObject(approval) ? approval['subject'] : undefined;
  const needs = isJsonObject(approval) ? needsOf(approval['needs']) : undefined;
  if (typeof subject !== 'string' || needs === undefined)
    throw new Error('findDenial found one without approval');
  const { target, facts, messages } = factsOf(denied);
  const action = String(facts['action'] ?? denied.payload?.['action']);
  const command = String(facts['command'] ?? denied.payload?.['command']);
  const expires = new Date(reader.now().getTime() + lifeOf(asked.life)).toISOString();
  const list = needs.map(({ needs: count, of, own }) => ({ needs: count, of, own }));
  const result = { subject, action, command, target, why: messages, needs: list, denied: denied.op, expires };
  return {
    summary: `request approval of ${action}`,
    event: 'APPROVAL_REQUEST',
    target: { of: action, denied: denied.op, ...workflowOf(target) },
    plan: [`request approval of ${action}: ${messages}`, `it runs out at ${expires}`],
    touches: { refs: [] },
    run: async (writer) => ({ request: writer.operation, action, why: messages, needs: list, expires }),
    record: () => result,
  };
}

/** Grants or denies a request, by its operation. */
export async function giveVerdict(
  reader: Reader,
  given: { readonly kind: 'grant' | 'deny'; readonly request: string; readonly note: string | undefined },
): Promise<Effect<VerdictGiven>> {
  const { kind } = given;
  const request = findRequest(reader, given.request);
  const note = given.note?.trim() ?? '';
  if (note.length > MOST_NOTE) throw new BitError('usage', `a note has at most ${MOST_NOTE} characters`);
  if (request.expires <= reader.now().toISOString())
    throw new BitError('failed', `request ${request.op} ran out at ${request.expires}`, {
      hint: 'who needs it requests it again',
    });
  const used = usedBy(reader.ledger, request.op);
  if (used !== undefined)
    throw new BitError('failed', `request ${request.op} was used by operation ${used} already`, {
      hint: 'an approval is for one operation; who needs another requests it',
    });
  const approvers = await approversHere(reader);
  const by = (await reader.keys.current()) ?? '';
  if (by !== '') refuseOthers(request, by, approvers, reader.now().toISOString());
  return {
    summary: `${kind} ${request.action}, requested by ${request.as ?? request.by}`,
    event: kind === 'grant' ? 'APPROVAL_GRANT' : 'APPROVAL_DENY',
    target: { of: request.action, request: request.op, ...workflowOf(request.target) },
    plan: [
      `${kind} request ${request.op}: ${request.action} ${shorten(JSON.stringify(request.target), 200)}`,
    ],
    touches: { refs: [] },
    async run(writer) {
      const signer = (await writer.keys.signer()).publicKey;
      refuseOthers(request, signer, approvers, writer.now().toISOString());
      const now = { op: writer.operation, kind, request: request.op, subject: request.subject, by: signer };
      const verdicts = [
        ...verdictsOn(writer, request),
        { ...now, as: null, ts: writer.now().toISOString(), note: null },
      ];
      const counted = request.needs.map((need) => ({
        need,
        ...countedFor(need, request, { actor: request.by, verdicts, approvers }),
      }));
      return {
        verdict: kind,
        request: request.op,
        action: request.action,
        lifted: counted.every(({ met }) => met),
        missing: Math.max(...counted.map(({ need, grants }) => Math.max(0, need.needs - grants.length))),
      };
    },
    record: () => ({ request: request.op, subject: request.subject, ...(note === '' ? {} : { note }) }),
  };
}

/** Only who can count is let: a verdict that counts nowhere would only mislead. */
function refuseOthers(request: Request, by: string, approvers: Approvers, ts: string): void {
  if (approvers.person(by, ts) === undefined) {
    throw new BitError('denied', 'this key is no trusted signer here, so its approval counts for nothing', {
      hint: 'have it trusted: bit key trust, then bit policy accept',
    });
  }
  const eligible = request.needs.filter((need) => approvers.named(need.of, by, ts));
  if (eligible.length === 0) {
    const of = request.needs.flatMap((need) => need.of).join(', ');
    throw new BitError('denied', `this is for others to approve: ${printable(of)}`);
  }
  if (!eligible.some((need) => need.own || !approvers.same(by, request.by))) {
    throw new BitError('denied', 'nobody approves their own request here', {
      hint: 'a policy allows it with own: true in its denial, a contract with OWN: true',
    });
  }
}

function findDenial(reader: Reader, what: string | undefined): Entry {
  for (const entry of reader.ledger.entries({ phase: 'denied', newestFirst: true })) {
    if (!isJsonObject(entry.payload?.['approval'])) continue;
    const { target, facts } = factsOf(entry);
    const names = [entry.payload['action'], facts['action'], target['workflow'], entry.op];
    if (what === undefined || names.includes(what) || (what.length >= 8 && entry.op.startsWith(what)))
      return entry;
  }
  throw new BitError(
    'not-found',
    what === undefined
      ? 'nothing was denied that an approval would lift'
      : `nothing called ${printable(shorten(what))} was denied that an approval would lift`,
    { hint: 'try it first: what is denied says so, and an approval is for exactly that' },
  );
}

function factsOf(entry: Entry): { target: JsonObject; facts: JsonObject; messages: string } {
  const { policy, target: own, messages } = entry.payload ?? {};
  const facts = isJsonObject(policy) && isJsonObject(policy['facts']) ? policy['facts'] : {};
  const target = isJsonObject(facts['target']) ? facts['target'] : isJsonObject(own) ? own : {};
  return { target, facts, messages: Array.isArray(messages) ? messages.join('; ') : '' };
}

export function findRequest(reader: Reader, id: string): Request {
  for (const request of requests(reader))
    if (request.op === id || (id.length >= 8 && request.op.startsWith(id))) return request;
  throw new BitError('not-found', `the ledger has no request ${printable(shorten(id))}`, {
    hint: 'list them with: bit approval log; those of others come with: bit ledger fetch',
  });
}

function workflowOf(target: JsonObject): { readonly workflow?: string } {
  return typeof target['workflow'] === 'string' ? { workflow: target['workflow'] } : {};
}

function lifeOf(text: string): number {
  const [, count, unit = ''] = SPAN.exec(text.trim()) ?? [];
  const life = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (life > 0 && life <= MOST_LIFE) return life;
  throw new BitError('usage', `an approval lives from 1m to 30d, not ${printable(shorten(text, 40))}`);
}

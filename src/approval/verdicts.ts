import { acceptedSigners } from '../guard/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { signsLedgers, type TrustedSigner } from '../keys/index.ts';
import { type Entry, entryHolds } from '../ledger/index.ts';
import { type Approved, claimedBy, type Liftable, type Reader, usedBy } from '../operation/index.ts';
import type { ApprovalNeed } from '../policy/index.ts';

/** A request in the ledger. */
export interface Request {
  readonly op: string;
  readonly subject: string;
  readonly action: string;
  readonly command: string;
  readonly target: JsonObject;
  readonly why: string;
  readonly needs: readonly ApprovalNeed[];
  /** The recorded denial. */
  readonly denied: string;
  /** RFC 3339. */
  readonly expires: string;
  readonly ts: string;
  readonly by: string;
  readonly as: string | null;
  /** Ledger chain it was asked in: it lifts nothing in another clone. */
  readonly chain: string;
}

export interface Verdict {
  readonly op: string;
  readonly kind: 'grant' | 'deny';
  readonly request: string;
  readonly subject: string;
  readonly by: string;
  readonly as: string | null;
  readonly ts: string;
  readonly note: string | null;
}

/** Who may approve here, and under which name each counts. */
export interface Approvers {
  /** One name for each person, however many keys; undefined for who is not trusted. */
  person(publicKey: string, ts: string): string | undefined;
  /** Whether two keys are one person's. */
  same(a: string, b: string): boolean;
  /** Whether a list of principals and keys names this key. */
  named(of: readonly string[], publicKey: string, ts: string): boolean;
}

/** Newest first. */
export function* requests(reader: Reader): IterableIterator<Request> {
  for (const entry of done(reader, 'APPROVAL_REQUEST')) {
    const request = requestOf(entry);
    if (request !== undefined) yield request;
  }
}

/** Oldest first. */
export function verdictsOn(reader: Reader, request: Request): Verdict[] {
  return (['grant', 'deny'] as const)
    .flatMap((kind) =>
      [...done(reader, kind === 'grant' ? 'APPROVAL_GRANT' : 'APPROVAL_DENY')].map((entry) => ({
        kind,
        entry,
      })),
    )
    .filter(
      ({ entry }) =>
        resultOf(entry)['request'] === request.op && resultOf(entry)['subject'] === request.subject,
    )
    .sort((a, b) => a.entry.lamport - b.entry.lamport)
    .map(({ kind, entry }) => {
      const { note } = resultOf(entry);
      const { op, actor, as, ts } = entry;
      return {
        ...{ op, kind, request: request.op, subject: request.subject, by: actor, as, ts },
        note: typeof note === 'string' ? note : null,
      };
    });
}

/** Outcomes that stand: whole, signed, done and not taken back. */
function* done(reader: Reader, event: string): IterableIterator<Entry> {
  for (const entry of reader.ledger.entries({ event, phase: 'outcome', newestFirst: true })) {
    if (entry.payload?.['ok'] !== true || !entryHolds(entry)) continue;
    if (claimedBy(reader.ledger, entry.op, entry.chain) === undefined) yield entry;
  }
}

function resultOf(entry: Entry): JsonObject {
  const result = entry.payload?.['result'];
  return isJsonObject(result) ? result : {};
}

function requestOf(entry: Entry): Request | undefined {
  const { subject, action, command, target, why, denied, expires, needs } = resultOf(entry);
  const list = needsOf(needs);
  if (typeof subject !== 'string' || typeof action !== 'string' || typeof expires !== 'string')
    return undefined;
  if (typeof denied !== 'string' || list === undefined) return undefined;
  return {
    ...{ op: entry.op, subject, action, needs: list, denied, expires },
    command: typeof command === 'string' ? command : action,
    target: isJsonObject(target) ? target : {},
    why: typeof why === 'string' ? why : '',
    ...{ ts: entry.ts, by: entry.actor, as: entry.as, chain: entry.chain },
  };
}

export function needsOf(value: Json | undefined): ApprovalNeed[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const list: ApprovalNeed[] = [];
  for (const item of value as Json[]) {
    if (!isJsonObject(item)) return undefined;
    const { needs, of, own } = item;
    if (typeof needs !== 'number' || typeof own !== 'boolean' || !Array.isArray(of)) return undefined;
    list.push({ needs, own, of: of.filter((name) => typeof name === 'string') });
  }
  return list;
}

/** One's own keys are one person's, and so are those a principal of the accepted signers has together. */
export async function approversHere(reader: Reader): Promise<Approvers> {
  const own = new Set<string>((await reader.keys.list()).map(({ publicKey }) => publicKey));
  const current = await reader.keys.current();
  if (current !== undefined) own.add(current);
  const accepted = acceptedSigners(reader.stateDirectory);
  const signers = (accepted ?? []).filter(signsLedgers);
  const trusted = (key: string, ts: string): TrustedSigner[] =>
    signers.filter(
      ({ publicKey, validAfter, validBefore }) =>
        publicKey === key &&
        (validAfter === undefined || ts >= validAfter) &&
        (validBefore === undefined || ts <= validBefore),
    );
  const namesOf = (key: string): string[] =>
    signers
      .filter(({ publicKey }) => publicKey === key)
      .flatMap(({ principals }) => principals)
      .filter((name) => !/[*?!]/.test(name));
  return {
    person(key, ts) {
      // where nobody is named, one's own keys are all that is known
      if (accepted === undefined) return own.has(key) ? key : undefined;
      if (trusted(key, ts).length === 0) return undefined;
      return namesOf(key).sort()[0] ?? key;
    },
    same: (a, b) =>
      a === b || (own.has(a) && own.has(b)) || namesOf(a).some((name) => namesOf(b).includes(name)),
    named: (of, key, ts) =>
      of.length === 0 ||
      of.includes(key) ||
      trusted(key, ts).some(({ principals }) => principals.some((name) => of.includes(name))),
  };
}

/**
 * The grants that lift a denial: of a request for that very subject, made in this clone by who acts, which has neither
 * run out nor been used; by as many different people as each need says, none of them who acts or who asked unless the
 * need allows it. One eligible person's denial that stands closes the request.
 */
export async function findApprovals(
  reader: Reader,
  { subject, needs, actor }: Liftable,
): Promise<readonly Approved[] | undefined> {
  const now = reader.now().toISOString();
  let approvers: Approvers | undefined;
  for (const request of requests(reader)) {
    if (request.subject !== subject || request.expires <= now) continue;
    if (request.chain !== reader.ledger.chain()) continue;
    approvers ??= await approversHere(reader);
    if (!approvers.same(request.by, actor) || usedBy(reader.ledger, request.op) !== undefined) continue;
    const counted = needs.map((need) =>
      countedFor(need, request, {
        actor,
        verdicts: verdictsOn(reader, request),
        approvers: approvers as Approvers,
      }),
    );
    if (counted.every((item) => item.met)) {
      const grants = new Map(counted.flatMap(({ grants: list }) => list.map((grant) => [grant.op, grant])));
      return [...grants.values()].map(({ op, by }) => ({ op, request: request.op, by }));
    }
  }
  return undefined;
}

export interface Counted {
  readonly met: boolean;
  /** One a person. */
  readonly grants: readonly Verdict[];
  readonly denials: readonly Verdict[];
}

export function countedFor(
  need: ApprovalNeed,
  request: Request,
  given: { readonly actor: string; readonly verdicts: readonly Verdict[]; readonly approvers: Approvers },
): Counted {
  const { actor, approvers } = given;
  const latest = new Map<string, Verdict>();
  for (const verdict of given.verdicts) {
    const { by, ts } = verdict;
    const person = approvers.person(by, ts);
    if (person === undefined || ts > request.expires || !approvers.named(need.of, by, ts)) continue;
    if (!need.own && (approvers.same(by, actor) || approvers.same(by, request.by))) continue;
    latest.set(person, verdict);
  }
  const all = [...latest.values()];
  const grants = all.filter(({ kind }) => kind === 'grant');
  const denials = all.filter(({ kind }) => kind === 'deny');
  return { met: denials.length === 0 && grants.length >= need.needs, grants, denials };
}

import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Entry, LedgerReader } from '../ledger/index.ts';
import { type ApprovalNeed, Decision, type PolicyInput } from '../policy/index.ts';
import type { Touches } from './index.ts';

/** A denial that approvals would lift, as it is asked about and recorded. */
export interface Liftable {
  /**
   * `sha256:<hex>` of action, command, arguments, target, policy with its settings, and position: what approvals are
   * bound to.
   */
  readonly subject: string;
  readonly needs: readonly ApprovalNeed[];
  /** Who acts. */
  readonly actor: string;
}

/** An approval that counted. */
export interface Approved {
  /** Operation of the grant. */
  readonly op: string;
  /** Operation of the request, which one operation uses up. */
  readonly request: string;
  readonly by: string;
}

/** The approvals that together lift a denial; undefined where they don't. */
export type FindApprovals = (liftable: Liftable) => Promise<readonly Approved[] | undefined>;

export function liftableOf(decision: Decision, input: PolicyInput, position: Json): Liftable | undefined {
  if (decision.allowed || !decision.liftedByApproval) return undefined;
  const { policy, approvals = [] } = decision.explain();
  if (approvals.length === 0) return undefined;
  const { action, command, args, target, config, actor } = input;
  const bound = JSON.parse(
    JSON.stringify({ action, command, args, target, policy, config, position }),
    (_, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value),
  ) as Json;
  const subject = `sha256:${createHash('sha256').update(canonicalJson(bound)).digest('hex')}`;
  return { subject, needs: approvals, actor };
}

/** Bytes of files that are read to know what a commit would hold. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Where the repository stands: branch and HEAD, and for what moves HEAD's branch also the index and the files it is
 * about, so that nothing else can be slipped under an approval.
 */
export async function positionOf(
  git: GitReader | undefined,
  touches: Touches,
  { repo, target }: PolicyInput,
): Promise<Json> {
  const at = { branch: repo['branch'] ?? null, head: repo['head'] ?? null };
  const { branch } = at;
  const moves =
    touches.head === true || touches.refs === 'all' || touches.refs.includes(`refs/heads/${branch}`);
  if (git?.paths.root === undefined || !moves) return at;
  const { stdout } = await git.read(['ls-files', '--stage', '-z'], { encoding: 'latin1' });
  const index = createHash('sha256').update(stdout, 'latin1').digest('hex');
  const paths = Array.isArray(target['paths']) ? target['paths'] : [];
  const files = createHash('sha256');
  let left = MOST_BYTES;
  for (const path of paths)
    if (typeof path === 'string') left -= addFile(files, join(git.paths.root, path), left);
  return { ...at, index, files: files.digest('hex') };
}

function addFile(hash: Hash, path: string, most: number): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const kind = stat?.isSymbolicLink() === true ? 'link' : stat?.isFile() === true ? 'file' : 'none';
  if (stat !== undefined && stat.size > most)
    throw new BitError('unsupported', 'what this is about is too large to be approved', {
      details: { path, bytes: stat.size },
    });
  const bytes =
    kind === 'link'
      ? Buffer.from(readlinkSync(path))
      : kind === 'file'
        ? readFileSync(path)
        : Buffer.alloc(0);
  hash.update(`${kind} ${(stat?.mode ?? 0) & 0o111} ${bytes.length}\0`).update(bytes);
  return bytes.length;
}

/**
 * The operation that used up an approval: an intent of the requester's chain that names the request. One that failed,
 * moved nothing and sent nothing gives it back; undoing one doesn't. A withheld intent counts as use: what it named can't be told.
 */
export function usedBy(ledger: LedgerReader, request: string): string | undefined {
  let asked: { readonly chain: string; readonly lamport: number } | undefined;
  for (const entry of ledger.entries({ op: request, phase: 'outcome' })) asked ??= entry;
  if (asked === undefined) return undefined;
  const { chain, lamport } = asked;
  for (const intent of ledger.entries({ chain, phase: 'intent', newestFirst: true })) {
    if (intent.lamport < lamport) return undefined;
    if (names(intent.payload, request) && !cameToNothing(ledger, intent)) return intent.op;
  }
  return undefined;
}

function names(payload: JsonObject | undefined, request: string): boolean {
  if (payload === undefined) return true;
  const list = payload['approvals'];
  return Array.isArray(list) && list.some((item: Json) => isJsonObject(item) && item['request'] === request);
}

function cameToNothing(ledger: LedgerReader, { op, chain, payload: intended }: Entry): boolean {
  // what may have left this clone may have done so before it failed
  if (intended?.['irreversible'] !== undefined) return false;
  for (const { payload } of ledger.entries({ op, chain, phase: 'outcome' })) {
    const moved = payload?.['moved'];
    if (payload?.['ok'] === false) return !Array.isArray(moved) || moved.length === 0;
  }
  return false;
}

/** Called where no other process can append. @throws BitError `changed` where another operation was first */
export function refuseUsed(ledger: LedgerReader, approved: readonly Approved[]): void {
  for (const { request } of approved) {
    const op = usedBy(ledger, request);
    if (op === undefined) continue;
    throw new BitError('changed', `the approval was used by operation ${op} meanwhile`, {
      hint: 'request another with: bit approval request',
      details: { request, op },
    });
  }
}

export function liftableJson({ subject, needs }: Liftable): JsonObject {
  return { subject, needs: needs.map(({ needs: count, of, own }) => ({ needs: count, of, own })) };
}

/** The decision once approvals lifted it. */
export function liftedDecision(decision: Decision): Decision {
  return new Decision({ allowed: true, lifted: false }, () => ({ ...decision.explain(), allowed: true }));
}

import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { lintPolicySet, type PolicySet } from '../policy/index.ts';
import {
  type AcceptedSet,
  acceptedOrDamage,
  compile,
  digestOf,
  sourcesOf,
  writeAccepted,
} from './accepted.ts';
import { commandShapes } from './shapes.ts';
import { readTreePolicies, type TreePolicies, treeDiffers } from './tree.ts';

export interface AcceptResult {
  readonly digest: string;
  readonly before: string | null;
  readonly changed: readonly string[];
  readonly files: readonly string[];
  /** The accepted set was damaged and is whole again. */
  readonly recovered: boolean;
}

export interface AcceptOptions {
  /** Take even a set that would deny accepting the next. */
  readonly lockout: boolean;
  /** Mend a damaged accepted set. */
  readonly recover: boolean;
}

/**
 * Takes the tree's policies as the set in force from now on. Refuses a set with errors, and one that would deny
 * accepting the next (nobody could ever change it back) unless `lockout`.
 *
 * A damaged accepted set is replaced only by `recover`: judged by the built-in default, since nothing else is whole,
 * recorded like any other, and asked about unless the ledger says that this very set was the one last accepted.
 */
export async function acceptPolicy(reader: Reader, options: AcceptOptions): Promise<Effect<AcceptResult>> {
  const found = acceptedOrDamage(reader.stateDirectory);
  const damaged = found instanceof BitError;
  if (damaged && !options.recover) throw found;
  if (!damaged && options.recover) {
    throw new BitError('usage', 'the accepted policy set is whole: there is nothing to recover', {
      hint: 'take the policies of the tree with: bit policy accept',
    });
  }
  const tree = { ...readTreePolicies(reader), registered: damaged ? [] : (found?.registered ?? []) };
  const set = compile(sourcesOf(tree));
  refuseFaults(set);
  if (!options.lockout) refuseLockout(reader, set);
  const last = damaged ? lastAccepted(reader.ledger) : undefined;
  const before = damaged ? { digest: last ?? null, changed: [] } : compareWith(tree, found);
  const files = tree.sources.map((source) => source.path);
  const digest = digestOf(tree);
  const what =
    files.length === 0
      ? 'the built-in default policy'
      : `${files.length} policy ${files.length === 1 ? 'file' : 'files'}`;
  return {
    summary: damaged ? `recover the policy set in force from ${what} of the tree` : `accept ${what}`,
    target: { files, changed: before.changed, from: before.digest, to: digest, recover: damaged },
    plan: planOf(damaged, before.changed, files, last === digest),
    touches: { refs: [], files: [join(reader.stateDirectory, 'policy', 'accepted.json')] },
    ...(damaged && last !== digest
      ? {
          confirm: 'The ledger does not say that the tree holds the set last accepted. Take it all the same?',
        }
      : {}),
    async run() {
      const accepted = writeAccepted(reader.stateDirectory, tree);
      return {
        digest: accepted.digest,
        before: before.digest,
        changed: before.changed,
        files,
        recovered: damaged,
      };
    },
    record: (out) => ({ digest: out.digest, before: out.before, files: out.files, recovered: out.recovered }),
  };
}

function compareWith(
  tree: TreePolicies,
  accepted: AcceptedSet | undefined,
): { digest: string | null; changed: string[] } {
  const changed = treeDiffers(tree, accepted ?? { sources: [], signers: undefined, digest: '' });
  return { digest: accepted?.digest ?? null, changed };
}

function planOf(
  damaged: boolean,
  changed: readonly string[],
  files: readonly string[],
  same: boolean,
): string[] {
  if (damaged) {
    const verdict = same
      ? 'the tree holds the set last accepted'
      : 'the ledger does not know the set the tree holds';
    return [verdict, ...files.map((path) => `accept ${path}`)];
  }
  return changed.length === 0
    ? ['nothing differs from the set in force']
    : changed.map((path) => `accept ${path}`);
}

/** Digest of the set the ledger says was accepted last, by a person or at first use. */
function lastAccepted(ledger: LedgerReader): string | undefined {
  const [adopted] = ledger.entries({ event: 'POLICY_ADOPTED', phase: 'note', newestFirst: true, limit: 1 });
  const told = ['POLICY_ACCEPT', 'CONTRACT_ENFORCE'].flatMap((event) => lastDigest(ledger, event));
  const [last] = told.sort((a, b) => b.lamport - a.lamport);
  if (last !== undefined && last.lamport > (adopted?.lamport ?? -1)) return last.digest;
  return digestIn(adopted?.payload);
}

function lastDigest(ledger: LedgerReader, event: string): { digest: string; lamport: number }[] {
  for (const entry of ledger.entries({ event, phase: 'outcome', newestFirst: true })) {
    const digest = entry.payload?.['ok'] === true ? digestIn(entry.payload['result']) : undefined;
    if (digest !== undefined) return [{ digest, lamport: entry.lamport }];
  }
  return [];
}

function digestIn(value: Json | undefined): string | undefined {
  const digest = isJsonObject(value) ? value['digest'] : undefined;
  return typeof digest === 'string' ? digest : undefined;
}

export function refuseFaults(set: PolicySet): void {
  const [problem] = lintPolicySet(set, commandShapes()).filter((item) => item.severity === 'error');
  if (problem === undefined) return;
  const { at, message } = problem;
  throw new BitError('failed', `${at.path}:${at.line}:${at.column}: ${message}`, {
    hint: 'nothing was accepted; the set in force stays as it is',
    details: { problem },
  });
}

export function refuseLockout(reader: Reader, set: PolicySet): void {
  const decision = set.decide({
    action: 'policy.accept',
    command: 'policy.accept',
    args: {},
    actor: '',
    user: { has_contract_access: true },
    tx: { valid_blockchain_sig: true },
    repo: {},
    target: {},
    token: null,
    config: {},
    freeze: [],
    now: reader.now().toISOString(),
  });
  if (decision.allowed) return;
  const [reason] = decision.explain().reasons;
  const where = reason === undefined ? '' : ` [${reason.rule} ${reason.at.path}:${reason.at.line}]`;
  throw new BitError(
    'failed',
    `this set would deny accepting the next one, so it could never be changed again: ${reason?.message ?? 'denied'}${where}`,
    { hint: 'let policy.accept pass under some condition, or say --lockout to mean it' },
  );
}

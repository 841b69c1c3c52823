import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { compile, readAccepted, writeAccepted } from './accepted.ts';
import { readTreePolicies, treeDiffers } from './tree.ts';

export interface AcceptResult {
  readonly digest: string;
  readonly before: string | null;
  readonly changed: readonly string[];
  readonly files: readonly string[];
}

/**
 * Takes the tree's policies as the set in force from now on. Refuses a set with errors, and one that would deny
 * accepting the next (nobody could ever change it back) unless `lockout`.
 */
export async function acceptPolicy(
  reader: Reader,
  options: { readonly lockout: boolean },
): Promise<Effect<AcceptResult>> {
  const tree = readTreePolicies(reader);
  const before = readAccepted(reader.stateDirectory);
  const set = compile(tree.sources);
  const [problem] = set.problems.filter((item) => item.severity === 'error');
  if (problem !== undefined) {
    throw new BitError(
      'failed',
      `${problem.at.path}:${problem.at.line}:${problem.at.column}: ${problem.message}`,
      {
        hint: 'nothing was accepted; the set in force stays as it is',
        details: { problem },
      },
    );
  }
  const changed = treeDiffers(tree, before ?? { sources: [], signers: undefined, digest: '' });
  const files = tree.sources.map((source) => source.path);
  if (!options.lockout) refuseLockout(reader, set);
  return {
    summary:
      files.length === 0 ? 'accept the built-in default policy' : `accept ${files.length} policy files`,
    target: { files, changed, from: before?.digest ?? null, to: set.digest },
    plan:
      changed.length === 0
        ? ['nothing differs from the set in force']
        : changed.map((path) => `accept ${path}`),
    touches: { refs: [], files: [join(reader.stateDirectory, 'policy', 'accepted.json')] },
    async run() {
      const accepted = writeAccepted(reader.stateDirectory, tree);
      return { digest: accepted.digest, before: before?.digest ?? null, changed, files };
    },
    record: (out) => ({ digest: out.digest, before: out.before, files: out.files }),
  };
}

function refuseLockout(reader: Reader, set: ReturnType<typeof compile>): void {
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
  const [reason] = decision.reasons;
  throw new BitError(
    'failed',
    `this set would deny accepting the next one, so it could never be changed again: ${reason?.message ?? 'denied'}${reason === undefined ? '' : ` [${reason.rule} ${reason.at.path}:${reason.at.line}]`}`,
    { hint: 'let policy.accept pass under some condition, or say --lockout to mean it' },
  );
}

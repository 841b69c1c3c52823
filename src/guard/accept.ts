import { BitError } from '../kernel/errors.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Entry, LedgerReader, Phase } from '../ledger/index.ts';
import { claimedBy, type Effect, type Reader } from '../operation/index.ts';
import { type PolicySet, type PolicySource, shownPlace } from '../policy/index.ts';
import { acceptedPath, compile, digestOf, readKeptAccepted, sourcesOf, writeAccepted } from './accepted.ts';
import { TREE_CONTRACTS } from './contracts.ts';
import { faultsOf } from './faults.ts';
import { acceptedHere, recordedDigest } from './force.ts';
import { readInside, readTreePolicies, type TreePolicies, treeDiffers } from './tree.ts';
import { lastVouched, vouchedHere } from './vouch.ts';

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
 * A damaged accepted set is replaced only by `recover`: judged by the built-in default, since nothing else is whole, and
 * recorded like any other.
 */
export async function acceptPolicy(reader: Reader, options: AcceptOptions): Promise<Effect<AcceptResult>> {
  const found = await vouchedHere(reader);
  if (found instanceof BitError) {
    if (!options.recover) throw found;
    return recoverPolicy(reader, options);
  }
  if (options.recover) {
    throw new BitError('usage', 'the accepted policy set is whole: there is nothing to recover', {
      hint: 'take the policies of the tree with: bit policy accept',
    });
  }
  const next: TreePolicies = { ...readTreePolicies(reader), registered: found?.registered ?? [] };
  refuseBad(reader, next, options);
  const changed = treeDiffers(next, found ?? { sources: [], signers: undefined });
  const plan = changed.map((path) => `accept ${path}`);
  return effectOf(reader, {
    next,
    changed,
    before: found?.digest ?? null,
    recovered: false,
    summary: `accept ${whatOf(next)}`,
    plan: plan.length === 0 ? ['nothing differs from the set in force'] : plan,
  });
}

/** The very set the ledger says was accepted last, where its copy is whole; else the tree's, once a person says so. */
async function recoverPolicy(reader: Reader, options: AcceptOptions): Promise<Effect<AcceptResult>> {
  const last = (await lastVouched(reader))?.digest ?? lastAccepted(reader.ledger);
  const kept = last === undefined ? undefined : readKeptAccepted(reader.stateDirectory, last);
  const common = { changed: [], before: last ?? null, recovered: true };
  if (kept !== undefined) {
    const { digest: _, ...next } = kept;
    return effectOf(reader, {
      ...common,
      next,
      summary: `recover the policy set in force: ${whatOf(next)}, as last accepted`,
      plan: ['the set last accepted is kept whole', ...sourcesOf(next).map(({ path }) => `accept ${path}`)],
    });
  }
  const { registered, lost } = registeredOf(reader);
  const next: TreePolicies = { ...readTreePolicies(reader), registered };
  refuseBad(reader, next, options);
  const same = last === digestOf(next);
  const losing =
    lost.length === 0 ? '' : ` Contracts in force that can't be read any longer go: ${lost.join(', ')}.`;
  return effectOf(reader, {
    ...common,
    next,
    summary: `recover the policy set in force from ${whatOf(next)} of the tree`,
    plan: [
      same ? 'the tree holds the set last accepted' : 'the ledger does not know the set the tree holds',
      ...sourcesOf(next).map(({ path }) => `accept ${path}`),
      ...lost.map((path) => `lose contract ${path}`),
    ],
    ...(same
      ? {}
      : {
          confirm: `The ledger does not say that the tree holds the set last accepted.${losing} Take it all the same?`,
        }),
  });
}

interface Change {
  readonly next: TreePolicies;
  readonly changed: readonly string[];
  /** Digest of the set before. */
  readonly before: string | null;
  readonly recovered: boolean;
  readonly summary: string;
  readonly plan: readonly string[];
  readonly confirm?: string;
}

function effectOf(
  { stateDirectory, ledger, builtins }: Reader,
  { next, changed, before, recovered, ...told }: Change,
): Effect<AcceptResult> {
  const files = next.sources.map((source) => source.path);
  const config = Object.keys(next.config ?? {}).length === 0 ? {} : { config: next.config as JsonObject };
  return {
    ...told,
    target: { files, changed, from: before, to: digestOf(next), recover: recovered, ...config },
    touches: { refs: [], files: [acceptedPath(stateDirectory)] },
    async run() {
      // what was adopted at first use stands by now, and a contract may have been registered meanwhile
      const standing = recovered ? undefined : acceptedHere(stateDirectory, ledger);
      const now = standing instanceof BitError ? undefined : standing;
      if (now !== undefined && canonicalJson(listOf(now)) !== canonicalJson(listOf(next)))
        throw new BitError('changed', 'a contract was registered or withdrawn meanwhile; accept again');
      const accepted = writeAccepted(stateDirectory, next, { builtins });
      return { digest: accepted.digest, before, changed, files, recovered };
    },
    record: (out) => ({ digest: out.digest, before: out.before, files: out.files, recovered: out.recovered }),
  };
}

function listOf({ registered = [] }: TreePolicies): Json {
  return registered.map(({ path, text }) => [path, text]);
}

function whatOf({ sources, registered = [] }: TreePolicies): string {
  const more = registered.length === 0 ? '' : ` and ${count(registered.length, 'registered contract')}`;
  return `${sources.length === 0 ? 'the built-in default policy' : count(sources.length, 'policy file')}${more}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function refuseBad(reader: Reader, next: TreePolicies, { lockout }: AcceptOptions): void {
  const set = compile(sourcesOf(next), { builtins: reader.builtins });
  refuseFaults(set);
  if (!lockout) refuseLockout(reader, set, next.config ?? {});
}

/** The contracts the ledger says are registered, as their files hold them, and those whose files don't. */
function registeredOf(reader: Reader): { registered: PolicySource[]; lost: string[] } {
  const decided = new Map<string, boolean>();
  for (const entry of ownEntries(reader.ledger, 'CONTRACT_ENFORCE', 'outcome')) {
    const result = entry.payload?.['ok'] === true ? entry.payload['result'] : undefined;
    if (!isJsonObject(result) || typeof result['file'] !== 'string' || decided.has(result['file'])) continue;
    if (claimedBy(reader.ledger, entry.op) === undefined)
      decided.set(result['file'], result['withdrawn'] !== true);
  }
  const paths = [...decided].flatMap(([path, stands]) => (stands && !isOfTree(path) ? [path] : [])).sort();
  const root = reader.repository?.root;
  const registered = paths.flatMap((path) => {
    const text = root === undefined ? undefined : readInside(root, path);
    return text === undefined ? [] : [{ path, text }];
  });
  const found = new Set(registered.map(({ path }) => path));
  return { registered, lost: paths.filter((path) => !found.has(path)) };
}

function isOfTree(path: string): boolean {
  return TREE_CONTRACTS.includes(path);
}

/** Digest of the set the ledger says is in force. */
function lastAccepted(ledger: LedgerReader): string | undefined {
  const recorded = recordedDigest(ledger);
  if (recorded !== undefined) return recorded;
  for (const entry of ownEntries(ledger)) {
    const { event, phase, payload } = entry;
    const adopted = event === 'POLICY_ADOPTED' && phase === 'note' ? digestIn(payload) : undefined;
    if (adopted !== undefined) return adopted;
    if (phase !== 'outcome' || (event !== 'POLICY_ACCEPT' && event !== 'CONTRACT_ENFORCE')) continue;
    const digest = payload?.['ok'] === true ? digestIn(payload['result']) : undefined;
    if (digest !== undefined && claimedBy(ledger, entry.op) === undefined) return digest;
  }
  return undefined;
}

/** Newest first, of the chain written here: what other clones accepted is nothing here. */
function ownEntries(ledger: LedgerReader, event?: string, phase?: Phase): IterableIterator<Entry> {
  const chain = ledger.chain();
  return ledger.entries({
    newestFirst: true,
    ...(chain === undefined ? {} : { chain }),
    ...(event === undefined ? {} : { event }),
    ...(phase === undefined ? {} : { phase }),
  });
}

function digestIn(value: Json | undefined): string | undefined {
  const digest = isJsonObject(value) ? value['digest'] : undefined;
  return typeof digest === 'string' ? digest : undefined;
}

export function refuseFaults(set: PolicySet): void {
  const [problem] = faultsOf(set);
  if (problem === undefined) return;
  const { at, message } = problem;
  throw new BitError('failed', `${at.path}:${at.line}:${at.column}: ${message}`, {
    hint: 'nothing was accepted; the set in force stays as it is',
    details: { problem },
  });
}

export function refuseLockout(reader: Reader, set: PolicySet, config: JsonObject): void {
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
    config,
    freeze: [],
    now: reader.now().toISOString(),
  });
  if (decision.allowed) return;
  const [reason] = decision.explain().reasons;
  const where = reason === undefined ? '' : ` [${reason.rule} ${shownPlace(reason.at)}]`;
  throw new BitError(
    'failed',
    `this set would deny accepting the next one, so it could never be changed again: ${reason?.message ?? 'denied'}${where}`,
    { hint: 'let policy.accept pass under some condition, or say --lockout to mean it' },
  );
}

import type { RepositoryPaths } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Entry, LedgerReader } from '../ledger/index.ts';
import { loadPolicySet, type PolicyInput, type PolicyOptions, type PolicySet } from '../policy/index.ts';
import {
  type AcceptedSet,
  acceptedOrDamage,
  acceptedPath,
  compile,
  damaged,
  digestOf,
  sourcesOf,
  writeFirst,
} from './accepted.ts';
import { faultsOf } from './faults.ts';
import { readTreePolicies, type TreePolicies } from './tree.ts';

export interface PolicyPlace {
  readonly repository: RepositoryPaths | undefined;
  readonly stateDirectory: string;
  readonly configDirectory: string;
}

/** What judges here, read once: rules, signers and settings of one and the same moment. */
export interface SetInForce {
  readonly set: TreePolicies;
  readonly digest: string;
  /** False for the tree's set, which nobody accepted yet. */
  readonly accepted: boolean;
  /** Of the user's settings directory: nobody accepts it, so what accepting would refuse denies here. */
  readonly personal: boolean;
}

/** The ledger's state that holds the digest of the set in force. */
export const POLICY_STATE = 'policy';

/**
 * The accepted set, else the tree's (the built-in default where it has none). A set that isn't the one the ledger says
 * is in force, or that is gone though the ledger says there is one, is damage.
 */
export function readInForce(place: PolicyPlace, ledger: LedgerReader): SetInForce | BitError {
  const accepted = acceptedHere(place.stateDirectory, ledger);
  if (accepted instanceof BitError) return accepted;
  if (accepted !== undefined)
    return { set: accepted, digest: accepted.digest, accepted: true, personal: false };
  const set = readTreePolicies(place);
  return { set, digest: digestOf(set), accepted: false, personal: place.repository?.root === undefined };
}

/** The accepted set where the ledger vouches for it, with damage as a value. */
export function acceptedHere(
  stateDirectory: string,
  ledger: LedgerReader,
): AcceptedSet | BitError | undefined {
  const found = acceptedOrDamage(stateDirectory);
  if (found instanceof BitError) return found;
  const recorded = recordedDigest(ledger);
  if (recorded === undefined || recorded === found?.digest || isUnderWay(ledger, found?.digest)) return found;
  const path = acceptedPath(stateDirectory);
  return found === undefined
    ? damaged(path, 'it is gone')
    : damaged(path, 'it is not the one the ledger says was accepted');
}

/** What the ledger says is in force; undefined where nothing was accepted yet. */
export function recordedDigest(ledger: LedgerReader): string | undefined {
  return ledger.readState(POLICY_STATE) || undefined;
}

/** A process that died between the file and its outcome had its intent on disk: it names what it would put in force. */
function isUnderWay(ledger: LedgerReader, digest: string | undefined): boolean {
  return ledger.openIntents().some((entry) => namesSet(entry, digest));
}

/** Whether an intent says that it puts the set of that digest in force, or takes back what did. */
export function namesSet({ payload }: Entry, digest: string | undefined): boolean {
  const target = payload?.['target'];
  const to = typeof target === 'object' && target !== null && 'to' in target ? target['to'] : undefined;
  return (digest !== undefined && to === digest) || Array.isArray(payload?.['undoes']);
}

/** Where the accepted set is damaged nothing is allowed but its recovery, which the built-in default judges. */
export function policyInForce(found: SetInForce | BitError, options: PolicyOptions = {}): PolicySet {
  if (found instanceof BitError) return sealed(found);
  const set = compile(sourcesOf(found.set), options);
  return found.personal && found.set.sources.length > 0 ? refusingFaults(set, options) : set;
}

/** The set, or one that denies everything and says where its first fault is; a set without is remembered. */
function refusingFaults(set: PolicySet, options: PolicyOptions): PolicySet {
  const linted = `${set.digest}-linted`;
  if (options.checked?.has(linted) === true) return set;
  const problems = faultsOf(set);
  if (problems.length > 0) return loadPolicySet(set.sources, { ...options, problems });
  options.checked?.add(linted);
  return set;
}

/** The accepted `policy` section of `.bithub.yml`; nothing where the accepted set is damaged. */
export function configInForce(found: SetInForce | BitError): JsonObject {
  return found instanceof BitError ? {} : (found.set.config ?? {});
}

function sealed(damage: BitError): PolicySet {
  const set = compile([]);
  const only = (input: PolicyInput): PolicyInput => {
    if (input.action === 'policy.accept' && input.args['recover'] === true) return input;
    throw damage;
  };
  return {
    ...set,
    problems: [
      {
        severity: 'error',
        code: 'damaged',
        message: damage.message,
        at: { path: 'accepted.json', line: 1, column: 1 },
      },
    ],
    gatesReads: false,
    decide: (input) => set.decide(only(input)),
    explain: (input) => set.explain(only(input)),
    query: () => {
      throw damage;
    },
  };
}

/**
 * Accepts the set that judged, when nothing was accepted in this clone yet: trust at first use, as ssh has it. Returns
 * what was adopted, or undefined where a set stands already.
 */
export function adoptPolicy(
  place: PolicyPlace,
  found: SetInForce | BitError,
  options: PolicyOptions = {},
): AcceptedSet | undefined {
  if (place.repository === undefined || found instanceof BitError || found.accepted) return undefined;
  if (acceptedOrDamage(place.stateDirectory) !== undefined) return undefined;
  return writeFirst(place.stateDirectory, found.set, options);
}

/**
 * Whether what judged still does, as far as this clone's files tell: another process may have accepted a set meanwhile.
 */
export function stillInForce(place: PolicyPlace, found: SetInForce | BitError): boolean {
  if (found instanceof BitError) return true;
  const now = acceptedOrDamage(place.stateDirectory);
  return now === undefined ? !found.accepted : !(now instanceof BitError) && now.digest === found.digest;
}

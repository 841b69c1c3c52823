import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RepositoryPaths } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../kernel/json.ts';
import { parseAllowedSigners, type TrustedSigner } from '../keys/index.ts';
import {
  loadPolicySet,
  type PolicyInput,
  type PolicyOptions,
  type PolicySet,
  type PolicySource,
} from '../policy/index.ts';
import { rulesOf } from './contracts.ts';
import { readTreePolicies, SIGNERS_FILE, type TreePolicies } from './tree.ts';

/** A policy set as it was accepted, whole. */
export interface AcceptedSet extends TreePolicies {
  /** `sha256:<hex>` of the canonical document. */
  readonly digest: string;
}

function pointerPath(stateDirectory: string): string {
  return join(stateDirectory, 'policy', 'accepted.json');
}

function documentOf(set: TreePolicies): JsonObject {
  return {
    ...(set.registered === undefined || set.registered.length === 0
      ? {}
      : { registered: set.registered.map(({ path, text }) => ({ path, text })) }),
    signers: set.signers ?? null,
    sources: set.sources.map(({ path, text }) => ({ path, text })),
    v: 1,
  };
}

export function digestOf(set: TreePolicies): string {
  return `sha256:${createHash('sha256')
    .update(canonicalJson(documentOf(set)))
    .digest('hex')}`;
}

/**
 * The accepted set, or undefined where none was accepted yet.
 *
 * @throws BitError `integrity` where its bytes are not what its digest says
 */
export function readAccepted(stateDirectory: string): AcceptedSet | undefined {
  const path = pointerPath(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return undefined;
  const damaged = (why: string): BitError =>
    new BitError('integrity', `the accepted policy set is damaged: ${why}`, {
      hint: 'every action is denied until it is whole again: bit policy accept --recover',
      details: { path },
    });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw damaged('not JSON');
  }
  if (!isJsonObject(document) || !Array.isArray(document['sources'])) throw damaged('unknown shape');
  const sources = readSources(document['sources']);
  const registered = readSources(document['registered'] ?? []);
  if (sources === undefined || registered === undefined) throw damaged('unknown shape');
  const signers = typeof document['signers'] === 'string' ? document['signers'] : undefined;
  const digest = digestOf({ sources, signers, registered });
  if (digest !== document['digest']) throw damaged('its digest does not match');
  return { sources, signers, registered, digest };
}

function readSources(value: unknown): PolicySource[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const sources: PolicySource[] = [];
  for (const item of value as unknown[]) {
    if (!isJsonObject(item) || typeof item['path'] !== 'string' || typeof item['text'] !== 'string')
      return undefined;
    sources.push({ path: item['path'], text: item['text'] });
  }
  return sources;
}

/** Everything of a set that judges: its policies, the tree's contract and those registered. */
export function sourcesOf({ sources, registered = [] }: TreePolicies): readonly PolicySource[] {
  return registered.length === 0 ? sources : [...sources, ...registered];
}

function keptPath(stateDirectory: string, digest: string): string {
  return join(stateDirectory, 'policy', 'sets', `${digest.replace('sha256:', '')}.json`);
}

/** Sets that were in force once stay, so that what they decided can be gone over again. */
function keepSet(stateDirectory: string, { digest, sources }: PolicySet): void {
  const path = keptPath(stateDirectory, digest);
  if (readTextIfExists(path) === undefined) writeFileAtomic(path, `${JSON.stringify(sources)}\n`);
}

/** The files of the set of that digest, as decisions name it; undefined where they are not kept, or are damaged. */
export function readKept(stateDirectory: string, digest: string): readonly PolicySource[] | undefined {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const text = readTextIfExists(keptPath(stateDirectory, digest));
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  const sources = readSources(kept);
  return sources !== undefined && compile(sources).digest === digest ? sources : undefined;
}

/** {@link readAccepted}, with the damage as a value. */
export function acceptedOrDamage(stateDirectory: string): AcceptedSet | BitError | undefined {
  try {
    return readAccepted(stateDirectory);
  } catch (error) {
    if (isBitError(error, 'integrity')) return error;
    throw error;
  }
}

/** Durable before it returns. Called by the accept action only. */
export function writeAccepted(stateDirectory: string, set: TreePolicies): AcceptedSet {
  const digest = digestOf(set);
  const compiled = compile(sourcesOf(set));
  const document = { ...documentOf(set), digest, gates_reads: compiled.gatesReads };
  keepSet(stateDirectory, compiled);
  writeFileAtomic(pointerPath(stateDirectory), `${JSON.stringify(document)}\n`);
  return { ...set, digest };
}

export interface PolicyPlace {
  readonly repository: RepositoryPaths | undefined;
  readonly stateDirectory: string;
  readonly configDirectory: string;
}

/**
 * What judges here and now: the accepted set, else the tree's, else the built-in default. Where the accepted set is
 * damaged nothing is allowed but its recovery, which the built-in default judges.
 */
export function policyInForce(place: PolicyPlace, options: PolicyOptions = {}): PolicySet {
  try {
    return compile(sourcesInForce(place), options);
  } catch (error) {
    if (!isBitError(error, 'integrity')) throw error;
    return sealed(error);
  }
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

function sourcesInForce(place: PolicyPlace): readonly PolicySource[] {
  return sourcesOf(readAccepted(place.stateDirectory) ?? readTreePolicies(place));
}

export function compile(sources: readonly PolicySource[], options: PolicyOptions = {}): PolicySet {
  const rules = rulesOf(sources);
  return loadPolicySet(rules.sources, { ...options, problems: rules.problems });
}

/**
 * Whether queries must ask. Only an accepted set can gate reads, and its file says so in its last member, so that
 * a query in an ordinary repository pays one small read.
 */
export function readsAreGated(stateDirectory: string): boolean {
  return readTextIfExists(pointerPath(stateDirectory))?.trimEnd().endsWith('"gates_reads":true}') ?? false;
}

/** Signers the accepted set trusts; undefined where it names none, nobody where it is damaged. */
export function acceptedSigners(stateDirectory: string): readonly TrustedSigner[] | undefined {
  const accepted = acceptedOrDamage(stateDirectory);
  if (accepted instanceof BitError) return [];
  const text = accepted?.signers;
  return text === undefined ? undefined : parseAllowedSigners(text, SIGNERS_FILE).signers;
}

/**
 * Accepts the tree's set, or the built-in default where the tree has none, when nothing was accepted in this clone
 * yet: trust at first use, as ssh has it. Returns what was adopted, or undefined where a set stands already.
 */
export function adoptPolicy(place: PolicyPlace): AcceptedSet | undefined {
  if (place.repository === undefined || acceptedOrDamage(place.stateDirectory) !== undefined)
    return undefined;
  return writeAccepted(place.stateDirectory, readTreePolicies(place));
}

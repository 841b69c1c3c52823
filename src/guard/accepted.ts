import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BitError, isBitError } from '../kernel/errors.ts';
import { createFileAtomic, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../kernel/json.ts';
import { parseAllowedSigners, type TrustedSigner } from '../keys/index.ts';
import { loadPolicySet, type PolicyOptions, type PolicySet, type PolicySource } from '../policy/index.ts';
import { rulesOf } from './contracts.ts';
import { SIGNERS_FILE, type TreePolicies } from './tree.ts';

/** A policy set as it was accepted, whole. */
export interface AcceptedSet extends TreePolicies {
  /** `sha256:<hex>` of the canonical document. */
  readonly digest: string;
}

/** The file that holds it. */
export function acceptedPath(stateDirectory: string): string {
  return join(stateDirectory, 'policy', 'accepted.json');
}

function documentOf(set: TreePolicies): JsonObject {
  return {
    ...(set.config === undefined || Object.keys(set.config).length === 0 ? {} : { config: set.config }),
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
  const path = acceptedPath(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return undefined;
  const found = parseAccepted(text);
  if (typeof found !== 'string') return found;
  throw damaged(path, found);
}

export function damaged(path: string, why: string): BitError {
  return new BitError('integrity', `the accepted policy set is damaged: ${why}`, {
    hint: 'every action is denied until it is whole again: bit policy accept --recover',
    details: { path },
  });
}

/** The set, or what is wrong. */
function parseAccepted(text: string): AcceptedSet | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (!isJsonObject(document) || !Array.isArray(document['sources'])) return 'unknown shape';
  const sources = readSources(document['sources']);
  const registered = readSources(document['registered'] ?? []);
  const config = document['config'] ?? {};
  if (sources === undefined || registered === undefined || !isJsonObject(config)) return 'unknown shape';
  const signers = typeof document['signers'] === 'string' ? document['signers'] : undefined;
  const set = { sources, signers, registered, config };
  const digest = digestOf(set);
  return digest === document['digest'] ? { ...set, digest } : 'its digest does not match';
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

function keptAcceptedPath(stateDirectory: string, digest: string): string {
  return join(stateDirectory, 'policy', 'accepted', `${digest.replace('sha256:', '')}.json`);
}

/** The accepted set of that digest, from the copy kept beside the one in force; undefined where it isn't whole. */
export function readKeptAccepted(stateDirectory: string, digest: string): AcceptedSet | undefined {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const found = parseAccepted(readTextIfExists(keptAcceptedPath(stateDirectory, digest)) ?? '');
  return typeof found !== 'string' && found.digest === digest ? found : undefined;
}

/** The files of the set of that digest, as decisions name it; undefined where they are not kept, or are damaged. */
export function readKept(
  stateDirectory: string,
  digest: string,
  options: PolicyOptions = {},
): readonly PolicySource[] | undefined {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const text = readTextIfExists(keptPath(stateDirectory, digest));
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  const sources = readSources(kept);
  return sources !== undefined && compile(sources, options).digest === digest ? sources : undefined;
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

/** Durable before it returns. Called under the lock, by the accept action only. */
export function writeAccepted(
  stateDirectory: string,
  set: TreePolicies,
  options: PolicyOptions = {},
): AcceptedSet {
  const { accepted, text } = prepare(stateDirectory, set, options);
  writeFileAtomic(acceptedPath(stateDirectory), text);
  return accepted;
}

/** {@link writeAccepted}, without the lock: where one was accepted in this moment it stays. */
export function writeFirst(
  stateDirectory: string,
  set: TreePolicies,
  options: PolicyOptions = {},
): AcceptedSet | undefined {
  const { accepted, text } = prepare(stateDirectory, set, options);
  return createFileAtomic(acceptedPath(stateDirectory), text) ? accepted : undefined;
}

function prepare(
  stateDirectory: string,
  set: TreePolicies,
  options: PolicyOptions,
): { accepted: AcceptedSet; text: string } {
  const digest = digestOf(set);
  const compiled = compile(sourcesOf(set), options);
  const document = { ...documentOf(set), digest, gates_reads: compiled.gatesReads };
  const text = `${JSON.stringify(document)}\n`;
  keepSet(stateDirectory, compiled);
  writeFileAtomic(keptAcceptedPath(stateDirectory, digest), text);
  return { accepted: { ...set, digest }, text };
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
  return readTextIfExists(acceptedPath(stateDirectory))?.trimEnd().endsWith('"gates_reads":true}') ?? false;
}

/** Signers the accepted set trusts; undefined where it names none, nobody where it is damaged. */
export function acceptedSigners(stateDirectory: string): readonly TrustedSigner[] | undefined {
  const accepted = acceptedOrDamage(stateDirectory);
  if (accepted instanceof BitError) return [];
  const text = accepted?.signers;
  return text === undefined ? undefined : parseAllowedSigners(text, SIGNERS_FILE).signers;
}

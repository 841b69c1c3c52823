import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RepositoryPaths } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../kernel/json.ts';
import { parseAllowedSigners, type TrustedSigner } from '../keys/index.ts';
import { defaultPolicy, loadPolicySet, type PolicySet, type PolicySource } from '../policy/index.ts';
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
  const sources: PolicySource[] = [];
  for (const item of document['sources']) {
    if (!isJsonObject(item) || typeof item['path'] !== 'string' || typeof item['text'] !== 'string') {
      throw damaged('unknown shape');
    }
    sources.push({ path: item['path'], text: item['text'] });
  }
  const signers = typeof document['signers'] === 'string' ? document['signers'] : undefined;
  const digest = digestOf({ sources, signers });
  if (digest !== document['digest']) throw damaged('its digest does not match');
  return { sources, signers, digest };
}

/** Durable before it returns. Called by the accept action only. */
export function writeAccepted(stateDirectory: string, set: TreePolicies): AcceptedSet {
  const digest = digestOf(set);
  const gatesReads = compile(set.sources).gatesReads;
  const document = { ...documentOf(set), digest, gates_reads: gatesReads };
  writeFileAtomic(pointerPath(stateDirectory), `${JSON.stringify(document)}\n`);
  return { ...set, digest };
}

export interface PolicyPlace {
  readonly repository: RepositoryPaths | undefined;
  readonly stateDirectory: string;
  readonly configDirectory: string;
}

/** What judges here and now: the accepted set, else the tree's, else the built-in default. */
export function policyInForce(place: PolicyPlace): PolicySet {
  return compile(sourcesInForce(place));
}

function sourcesInForce(place: PolicyPlace): readonly PolicySource[] {
  return (readAccepted(place.stateDirectory) ?? readTreePolicies(place)).sources;
}

export function compile(sources: readonly PolicySource[]): PolicySet {
  return loadPolicySet(sources.length === 0 ? [defaultPolicy()] : sources);
}

/**
 * Whether queries must ask. Only an accepted set can gate reads, and its file says so in its last member, so that
 * a query in an ordinary repository pays one small read.
 */
export function readsAreGated(stateDirectory: string): boolean {
  return readTextIfExists(pointerPath(stateDirectory))?.trimEnd().endsWith('"gates_reads":true}') ?? false;
}

/** Signers the accepted set trusts; undefined where it names none. */
export function acceptedSigners(stateDirectory: string): readonly TrustedSigner[] | undefined {
  const text = readAccepted(stateDirectory)?.signers;
  return text === undefined ? undefined : parseAllowedSigners(text, SIGNERS_FILE).signers;
}

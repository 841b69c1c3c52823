import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { RepositoryPaths } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, type JsonObject } from '../kernel/json.ts';
import type { PolicySource } from '../policy/index.ts';
import { readPolicySection, SPECIFICATION } from '../settings/index.ts';
import { TREE_CONTRACTS } from './contracts.ts';

const FOLDERS = ['.bithub/policies', '.bit/rego'] as const;
export const SIGNERS_FILE = '.bithub/keys/allowed_signers';
/** Bounds on what a hostile tree can make us read. */
const MOST_FILES = 1000;
const MOST_BYTES = 4 * 1024 * 1024;

export interface TreePolicies {
  readonly sources: readonly PolicySource[];
  readonly signers: string | undefined;
  /** The `policy` section of `.bithub.yml`: `input.config`, and what a decision may do. */
  readonly config?: JsonObject;
  /** Contracts enforced by name; they stay whatever the tree holds. */
  readonly registered?: readonly PolicySource[];
}

/**
 * Policy files of the work tree, or of the user's settings directory where there is no repository.
 *
 * @throws BitError `integrity` where a file or folder is a symbolic link that leaves its root, or the set is too large;
 *   `usage` where `.bithub.yml` can't be read
 */
export function readTreePolicies(
  place: { readonly repository: RepositoryPaths | undefined; readonly configDirectory: string },
  readConfig: (root: string) => JsonObject = readPolicySection,
): TreePolicies {
  const root = place.repository?.root;
  if (root === undefined) {
    return { sources: readFolder(place.configDirectory, 'policies'), signers: undefined };
  }
  return {
    sources: [...FOLDERS.flatMap((folder) => readFolder(root, folder)), ...readContracts(root)],
    signers: readInside(root, SIGNERS_FILE),
    config: readConfig(root),
  };
}

function readFolder(root: string, folder: string): PolicySource[] {
  const directory = join(root, folder);
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return [];
  stayInside(root, directory);
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rego'))
    .map((name) => name.split(sep).join('/'))
    .sort();
  if (names.length > MOST_FILES)
    throw new BitError('integrity', `${folder} holds more than ${MOST_FILES} policy files`);
  const sources: PolicySource[] = [];
  let bytes = 0;
  for (const name of names) {
    const text = readInside(root, `${folder}/${name}`) ?? '';
    bytes += text.length;
    if (bytes > MOST_BYTES)
      throw new BitError('integrity', `${folder} holds more than ${MOST_BYTES} bytes of policy`);
    sources.push({ path: `${folder}/${name}`, text });
  }
  return sources;
}

function readContracts(root: string): PolicySource[] {
  return TREE_CONTRACTS.flatMap((path) => {
    const text = readInside(root, path);
    return text === undefined ? [] : [{ path, text }];
  });
}

export function readInside(root: string, path: string): string | undefined {
  const full = join(root, path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  stayInside(root, full);
  if (lstatSync(realpathSync(full)).size > MOST_BYTES)
    throw new BitError('integrity', `${path} is too large for a policy`);
  return readFileSync(full, 'utf8');
}

function stayInside(root: string, path: string): void {
  const away = relative(realpathSync(root), realpathSync(path));
  if (away.startsWith('..') || away === '' || away.startsWith(sep)) {
    throw new BitError('integrity', `${relative(root, path)} is a link that leaves the repository`, {
      hint: 'policies are read only from inside the repository; replace the link by the files',
    });
  }
}

/** Paths that differ between the tree's policies and the accepted set; empty where they agree. */
export function treeDiffers(tree: TreePolicies, accepted: TreePolicies): string[] {
  const now = new Map(tree.sources.map((source) => [source.path, source.text]));
  const then = new Map(accepted.sources.map((source) => [source.path, source.text]));
  const paths = new Set([...now.keys(), ...then.keys()]);
  const changed = [...paths].filter((path) => now.get(path) !== then.get(path)).sort();
  if (tree.signers !== accepted.signers) changed.push(SIGNERS_FILE);
  if (configDiffers(tree.config, accepted.config)) changed.push(SPECIFICATION);
  return changed;
}

export function configDiffers(one: JsonObject = {}, other: JsonObject = {}): boolean {
  return canonicalJson(one) !== canonicalJson(other);
}

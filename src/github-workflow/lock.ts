import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { SourceFiles } from '../workflow/index.ts';
import { LOCK_FILE, type RemoteReference } from './action-place.ts';

/** An action that was vendored, by `owner/repo@ref`. */
export interface Pin {
  readonly commit: string;
  /** SHA-256 over the list of its files with their digests, hexadecimal. */
  readonly digest: string;
  /** Where it was fetched from. */
  readonly from: string;
}

export type ActionLock = ReadonlyMap<string, Pin>;

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** @throws BitError `integrity` for a lock file that isn't one */
export function readLock(files: SourceFiles): ActionLock {
  return parseLock(files.read(LOCK_FILE));
}

function parseLock(text: string | undefined): ActionLock {
  if (text === undefined) return new Map();
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new BitError('integrity', `${LOCK_FILE} is not JSON`, { cause });
  }
  const actions = isJsonObject(value) && value['version'] === 1 ? value['actions'] : undefined;
  if (!isJsonObject(actions)) throw new BitError('integrity', `${LOCK_FILE} is no lock file of version 1`);
  return new Map(
    Object.entries(actions).map(([name, pin]) => {
      const { commit, digest, from } = isJsonObject(pin) ? pin : {};
      if (
        typeof commit !== 'string' ||
        !COMMIT.test(commit) ||
        typeof digest !== 'string' ||
        !DIGEST.test(digest)
      )
        throw new BitError('integrity', `${LOCK_FILE}: ${name} has no commit and digest`);
      return [name, { commit, digest, from: typeof from === 'string' ? from : '' }] as const;
    }),
  );
}

/** What is vendored, by repository in lower case; nothing of a lock file that isn't one. */
export function pinnedActions(
  text: string | undefined,
): readonly { readonly action: string; readonly ref: string; readonly commit: string }[] {
  try {
    return [...parseLock(text)].map(([name, { commit }]) => {
      const at = name.indexOf('@');
      return { action: name.slice(0, at), ref: name.slice(at + 1), commit };
    });
  } catch (error) {
    if (error instanceof BitError) return [];
    throw error;
  }
}

/** The reference by which a commit was vendored: what it names is here under the name of that ref. */
export function vendoredAs(reference: RemoteReference, text: string | undefined): RemoteReference {
  if (!COMMIT.test(reference.ref)) return reference;
  const action = `${reference.owner}/${reference.repo}`.toLowerCase();
  const known = pinnedActions(text).find((pin) => pin.action === action && pin.commit === reference.ref);
  return known === undefined ? reference : { ...reference, ref: known.ref };
}

/** Sorted, so that it only changes where something did. */
export function lockText(lock: ActionLock): string {
  const actions = Object.fromEntries(
    [...lock].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, pin]) => [name, { ...pin }]),
  );
  return `${JSON.stringify({ version: 1, actions }, null, 2)}\n`;
}

import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { SourceFiles } from '../workflow/index.ts';
import { LOCK_FILE } from './action-place.ts';

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
  const text = files.read(LOCK_FILE);
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

/** Sorted, so that it only changes where something did. */
export function lockText(lock: ActionLock): string {
  const actions = Object.fromEntries(
    [...lock].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, pin]) => [name, { ...pin }]),
  );
  return `${JSON.stringify({ version: 1, actions }, null, 2)}\n`;
}

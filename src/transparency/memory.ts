import { hash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import type { SeenCheckpoint, TrustRules } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { consistencyFault, openCheckpoint, parseCheckpointText, parseNote } from '../tlog/index.ts';
import { chainKeys, chainOf } from './origin.ts';

/**
 * The last checkpoint seen of each chain, kept with the user and not with the repository: whoever puts an old copy of a
 * repository back, or rewrites its ledger, does not reach it.
 */
export interface Remembered extends SeenCheckpoint {
  /** The signed note. */
  readonly note: string;
  readonly file: string;
}

function folder(userDirectory: string): string {
  return join(userDirectory, 'checkpoints');
}

/**
 * What is remembered of a chain. Its signature was verified when it was remembered: who may write there may write the
 * user's keys.
 *
 * @throws BitError `integrity` where the file is no checkpoint of that chain
 */
export function recall(userDirectory: string, chain: string): Remembered | undefined {
  const file = join(folder(userDirectory), chain);
  const note = readTextIfExists(file);
  if (note === undefined) return undefined;
  const head = parseCheckpointText(parseNote(note).text);
  if (head === undefined || chainOf(head.origin) !== chain) throw notOf(chain, file);
  return { note, file, chain, size: head.size, root: head.root };
}

/** What is remembered of any of these chains. */
export function recallAll(userDirectory: string, chains: readonly string[]): Remembered[] {
  return chains.flatMap((chain) => recall(userDirectory, chain) ?? []);
}

/** Chains that were written or received in this clone, whether its ledger still knows them or not. */
export function chainsOfPlace(userDirectory: string, stateDirectory: string): string[] {
  // Before anything was ever written there, there is no place to tell.
  if (!existsSync(dirname(stateDirectory))) return [];
  const text = readTextIfExists(placeFile(userDirectory, stateDirectory)) ?? '';
  return text.split('\n').filter((line) => ULID_PATTERN.test(line));
}

/**
 * A clone is told by where it is and by its folder's inode and birth: one made anew in the same place is another, and
 * one whose ledger was taken away is the same.
 */
function placeFile(userDirectory: string, stateDirectory: string): string {
  const at = dirname(stateDirectory);
  const { ino, birthtimeNs } = statSync(at, { bigint: true });
  const name = hash('sha256', `${realpathSync(at)}\n${ino}\n${birthtimeNs}`, 'hex');
  return join(folder(userDirectory), 'places', name);
}

/** Remembers a checkpoint that was verified and follows from the one remembered. */
export function remember(
  { userDirectory, stateDirectory }: Pick<Reader, 'userDirectory' | 'stateDirectory'>,
  chain: string,
  note: string,
): void {
  writeFileAtomic(join(folder(userDirectory), chain), note);
  const known = chainsOfPlace(userDirectory, stateDirectory);
  if (known.includes(chain)) return;
  writeFileAtomic(placeFile(userDirectory, stateDirectory), `${[...known, chain].join('\n')}\n`);
}

/**
 * Reads a checkpoint of a chain of ours.
 *
 * @throws BitError `integrity` naming `from`
 */
export function readSeen(
  note: string,
  trust: TrustRules,
  from: string,
  wanted?: string,
): SeenCheckpoint & { readonly signers: readonly string[] } {
  const head = parseCheckpointText(parseNote(note).text);
  const chain = head === undefined ? undefined : chainOf(head.origin);
  if (chain === undefined || (wanted !== undefined && chain !== wanted)) throw notOf(wanted, from);
  const opened = openCheckpoint(note, { keys: chainKeys(chain, trust) });
  const signers = opened.signers.map((key) => `ed25519:${Buffer.from(key.publicKey).toString('hex')}`);
  return { chain, size: opened.size, root: opened.root, signers };
}

function notOf(chain: string | undefined, file: string): BitError {
  const what = chain === undefined ? 'a ledger' : `chain ${chain}`;
  return new BitError('integrity', `not a checkpoint of ${what}: ${file}`, { details: { file } });
}

/** Why a later checkpoint can't follow an earlier one of the same chain, or undefined where it does. */
export function successionFault(
  earlier: SeenCheckpoint,
  later: SeenCheckpoint,
  prove: (size1: number, size2: number) => readonly Uint8Array[],
): string | undefined {
  if (later.size < earlier.size) return `it shrank from ${earlier.size} to ${later.size} entries`;
  if (earlier.size === 0) return undefined;
  const proof = prove(earlier.size, later.size);
  const claim = { size1: earlier.size, size2: later.size, root1: earlier.root, root2: later.root, proof };
  return consistencyFault(claim) === undefined
    ? undefined
    : `its first ${earlier.size} entries are not those seen before`;
}

import { resolve } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { canonicalJson, type JsonObject } from '../kernel/json.ts';
import { type Entry, entryOf, type LedgerReader } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { formatProofFile } from '../tlog/index.ts';
import { readSeen, recall } from './memory.ts';

/** A proof with its payload, by far. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface ProveQuestion {
  /** First digits of the entry's SHA-256; default the newest the checkpoint covers. */
  readonly entry: string | undefined;
  /** File with a checkpoint; default the last one seen. */
  readonly checkpoint: string | undefined;
  /** With its payload, which is withheld otherwise. */
  readonly payload: boolean;
  /** Without the entry: the verifier has it. */
  readonly bare: boolean;
}

export interface Proof {
  readonly entry: string;
  readonly chain: string;
  readonly seq: number;
  /** Entries the checkpoint covers. */
  readonly size: number;
  /** c2sp.org/tlog-proof. */
  readonly proof: string;
}

/**
 * An inclusion proof that verifies with nothing but the file and the key.
 *
 * @throws BitError `not-found` for an entry that isn't there or that no checkpoint covers yet
 */
export async function proveEntry(reader: Reader, question: ProveQuestion): Promise<Proof> {
  const { ledger } = reader;
  const trust = await ledgerTrust(reader);
  const given = question.checkpoint === undefined ? undefined : readText(reader, question.checkpoint);
  const named = question.entry === undefined ? undefined : requireEntry(ledger, question.entry);
  const chain = named?.chain ?? ledger.chain();
  const seen =
    given === undefined
      ? chain === undefined
        ? undefined
        : recall(reader.userDirectory, chain)
      : { note: given, ...readSeen(given, trust, String(question.checkpoint), named?.chain) };
  if (seen === undefined) throw uncovered(named, 'no checkpoint was signed or seen yet');
  const entry = named ?? ledger.at(seen.chain, seen.size - 1);
  if (entry === undefined || entry.seq >= seen.size) {
    throw uncovered(entry, `the last checkpoint covers ${seen.size} entries`);
  }
  const tree = ledger.tree(seen.chain);
  if (tree.size < seen.size || Buffer.compare(tree.root(seen.size), seen.root) !== 0) {
    throw new BitError('integrity', `chain ${seen.chain} is not the one the checkpoint was signed for`, {
      hint: 'find what happened with: bit ledger verify',
      details: { chain: seen.chain, size: tree.size, seen: seen.size },
    });
  }
  const proof = formatProofFile({
    extra: question.bare ? undefined : Buffer.from(canonicalJson(shown(ledger, entry, question.payload))),
    index: entry.seq,
    proof: tree.inclusion(entry.seq, seen.size),
    checkpoint: seen.note,
  });
  return { entry: entry.entry_sha256, chain: seen.chain, seq: entry.seq, size: seen.size, proof };
}

function shown(ledger: LedgerReader, entry: Entry, payload: boolean): JsonObject {
  const body = payload ? ledger.sealed(entry.chain, entry.seq) : undefined;
  const fields = entryOf(entry) as unknown as JsonObject;
  return {
    entry: fields,
    signature: entry.signature,
    ...(body === undefined ? {} : { nonce: body.nonce.toString('base64'), payload: body.payload }),
  };
}

export function requireEntry(ledger: LedgerReader, prefix: string): Entry {
  const entry = ledger.entry(prefix);
  if (entry !== undefined) return entry;
  throw new BitError('not-found', `the ledger has no entry ${prefix}`, {
    hint: 'see them with: bit ledger list',
  });
}

function uncovered(entry: Entry | undefined, reason: string): BitError {
  const which =
    entry === undefined
      ? 'nothing can'
      : `entry ${entry.entry_sha256.slice(0, 12)} (number ${entry.seq}) can't`;
  return new BitError('not-found', `${which} be proved: ${reason}`, {
    hint: 'sign one with: bit ledger checkpoint',
  });
}

/** Text of a file as named on the command line. */
export function readText({ cwd }: Reader, path: string): string {
  const file = resolve(cwd, path);
  try {
    return readBoundedFile(file, MOST_BYTES).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new BitError('not-found', `there is no file ${file}`, { cause: error });
    }
    throw fromErrno(error, 'cannot read');
  }
}

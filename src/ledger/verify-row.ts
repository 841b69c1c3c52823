import { verifyEd25519 } from '../kernel/ed25519.ts';
import type { Frontier } from '../tlog/index.ts';
import {
  entryDigest,
  type Misfit,
  type Parsed,
  parseEntry,
  parsePayload,
  payloadDigest,
  signedMessage,
} from './entry.ts';
import type { EntryFields } from './index.ts';
import { entryLeafHash } from './leaf.ts';

/** One stored row, as untrusted as the file it comes from. */
export interface Row {
  readonly id: number;
  readonly entry: unknown;
  readonly digest: unknown;
  readonly signature: unknown;
  readonly tree: unknown;
  readonly nonce: unknown;
  readonly payload: unknown;
}

/** What of a chain its next entry is checked against. */
export interface Place {
  readonly seq: number;
  readonly lamport: number;
  readonly head: string;
}

/** Lamport time may jump where clones meet, but never so far that none is left: 2^53 ends what JSON can count. */
const LAMPORT_LIMIT = 2 ** 52;

/** Whether an entry follows the one before it. */
export function linkMisfit(fields: EntryFields, before: Place): Misfit | undefined {
  if (fields.seq !== before.seq + 1) {
    return {
      field: 'seq',
      message: `entry ${before.seq + 1} is missing: ${fields.seq} follows ${before.seq}`,
    };
  }
  if (fields.prev_sha256 !== before.head) {
    return { field: 'prev_sha256', message: "prev_sha256 isn't the digest of the entry before" };
  }
  if (fields.lamport <= before.lamport) {
    return { field: 'lamport', message: `lamport ${fields.lamport} doesn't rise above ${before.lamport}` };
  }
  if (fields.lamport > LAMPORT_LIMIT) {
    return { field: 'lamport', message: `lamport ${fields.lamport} leaves no time for later entries` };
  }
  return undefined;
}

/** A row with what can be known of it without its chain. */
export interface ReadRow {
  readonly row: Row;
  readonly parsed: Parsed;
  readonly digest: Buffer;
  /** The signature is the actor's over the entry as it stands there. */
  readonly signed: boolean;
}

/**
 * Reads rows, and verifies their signatures one right after the other: between other work each takes a fifth longer, for
 * the tables of the curve no longer lie in the processor's cache.
 */
export function readRows(rows: readonly Row[]): ReadRow[] {
  const read = rows.map((row) => ({
    row,
    parsed: parseEntry(row.entry),
    digest: entryDigest(String(row.entry)),
  }));
  const messages = read.map(({ digest }) => signedMessage(digest));
  const signed = read.map(({ row: { signature }, parsed }, at) => {
    const message = messages[at];
    if ('misfit' in parsed || message === undefined || !(signature instanceof Uint8Array)) return false;
    return verifyEd25519(parsed.fields.actor, message, signature);
  });
  return read.map((item, at) => ({ ...item, signed: signed[at] === true }));
}

/** Digest and signature. */
export function sealMisfit(fields: EntryFields, { row, digest, signed }: ReadRow): Misfit | undefined {
  const { digest: stored, signature } = row;
  if (!(stored instanceof Uint8Array) || stored.length !== 32) {
    return { field: 'entry_sha256', message: 'entry_sha256 is not a SHA-256 digest' };
  }
  if (!(signature instanceof Uint8Array) || signature.length !== 64) {
    return { field: 'signature', message: 'the signature is not 64 bytes' };
  }
  if (digest.equals(stored)) {
    return signed
      ? undefined
      : { field: 'signature', message: `the signature is not that of ${fields.actor}` };
  }
  // The signature tells which of the two was altered.
  if (signed)
    return { field: 'entry_sha256', message: 'the stored digest was altered; the entry is as signed' };
  const withheld = row.payload === null;
  if (!withheld && payloadMisfit(fields, row) !== undefined) {
    return { field: 'payload_sha256', message: 'payload_sha256 was altered after it was signed' };
  }
  return { field: 'entry', message: 'the entry was altered after it was signed' };
}

export function payloadMisfit(
  fields: Pick<EntryFields, 'payload_sha256'>,
  row: Pick<Row, 'nonce' | 'payload'>,
): Misfit | undefined {
  if (row.payload === null && row.nonce === null) return undefined;
  if (!(row.nonce instanceof Uint8Array) || row.nonce.length !== 32) {
    return { field: 'nonce', message: 'the nonce is not 32 bytes' };
  }
  if (typeof row.payload !== 'string')
    return { field: 'payload', message: 'the payload is missing, its nonce is not' };
  if (payloadDigest(row.nonce, row.payload) !== fields.payload_sha256) {
    return { field: 'payload', message: "payload_sha256 isn't the digest of the nonce and payload" };
  }
  if (parsePayload(row.payload) !== undefined) return undefined;
  return { field: 'payload', message: 'the payload is not an object in canonical form' };
}

/** Adds the entry to its chain's tree and compares the hashes the row keeps; call for every entry, in order. */
export function treeMisfit(row: Row, frontier: Frontier): Misfit | undefined {
  const completed = Buffer.concat(
    frontier.push(entryLeafHash(String(row.entry), row.signature as Uint8Array)),
  );
  if (row.tree instanceof Uint8Array && completed.equals(row.tree)) return undefined;
  return { field: 'tree', message: 'the hashes of the tree kept with the entry are not those it gives' };
}

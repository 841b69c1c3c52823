import { hash } from 'node:crypto';
import { verifyEd25519 } from '../kernel/ed25519.ts';
import { type Frontier, HASH_SIZE } from '../tlog/index.ts';
import { plainEntry, plainPayload } from './canonical.ts';
import {
  type Misfit,
  type Parsed,
  parseEntry,
  parsePayload,
  payloadDigest,
  SIGNING_PREFIX,
} from './entry.ts';
import type { EntryFields } from './index.ts';
import { entryLeafHash } from './leaf.ts';

/** One stored row, as untrusted as the file it comes from. */
export interface Row {
  readonly id: number;
  readonly entry: unknown;
  /** Hex; null where the column holds no bytes. */
  readonly digest: string | null;
  readonly signature: Buffer | null;
  /** Hex; null where the column holds no bytes. */
  readonly tree: string | null;
  /** Empty where the column holds something else than bytes or null. */
  readonly nonce: Buffer | null;
  readonly payload: unknown;
}

/**
 * The columns of {@link rowOf}. Bytes come as hex: better-sqlite3 makes each a Buffer that the collector has to follow, which
 * takes longer than reading the row.
 */
export const ROW_COLUMNS = [
  ...['id', 'entry'],
  ...['entry_sha256', 'signature', 'tree'].map((name) => `iif(typeof(${name}) = 'blob', hex(${name}), NULL)`),
  "CASE typeof(nonce) WHEN 'blob' THEN hex(nonce) WHEN 'null' THEN NULL ELSE '' END",
  'payload',
].join(', ');

export function rowOf(columns: readonly unknown[]): Row {
  const [id, entry, digest, signature, tree, nonce, payload] = columns;
  return {
    id: Number(id),
    entry,
    digest: typeof digest === 'string' ? digest.toLowerCase() : null,
    signature: typeof signature === 'string' ? Buffer.from(signature, 'hex') : null,
    tree: typeof tree === 'string' ? tree.toLowerCase() : null,
    nonce: typeof nonce === 'string' ? Buffer.from(nonce, 'hex') : null,
    payload,
  };
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
  /** Of the entry as it stands there, hex. */
  readonly digest: string;
  /** The signature is the actor's over the entry as it stands there. */
  readonly signed: boolean;
}

/** What a signature covers; verifying reads it at once, so one is enough. */
const message = Buffer.alloc(SIGNING_PREFIX.length + HASH_SIZE);
message.set(SIGNING_PREFIX);

/**
 * Reads rows, and verifies their signatures one right after the other: between other work each takes a fifth longer, for
 * the tables of the curve no longer lie in the processor's cache.
 */
export function readRows(rows: readonly Row[]): ReadRow[] {
  const read = rows.map((row) => {
    const { entry } = row;
    const plain = typeof entry === 'string' ? plainEntry(entry) : undefined;
    const parsed: Parsed = plain === undefined ? parseEntry(entry) : { fields: plain };
    return { row, parsed, digest: hash('sha256', String(entry), 'hex'), signed: false };
  });
  for (const item of read) {
    const { parsed, row, digest } = item;
    if ('misfit' in parsed || row.signature === null) continue;
    message.write(digest, SIGNING_PREFIX.length, 'hex');
    item.signed = verifyEd25519(parsed.fields.actor, message, row.signature);
  }
  return read;
}

/** Digest and signature. */
export function sealMisfit(fields: EntryFields, { row, digest, signed }: ReadRow): Misfit | undefined {
  const { digest: stored, signature } = row;
  if (stored?.length !== 2 * HASH_SIZE) {
    return { field: 'entry_sha256', message: 'entry_sha256 is not a SHA-256 digest' };
  }
  if (signature?.length !== 64) {
    return { field: 'signature', message: 'the signature is not 64 bytes' };
  }
  if (digest === stored) {
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
  row: { readonly nonce: Uint8Array | null; readonly payload: unknown },
): Misfit | undefined {
  if (row.payload === null && row.nonce === null) return undefined;
  if (row.nonce?.length !== 32) {
    return { field: 'nonce', message: 'the nonce is not 32 bytes' };
  }
  if (typeof row.payload !== 'string')
    return { field: 'payload', message: 'the payload is missing, its nonce is not' };
  if (payloadDigest(row.nonce, row.payload) !== fields.payload_sha256) {
    return { field: 'payload', message: "payload_sha256 isn't the digest of the nonce and payload" };
  }
  if ((plainPayload(row.payload) ?? parsePayload(row.payload)) !== undefined) return undefined;
  return { field: 'payload', message: 'the payload is not an object in canonical form' };
}

/** Adds the entry to its chain's tree and compares the hashes the row keeps; call for every entry, in order. */
export function treeMisfit(row: Row, frontier: Frontier): Misfit | undefined {
  const completed = frontier.push(entryLeafHash(String(row.entry), row.signature ?? NOTHING));
  let at = 0;
  for (const subtree of completed) {
    const found = Buffer.from(subtree.buffer, subtree.byteOffset, subtree.byteLength).toString('hex');
    if (row.tree?.startsWith(found, at) !== true) return TREE;
    at += found.length;
  }
  return row.tree?.length === at ? undefined : TREE;
}

const NOTHING = Buffer.alloc(0);
const TREE = { field: 'tree', message: 'the hashes of the tree kept with the entry are not those it gives' };

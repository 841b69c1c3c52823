import { sha256 } from '../kernel/digest.ts';
import { ENTRY_LIMIT, leafHash } from '../tlog/index.ts';
import { entryDigest } from './entry.ts';

/**
 * What the tree over a chain holds of an entry: canonical JSON (RFC 8785) of the entry and its signature, so that an
 * exported log shows who signed what. An entry that fits no bundle of c2sp.org/tlog-tiles is logged by its digest.
 */
export function leafData(entry: string, signature: Uint8Array): Buffer {
  const signed = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString('base64');
  // UTF-8 takes at least a byte a UTF-16 unit: the first comparison saves encoding most of the large ones.
  if (entry.length <= ENTRY_LIMIT) {
    const data = Buffer.from(`{"entry":${entry},"signature":"${signed}"}`);
    if (data.length <= ENTRY_LIMIT) return data;
  }
  return Buffer.from(`{"entry_sha256":"${entryDigest(entry).toString('hex')}","signature":"${signed}"}`);
}

/** Hash of an entry's leaf: `SHA-256(0x00 ‖ leaf)`, of a string where that is surely short enough: it is half the time. */
export function entryLeafHash(entry: string, signature: Uint8Array): Buffer {
  // UTF-8 takes at most three bytes a UTF-16 unit.
  if (entry.length * 3 > ENTRY_LIMIT - 200 || !(signature instanceof Buffer)) {
    return leafHash(leafData(entry, signature));
  }
  return sha256(`\0{"entry":${entry},"signature":"${signature.toString('base64')}"}`);
}

import { verifyEd25519 } from '../kernel/ed25519.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../kernel/json.ts';
import { entryDigest, parseEntry, signedMessage } from './entry.ts';
import type { EntryFields } from './index.ts';
import { leafData } from './leaf.ts';
import { payloadMisfit } from './verify-row.ts';

/** An entry as somebody shows it outside of its ledger: in a proof, a leaf of a log, a chain from another clone. */
export interface ShownEntry {
  readonly fields: EntryFields;
  readonly entry_sha256: string;
  /** Base64. */
  readonly signature: string;
  /** Base64; undefined with the payload. */
  readonly nonce: string | undefined;
  readonly payload: JsonObject | undefined;
  /** What the tree over its chain holds of it. */
  readonly leaf: Buffer;
}

/**
 * Reads `{entry, signature}` with or without `{nonce, payload}`, and verifies digest, signature and payload. Its place
 * in a chain is not looked at. A string says what doesn't hold.
 */
export function shownFault(value: unknown): ShownEntry | string {
  if (!isJsonObject(value) || !isJsonObject(value['entry'])) return 'it is not an entry of a ledger';
  const { signature, nonce, payload } = value;
  const text = canonical(value['entry']);
  const parsed = parseEntry(text);
  if ('misfit' in parsed || text === undefined) {
    return 'misfit' in parsed ? parsed.misfit.message : 'it has no canonical form';
  }
  const raw = typeof signature === 'string' ? Buffer.from(signature, 'base64') : undefined;
  if (raw?.length !== 64 || raw.toString('base64') !== signature) return 'its signature is not 64 bytes';
  const { fields } = parsed;
  const digest = entryDigest(text);
  if (!verifyEd25519(fields.actor, signedMessage(digest), raw)) {
    return `its signature is not that of ${fields.actor}`;
  }
  const salt = typeof nonce === 'string' ? Buffer.from(nonce, 'base64') : null;
  const body = isJsonObject(payload) ? (canonical(payload) ?? null) : null;
  const misfit = payloadMisfit(fields, { nonce: salt, payload: body });
  if (misfit !== undefined) return misfit.message;
  return {
    fields,
    entry_sha256: digest.toString('hex'),
    signature,
    nonce: salt === null ? undefined : salt.toString('base64'),
    payload: body === null || !isJsonObject(payload) ? undefined : payload,
    leaf: leafData(text, raw),
  };
}

function canonical(value: JsonObject): string | undefined {
  try {
    return canonicalJson(value);
  } catch {
    return undefined;
  }
}

/**
 * Reads a leaf of a chain's tree: the entry it holds, `digest` where it holds only one, or what is wrong with it.
 */
export function readLeaf(leaf: Uint8Array): ShownEntry | { readonly digest: string } | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(leaf).toString('utf8'));
  } catch {
    return 'it is not an entry of a ledger';
  }
  if (isJsonObject(value) && typeof value['entry_sha256'] === 'string')
    return { digest: value['entry_sha256'] };
  const shown = shownFault(value);
  if (typeof shown === 'string') return shown;
  return shown.leaf.equals(leaf) ? shown : 'it is not in canonical form';
}

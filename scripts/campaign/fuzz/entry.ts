/**
 * Entries as another clone or a file brings them: leaves with signature, payload and nonce, and rows of a ledger. Wrong
 * is anything thrown, an entry taken that is not canonical or whose signer would not have signed it so, and the two ways
 * of reading one that disagree.
 */
import { canonicalJson, isJsonObject, type JsonObject } from '../../../src/kernel/json.ts';
import { ChainAudit } from '../../../src/ledger/chain-audit.ts';
import {
  entryDigest,
  entryText,
  parseEntry,
  parsePayload,
  payloadDigest,
  signedMessage,
} from '../../../src/ledger/entry.ts';
import type { EntryFields } from '../../../src/ledger/index.ts';
import { keyEventOf } from '../../../src/ledger/key-events.ts';
import { leafData } from '../../../src/ledger/leaf.ts';
import { readLeaf, shownFault } from '../../../src/ledger/shown.ts';
import { payloadMisfit, type Row, readRows, sealMisfit, treeMisfit } from '../../../src/ledger/verify-row.ts';
import { Frontier } from '../../../src/tlog/index.ts';
import type { Random } from '../random.ts';
import { KEYS, keyOf } from './keys.ts';
import { mutateJson, mutateText, orElse, several } from './mutate.ts';
import { LONGEST, type Tally, type Target } from './target.ts';

const [signer, other] = KEYS;
const NONCE = Buffer.alloc(32, 7);
const CHAIN = '01jz0000000000000000000000';

/** An entry and all beside it, as one JSON text: what is mutated. */
interface Shown {
  readonly entry: unknown;
  readonly signature: unknown;
  readonly nonce?: unknown;
  readonly payload?: unknown;
}

function shown(more: Partial<EntryFields>, payload: JsonObject): string {
  const fields: EntryFields = {
    ...{ v: 1, seq: 0, lamport: 1, ts: '2026-06-01T12:00:00.000Z', chain: CHAIN, actor: signer.publicKey },
    ...{ as: 'Ada <ada@example.org>', event: 'COMMIT', phase: 'note', op: CHAIN, parent: null },
    payload_sha256: payloadDigest(NONCE, canonicalJson(payload)),
    prev_sha256: '0'.repeat(64),
    ...more,
  };
  return sealed(fields as unknown as JsonObject, payload);
}

/** Signed by whomever the entry says, where that key is known. */
function sealed(entry: JsonObject, payload: unknown): string {
  const text = canonical(entry);
  const signature =
    text === undefined
      ? ''
      : (keyOf(String(entry['actor'])) ?? other).sign(signedMessage(entryDigest(text))).toString('base64');
  return JSON.stringify({ entry, signature, nonce: NONCE.toString('base64'), payload });
}

function canonical(value: unknown): string | undefined {
  try {
    return isJsonObject(value) ? canonicalJson(value) : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function mutate(pool: readonly string[], dice: Random): string {
  const text = pool[dice.below(pool.length)] ?? '{}';
  const value = parsed(text);
  if (dice.below(4) === 0 || !isJsonObject(value))
    return several(text, 3, dice, (one) => mutateText(one, pool, dice));
  if (dice.below(4) === 0) return JSON.stringify(mutateJson(value, dice)) ?? '';
  const payload = dice.below(2) === 0 ? value['payload'] : mutateJson(value['payload'], dice);
  const changed = dice.below(3) === 0 ? value['entry'] : mutateJson(value['entry'], dice);
  if (!isJsonObject(changed)) return JSON.stringify({ ...value, entry: changed });
  const body = canonical(payload);
  const digest =
    body === undefined || dice.below(4) === 0 ? {} : { payload_sha256: payloadDigest(NONCE, body) };
  return sealed({ ...changed, ...digest }, payload);
}

function examine(input: string, tally: Tally): string | undefined {
  const value = parsed(input);
  const fault = textFault(input, tally);
  if (fault !== undefined || !isJsonObject(value)) return fault;
  const { entry, signature, nonce, payload } = value as JsonObject & Shown;
  const text = typeof entry === 'string' ? entry : canonical(entry);
  const raw = Buffer.from(typeof signature === 'string' ? signature : '', 'base64');
  const row = {
    ...{
      id: 1,
      entry: text ?? JSON.stringify(entry) ?? '',
      digest: entryDigest(text ?? '').toString('hex'),
      signature: raw,
    },
    tree: '00'.repeat(32),
    nonce: typeof nonce === 'string' ? Buffer.from(nonce, 'base64') : null,
    // what has no canonical form may stand there all the same
    payload: payload === undefined ? null : (canonical(payload) ?? JSON.stringify(payload)),
  };
  const found = shownFault(value);
  const leaf = readLeaf(leafData(text ?? '', raw));
  const audited = new ChainAudit().take(leafData(text ?? '', raw));
  if (typeof audited !== 'string') tally('audited');
  const held = rowFault(row, tally);
  if (held !== undefined) return held;
  if (typeof found === 'string') return undefined;
  tally('signed');
  const known = keyOf(found.fields.actor);
  if (
    known?.sign(signedMessage(Buffer.from(found.entry_sha256, 'hex'))).toString('base64') !== found.signature
  )
    return 'a signature its signer would not have made so';
  if (found.payload !== undefined) tally('with payload');
  return typeof leaf === 'string' ? `shown, and no leaf: ${leaf}` : undefined;
}

/** As text of a row: an entry, a payload. */
function textFault(input: string, tally: Tally): string | undefined {
  const entry = parseEntry(input);
  if ('fields' in entry) {
    tally('entries');
    if (entryText(entry.fields) !== input || canonicalJson({ ...entry.fields }) !== input)
      return 'an entry that is not canonical';
  }
  const payload = parsePayload(input);
  if (payload !== undefined) {
    tally('payloads');
    if (canonicalJson(payload) !== input) return 'a payload that is not canonical';
  }
  const leaf = readLeaf(Buffer.from(input));
  return typeof leaf !== 'string' && 'fields' in leaf && leaf.leaf.toString() !== input
    ? 'a leaf that is not canonical'
    : undefined;
}

/** The steps of `bit ledger verify`. */
function rowFault(row: Row, tally: Tally): string | undefined {
  for (const read of readRows([row])) {
    if ('misfit' in read.parsed) {
      if (read.signed) return 'signed, and no entry';
      continue;
    }
    tally('rows');
    const { fields } = read.parsed;
    sealMisfit(fields, read);
    treeMisfit(row, new Frontier());
    if (payloadMisfit(fields, row) !== undefined || typeof row.payload !== 'string') continue;
    tally('rows with payload');
    if (canonical(parsed(row.payload)) !== row.payload) return 'a payload that is not canonical';
    if (keyEventOf(fields, row.payload) !== undefined) tally('words about keys');
  }
  return undefined;
}

export const entry: Target = {
  name: 'entry',
  corpus: 'test/ledger/corpus',
  ending: 'entry',
  encoding: 'utf8',
  most: 1000,
  seeds: () => [
    shown({}, { ok: true }),
    shown(
      { as: null, parent: CHAIN, phase: 'intent', event: 'MERGE' },
      { touches: { refs: 'all' }, n: [1, 0.5] },
    ),
    shown(
      { phase: 'outcome', event: 'KEY_ROTATE' },
      { ok: true, result: { before: signer.publicKey, public_key: other.publicKey } },
    ),
    shown(
      { phase: 'outcome', event: 'KEY_REVOKE' },
      { ok: true, result: { public_key: other.publicKey, positions: [{ chain: CHAIN, size: 3 }] } },
    ),
    shown({ event: 'CHAIN_FORKED' }, { parent_chain: CHAIN, parent_head: '0'.repeat(64), parent_seq: 2 }),
  ],
  mutate: (pool, dice) =>
    orElse(
      () => mutate(pool, dice),
      () => mutateText(pool[0] ?? '', pool, dice),
    ).slice(0, LONGEST * 4),
  examine,
};

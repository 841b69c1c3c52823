import { hash } from 'node:crypto';
import { sha256 } from '../kernel/digest.ts';
import { PUBLIC_KEY_PATTERN } from '../kernel/ed25519.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { EntryFields, Phase } from './index.ts';

export const ENTRY_VERSION = 1;

/** What precedes the 32-byte entry hash in the signed message: a signature made for anything else never fits. */
export const SIGNING_PREFIX = Buffer.from('bithub.ledger.entry.v1\n');

/** `prev_sha256` of a chain's first entry. */
export const GENESIS = '0'.repeat(64);

export const EVENT_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/;
const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
const TIME_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const PHASES: ReadonlySet<unknown> = new Set<Phase>(['intent', 'outcome', 'denied', 'note']);

const text = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));

/**
 * Canonical JSON (RFC 8785) of an entry: the members in code unit order, written out because this runs for every
 * entry verified. A test holds it against `canonicalJson`. Strings must be well-formed.
 */
export function entryText(fields: EntryFields): string {
  return (
    `{"actor":${text(fields.actor)},"as":${text(fields.as)},"chain":${text(fields.chain)},` +
    `"event":${text(fields.event)},"lamport":${fields.lamport},"op":${text(fields.op)},` +
    `"parent":${text(fields.parent)},"payload_sha256":${text(fields.payload_sha256)},` +
    `"phase":${text(fields.phase)},"prev_sha256":${text(fields.prev_sha256)},"seq":${fields.seq},` +
    `"ts":${text(fields.ts)},"v":${fields.v}}`
  );
}

/** The signed fields of an entry alone. */
export function entryOf(entry: EntryFields): EntryFields {
  return JSON.parse(entryText(entry)) as EntryFields;
}

/** SHA-256 of the entry's canonical JSON. */
export function entryDigest(entry: string): Buffer {
  return sha256(entry);
}

/** The bytes an entry's signature covers. */
export function signedMessage(digest: Uint8Array): Buffer {
  return Buffer.concat([SIGNING_PREFIX, digest]);
}

/** Hex of `sha256(nonce ‖ canonical payload)`: with the 32-byte nonce gone nobody can guess a withheld payload. */
export function payloadDigest(nonce: Uint8Array, payload: string): string {
  // UTF-8 takes at most three bytes a UTF-16 unit.
  const bytes = Buffer.allocUnsafe(nonce.length + payload.length * 3);
  bytes.set(nonce);
  const end = nonce.length + bytes.write(payload, nonce.length);
  return hash('sha256', bytes.subarray(0, end), 'hex');
}

/** What is wrong with a stored value: the field's name and a sentence. */
export interface Misfit {
  readonly field: string;
  readonly message: string;
}

/** Rules of the fields, in the order they are reported. */
const RULES: readonly (readonly [keyof EntryFields, (value: unknown) => boolean, string])[] = [
  ['v', (value) => value === ENTRY_VERSION, 'is not a version this program knows'],
  ['seq', isCount, 'is not a whole number from 0'],
  ['lamport', isCount, 'is not a whole number from 0'],
  [
    'ts',
    (value) => matches(TIME_PATTERN, value) && !Number.isNaN(Date.parse(String(value))),
    'is not a time',
  ],
  ['chain', (value) => matches(ULID_PATTERN, value), 'is not a ULID'],
  ['actor', (value) => matches(PUBLIC_KEY_PATTERN, value), 'is not a public key'],
  [
    'as',
    (value) => value === null || (typeof value === 'string' && value.isWellFormed()),
    'is not text or null',
  ],
  ['event', (value) => matches(EVENT_PATTERN, value), 'is not upper snake case'],
  ['phase', (value) => PHASES.has(value), 'is not a phase'],
  ['op', (value) => matches(ULID_PATTERN, value), 'is not a ULID'],
  ['parent', (value) => value === null || matches(ULID_PATTERN, value), 'is not a ULID or null'],
  ['payload_sha256', (value) => matches(DIGEST_PATTERN, value), 'is not a SHA-256 digest'],
  ['prev_sha256', (value) => matches(DIGEST_PATTERN, value), 'is not a SHA-256 digest'],
];

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && !Object.is(value, -0);
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}

/** First rule the fields break, or undefined. */
export function misfitOf(fields: Readonly<Record<string, unknown>>): Misfit | undefined {
  for (const [field, holds, message] of RULES) {
    if (!holds(fields[field])) return { field, message: `${field} ${message}` };
  }
  return undefined;
}

export type Parsed = { readonly fields: EntryFields } | { readonly misfit: Misfit };

/** Reads stored entry text strictly: exactly the thirteen fields, each in its form, the whole in canonical form. */
export function parseEntry(stored: unknown): Parsed {
  const value = typeof stored === 'string' ? parse(stored) : undefined;
  if (!isJsonObject(value)) return { misfit: { field: 'entry', message: 'the entry is not a JSON object' } };
  const misfit = misfitOf(value);
  if (misfit !== undefined) return { misfit };
  const fields = value as unknown as EntryFields;
  // Byte equality also rules out a fourteenth member, a repeated one, white space and other spellings of a string.
  if (entryText(fields) !== stored) {
    return { misfit: { field: 'entry', message: 'the entry is not in canonical form' } };
  }
  return { fields };
}

/** Reads stored payload text; undefined unless it is one object in canonical form. */
export function parsePayload(stored: string): JsonObject | undefined {
  const value = parse(stored);
  if (!isJsonObject(value)) return undefined;
  try {
    return canonicalJson(value) === stored ? value : undefined;
  } catch {
    // Half a surrogate pair has no canonical form.
    return undefined;
  }
}

function parse(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}

/**
 * Quick ways to read what is in canonical form, which everything in a good ledger is. They take nothing that the
 * thorough ways of entry.ts would not, and answer undefined where they can't tell; a test holds both against each other.
 */

import { PUBLIC_KEY_PATTERN } from '../kernel/ed25519.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { EntryFields, Phase } from './index.ts';

const inner = (pattern: RegExp): string => pattern.source.slice(1, -1);
const COUNT = '(0|[1-9][0-9]{0,15})';
const DIGEST = '"([0-9a-f]{64})"';
const ULID = `"(${inner(ULID_PATTERN)})"`;

/** Canonical text of a whole entry, its members in order. Text with escapes or half a pair in it is left to others. */
const ENTRY = new RegExp(
  `^\\{"actor":"(${inner(PUBLIC_KEY_PATTERN)})","as":(?:null|"([^"\\\\\\u0000-\\u001f\\ud800-\\udfff]*)"),` +
    `"chain":${ULID},"event":"([A-Z][A-Z0-9_]{0,63})","lamport":${COUNT},"op":${ULID},"parent":(?:null|${ULID}),` +
    `"payload_sha256":${DIGEST},"phase":"(intent|outcome|denied|note)","prev_sha256":${DIGEST},"seq":${COUNT},` +
    '"ts":"(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)","v":1\\}$',
);

/** The fields of an entry that is plainly as it must be. */
export function plainEntry(stored: string): EntryFields | undefined {
  const found = ENTRY.exec(stored);
  if (found === null) return undefined;
  const [, actor = '', as, chain = '', event = '', lamport, op = '', parent, payload_sha256 = '', phase] =
    found;
  const [prev_sha256 = '', seq, ts = ''] = found.slice(10);
  const fields: EntryFields = {
    v: 1,
    seq: Number(seq),
    lamport: Number(lamport),
    ts,
    chain,
    actor,
    as: as ?? null,
    event,
    phase: phase as Phase,
    op,
    parent: parent ?? null,
    payload_sha256,
    prev_sha256,
  };
  const whole = Number.isSafeInteger(fields.seq) && Number.isSafeInteger(fields.lamport);
  return whole && !Number.isNaN(Date.parse(ts)) ? fields : undefined;
}

/**
 * An object whose text is what `JSON.stringify` makes of it, with the members in order: that is RFC 8785 but for
 * escapes of half a surrogate pair, so a text with any is left to others.
 */
export function plainPayload(stored: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(stored);
    const same = isJsonObject(value) && JSON.stringify(value) === stored && !stored.includes('\\ud');
    return same && isOrdered(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What nests deeper is left to others, which need no stack for it. */
const DEPTH = 200;

/** Whether the members of every object inside stand in the order of their UTF-16 code units. */
function isOrdered(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isOrdered(item, depth + 1));
  let before: string | undefined;
  for (const [name, member] of Object.entries(value)) {
    if (before !== undefined && name <= before) return false;
    before = name;
    if (!isOrdered(member, depth + 1)) return false;
  }
  return true;
}

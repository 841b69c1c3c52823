import { PUBLIC_KEY_PATTERN } from '../kernel/ed25519.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { type Misfit, parsePayload } from './entry.ts';
import type { EntryFields } from './index.ts';

/** Of `bit key rotate`: its outcome, signed by the old key, names the new one. */
const ROTATED = 'KEY_ROTATE';
/** Of `bit key revoke`: its outcome names the key and how far the chains reached that are still believed. */
const REVOKED = 'KEY_REVOKE';

/** What a chain says about keys. */
export type KeyEvent = Rotation | Revocation;

/** From `seq` on `publicKey` is believed in this chain as `by` is. */
export interface Rotation {
  readonly kind: 'rotation';
  readonly chain: string;
  readonly seq: number;
  readonly by: string;
  readonly publicKey: string;
}

/**
 * What `publicKey` signed is void, whatever time it claims, but for the first `size` entries of each chain named: those
 * that were there when it was revoked.
 */
export interface Revocation {
  readonly kind: 'revocation';
  readonly chain: string;
  readonly seq: number;
  readonly by: string;
  readonly publicKey: string;
  readonly positions: readonly { readonly chain: string; readonly size: number }[];
}

/** Events whose payload may never be withheld: whoever drops one would make a revoked key good again. */
export function isKeyEvent({ event, phase }: Pick<EntryFields, 'event' | 'phase'>): boolean {
  return phase === 'outcome' && (event === ROTATED || event === REVOKED);
}

export function keyEventMisfit(fields: EntryFields, payload: unknown): Misfit | undefined {
  if (!isKeyEvent(fields) || typeof payload === 'string') return undefined;
  return { field: 'payload', message: `the payload of a ${fields.event} may not be withheld` };
}

/** What an entry says about keys, if it does. */
export function keyEventOf(fields: EntryFields, payload: unknown): KeyEvent | undefined {
  if (!isKeyEvent(fields) || typeof payload !== 'string') return undefined;
  const body = parsePayload(payload);
  const result = body?.['ok'] === true ? body['result'] : undefined;
  if (!isJsonObject(result)) return undefined;
  return fields.event === ROTATED ? rotation(fields, result) : revocation(fields, result);
}

function rotation({ chain, seq, actor: by }: EntryFields, result: JsonObject): Rotation | undefined {
  const { before, public_key: publicKey } = result;
  // Only the key that signs can hand over: `before` is another where nothing was rotated.
  if (before !== by || !isPublicKey(publicKey)) return undefined;
  return { kind: 'rotation', chain, seq, by, publicKey };
}

function revocation({ chain, seq, actor: by }: EntryFields, result: JsonObject): Revocation | undefined {
  const { public_key: publicKey, positions } = result;
  if (!isPublicKey(publicKey) || !Array.isArray(positions)) return undefined;
  return { kind: 'revocation', chain, seq, by, publicKey, positions: positions.flatMap(position) };
}

function position(given: Json): { chain: string; size: number }[] {
  if (!isJsonObject(given)) return [];
  const { chain, size } = given;
  const holds = typeof chain === 'string' && ULID_PATTERN.test(chain) && Number.isSafeInteger(size);
  return holds && typeof size === 'number' ? [{ chain, size }] : [];
}

function isPublicKey(value: Json | undefined): value is string {
  return typeof value === 'string' && PUBLIC_KEY_PATTERN.test(value);
}

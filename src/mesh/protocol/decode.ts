import { isUtf8 } from 'node:buffer';
import { countMembers, membersWithin } from './bounds.ts';
import { type Fault, isObject } from './fault.ts';
import { MOST_MESSAGE_BYTES } from './limits.ts';
import { findFault, TOO_DEEP } from './read-json.ts';
import type { ErrorCode, Message } from './types.ts';
import { CHECKS, SCHEMAS } from './validators.ts';

/** Why a frame is no message: what an ERROR answers it with. */
export interface Wrong {
  readonly code: ErrorCode;
  readonly message: string;
  /** JSON Pointer (RFC 6901) into the message. */
  readonly field?: string;
  /** Its `msg_id`, where it has one. */
  readonly re?: string;
}

export type Decoded =
  | { readonly message: Message; readonly wrong?: undefined }
  | { readonly message?: undefined; readonly wrong: Wrong };

const MESSAGE_ID = /^M-[A-Za-z0-9._-]{1,64}$/;

/**
 * A frame as a message, or what is wrong with it and where. Never throws; takes time in proportion to the frame's size,
 * which `most` bounds (bytes).
 *
 * Beyond the schema it holds a message to I-JSON (RFC 7493): UTF-8, no member twice, no half surrogate pairs, numbers
 * within ±(2^53 − 1); and to {@link MOST_DEPTH} levels and no member named `__proto__`. So canonical JSON of any part of
 * it exists.
 */
export function decode(frame: Uint8Array | string, most: number = MOST_MESSAGE_BYTES): Decoded {
  const size = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.byteLength;
  if (size > most)
    return {
      wrong: { code: 'too-large', message: `${size} bytes; a message has at most ${most}`, field: '' },
    };
  const text = typeof frame === 'string' ? frame : textOf(frame);
  if (text === undefined)
    return { wrong: { code: 'malformed', message: 'the message is no UTF-8', field: '' } };
  const spelled = countMembers(text);
  if (spelled < 0) return refuse(findFault(text) ?? { at: '', what: TOO_DEEP });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(findFault(text) ?? { at: '', what: 'is no JSON' });
  }
  const escapes = text.includes('\\u') || (typeof frame === 'string' && !frame.isWellFormed());
  if (membersWithin(value, escapes) !== spelled)
    return refuse(findFault(text) ?? { at: '', what: 'is no I-JSON' }, value);
  return check(value);
}

/** {@link decode} for a value that was parsed already, and held to the bounds of its text. */
function check(value: unknown): Decoded {
  if (!isObject(value)) return refuse({ at: '', what: 'is no object' });
  const { type, schema } = value;
  if (typeof type !== 'string')
    return refuse({ at: '/type', what: type === undefined ? 'is missing' : 'is no text' }, value);
  const validate = CHECKS.get(type);
  if (validate === undefined)
    return refuse({ at: '/type', what: 'is none that is known here' }, value, 'unknown-type');
  const expected = SCHEMAS[type as keyof typeof SCHEMAS];
  if (schema !== expected && typeof schema === 'string')
    return refuse({ at: '/schema', what: `is not ${expected}` }, value, 'unknown-schema');
  const fault = validate(value);
  return fault === undefined ? { message: value as unknown as Message } : refuse(fault, value);
}

function textOf(frame: Uint8Array): string | undefined {
  if (!isUtf8(frame)) return undefined;
  const buffer = Buffer.isBuffer(frame)
    ? frame
    : Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  return buffer.toString('utf8');
}

function refuse({ at, what }: Fault, value?: unknown, code?: ErrorCode): Decoded {
  const id = isObject(value) ? value['msg_id'] : undefined;
  const re = typeof id === 'string' && MESSAGE_ID.test(id) ? { re: id } : {};
  // what is told of it is bounded, whatever it was sent
  const field = at.length > 512 ? `${at.slice(0, 511).toWellFormed()}…` : at;
  const message = `${field === '' ? 'the message' : field} ${what}`.slice(0, 1024).toWellFormed();
  return { wrong: { code: code ?? (what === TOO_DEEP ? 'too-deep' : 'malformed'), message, field, ...re } };
}

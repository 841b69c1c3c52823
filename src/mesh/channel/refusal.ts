import { BitError, type ErrorCode } from '../../kernel/errors.ts';
import type { ErrorCode as MeshErrorCode, PayloadOf } from '../protocol/index.ts';

/** What a handler throws so that ERROR says it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly payload: PayloadOf<'ERROR'>;

  constructor(payload: PayloadOf<'ERROR'>) {
    super(payload.message);
    this.payload = payload;
  }
}

export function refusal(
  code: MeshErrorCode,
  message: string,
  more: Partial<Omit<PayloadOf<'ERROR'>, 'code' | 'message'>> = {},
): Refusal {
  return new Refusal({ code, message, ...more });
}

const CODES: Readonly<Partial<Record<MeshErrorCode, ErrorCode>>> = {
  unauthenticated: 'auth',
  replayed: 'auth',
  'clock-skew': 'auth',
  expired: 'auth',
  revoked: 'auth',
  persona: 'auth',
  forbidden: 'denied',
  policy: 'denied',
  'rate-limited': 'busy',
  draining: 'busy',
  'not-found': 'not-found',
  conflict: 'conflict',
  version: 'unsupported',
};

/** An ERROR as who asked sees it: `details.mesh` is its code, `details.field` the field. */
export function fromWrong(payload: PayloadOf<'ERROR'>): BitError {
  const { code, message, ...rest } = payload;
  return new BitError(CODES[code] ?? 'remote', message, { details: { mesh: code, ...rest } });
}

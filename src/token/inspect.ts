import { isBitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { type Claims, claimsToJson } from './claims.ts';
import { decodeToken, type VerifyOptions, verifyToken } from './verify.ts';

export interface TokenInspection {
  readonly key: string;
  readonly claims: JsonObject;
  readonly expires: string;
  /** The ids of the wider tokens it was made of, nearest first. */
  readonly parents: readonly string[];
  /** What makes it refused here and now, or null. */
  readonly refused: string | null;
}

/** Takes a token apart, whether it holds or not. @throws BitError `auth` where it is none */
export async function inspectToken(token: string, options: VerifyOptions): Promise<TokenInspection> {
  const { key, claims } = decodeToken(token);
  const { prf, ...own } = claimsToJson(claims);
  return {
    key,
    claims: { ...own, ...(prf === undefined ? {} : { prf: '…' }) },
    expires: new Date(claims.exp * 1000).toISOString(),
    parents: parentsOf(claims),
    refused: await refusal(token, options),
  };
}

async function refusal(token: string, options: VerifyOptions): Promise<string | null> {
  try {
    await verifyToken(token, options);
    return null;
  } catch (error) {
    if (isBitError(error, 'auth')) return error.message;
    throw error;
  }
}

function parentsOf(claims: Claims): readonly string[] {
  const ids: string[] = [];
  for (let { prf } = claims; prf !== undefined; ) {
    const parent = decodeToken(prf).claims;
    ids.push(parent.jti);
    prf = parent.prf;
  }
  return ids;
}

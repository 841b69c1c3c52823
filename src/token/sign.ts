import type { Json } from '../kernel/json.ts';
import type { Signer } from '../keys/index.ts';
import { type Claims, claimsToJson, TOKEN_TYPE } from './claims.ts';

/** The compact form (RFC 7515) of the claims, signed by a key that is never handed out. */
export function signToken(claims: Claims, signer: Signer): string {
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'EdDSA', kid: signer.publicKey, typ: TOKEN_TYPE });
  const signed = `${head}.${part(claimsToJson(claims))}`;
  return `${signed}.${Buffer.from(signer.sign(Buffer.from(signed))).toString('base64url')}`;
}

import type { JsonObject } from '../kernel/json.ts';
import type { Signer } from '../keys/index.ts';

export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Signs a document as DSSE 1.0 has it: over its type and its bytes, each with its length. */
export function signEnvelope(payloadType: string, document: JsonObject, signer: Signer): Envelope {
  const payload = Buffer.from(JSON.stringify(document));
  const signature = signer.sign(preAuthentication(payloadType, payload));
  return {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: signer.publicKey, sig: Buffer.from(signature).toString('base64') }],
  };
}

/** PAE of the DSSE protocol. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

import { verifyEd25519 } from './ed25519.ts';
import { BitError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Signs with an Ed25519 key; `publicKey` as `ed25519:<hex>`. */
export interface EnvelopeSigner {
  readonly publicKey: string;
  sign(message: Uint8Array): Uint8Array;
}

export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Signs a document as DSSE 1.0 has it: over its type and its bytes, each with its length. */
export function signEnvelope(payloadType: string, document: JsonObject, signer: EnvelopeSigner): Envelope {
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

/**
 * The document of an envelope and who signed it; one signature, of an Ed25519 key that is its own name.
 *
 * @throws BitError `integrity` for what is none, is of another type, or whose signature does not hold
 */
export function openEnvelope(
  payloadType: string,
  text: string,
): { readonly document: JsonObject; readonly signer: string } {
  const refuse = (why: string): BitError => new BitError('integrity', `the envelope ${why}`);
  const envelope = parsed(text);
  if (!isJsonObject(envelope)) throw refuse('is no JSON');
  const { payload, signatures } = envelope;
  if (envelope['payloadType'] !== payloadType) throw refuse(`is not of type ${payloadType}`);
  const [signature, ...others] = Array.isArray(signatures) ? signatures : [];
  if (typeof payload !== 'string' || !isJsonObject(signature) || others.length > 0)
    throw refuse('has not a payload and one signature');
  const { keyid, sig } = signature;
  const bytes = Buffer.from(payload, 'base64');
  const signed = typeof keyid === 'string' && typeof sig === 'string' ? { keyid, sig } : undefined;
  if (
    signed === undefined ||
    !verifyEd25519(signed.keyid, preAuthentication(payloadType, bytes), Buffer.from(signed.sig, 'base64'))
  )
    throw refuse('is not signed by the key it names');
  const document = parsed(bytes.toString('utf8'));
  if (!isJsonObject(document)) throw refuse('holds no document');
  return { document, signer: signed.keyid };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { verifyEd25519, verifyEd25519Aside } from '../../kernel/ed25519.ts';
import { canonicalJson, type JsonObject } from '../../kernel/json.ts';
import type { Signer } from '../../keys/index.ts';
import type { MessageOf, PayloadOf } from '../protocol/index.ts';

type Signed<T> = T & { readonly signature: string };
type Unsigned<T> = Omit<T, 'signature'>;

/** Payloads that carry the signature of who made them, and the prefix that keeps one kind from passing as another. */
const PREFIX = {
  JOB_ASSIGN: 'bithub.mesh.job.assign.v1\n',
  JOB_RESULT: 'bithub.mesh.job.result.v1\n',
} as const;
export type SignedType = keyof typeof PREFIX;

function bytesOf(prefix: string, value: object): Uint8Array {
  const { signature: _, ...rest } = value as { readonly signature?: string };
  return Buffer.from(prefix + canonicalJson(rest as JsonObject));
}

function sign<T extends object>(prefix: string, value: T, signer: Signer): Signed<T> {
  return { ...value, signature: Buffer.from(signer.sign(bytesOf(prefix, value))).toString('base64url') };
}

function holds(prefix: string, value: { readonly signature: string }, publicKey: string): boolean {
  return verifyEd25519(publicKey, bytesOf(prefix, value), Buffer.from(value.signature, 'base64url'));
}

/** The payload with its signature: of the controller for JOB_ASSIGN, of the runner for JOB_RESULT. */
export function signPayload<T extends SignedType>(
  type: T,
  payload: Unsigned<PayloadOf<T>>,
  signer: Signer,
): PayloadOf<T> {
  return sign(PREFIX[type], payload, signer) as unknown as PayloadOf<T>;
}

/** Whether the payload's signature is this key's. */
export function verifyPayload<T extends SignedType>(
  type: T,
  payload: PayloadOf<T>,
  publicKey: string,
): boolean {
  return holds(PREFIX[type], payload, publicKey);
}

/** {@link verifyPayload} beside everything else: it is the dearest thing that a controller does for a job. */
export function verifyPayloadAside<T extends SignedType>(
  type: T,
  payload: PayloadOf<T>,
  publicKey: string,
): Promise<boolean> {
  const { signature } = payload as { readonly signature: string };
  return verifyEd25519Aside(publicKey, bytesOf(PREFIX[type], payload), Buffer.from(signature, 'base64url'));
}

/** That a lease is over: who held it signs that beforehand, for whoever sees its end. */
export interface Release {
  readonly runner_id: string;
  readonly job_id: string;
  readonly fence: number;
  readonly signature: string;
}

const RELEASE = 'bithub.mesh.lease.release.v1\n';

export function signRelease(release: Unsigned<Release>, signer: Signer): Release {
  return sign(RELEASE, release, signer);
}

/** Whether who held the lease gives it back. */
export function verifyRelease(release: Release, publicKey: string): boolean {
  return holds(RELEASE, release, publicKey);
}

const HELLO = 'bithub.mesh.hello.v1\n';

export function signHello(hello: Unsigned<MessageOf<'HELLO'>>, signer: Signer): MessageOf<'HELLO'> {
  return sign(HELLO, hello, signer) as MessageOf<'HELLO'>;
}

/** Whether who says HELLO holds the key that it names. */
export function verifyHello(hello: MessageOf<'HELLO'>): boolean {
  return holds(HELLO, hello, hello.public_key);
}

const acknowledges = (nonce: string): string => `bithub.mesh.hello_ack.v1\n${nonce}\n`;

export function signHelloAck(
  ack: Unsigned<MessageOf<'HELLO_ACK'>>,
  nonce: string,
  signer: Signer,
): MessageOf<'HELLO_ACK'> {
  return sign(acknowledges(nonce), ack, signer) as MessageOf<'HELLO_ACK'>;
}

export function verifyHelloAck(ack: MessageOf<'HELLO_ACK'>, nonce: string, publicKey: string): boolean {
  return holds(acknowledges(nonce), ack, publicKey);
}

import { type AgentOptions, globalAgent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3Client } from '@aws-sdk/client-s3';
import { BitError } from '../../kernel/errors.ts';
import { notThere } from '../measure.ts';

export interface S3Options {
  /** The one bucket that URIs may name; any where it is not told. */
  readonly bucket?: string;
  readonly region: string;
  /** Of a server that is not Amazon's: then buckets stand in the path. */
  readonly endpoint?: string;
  /** Default: as the SDK finds them (environment, profile, role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The SDK, loaded when the first URI of it is used. */
export type Sdk = typeof import('@aws-sdk/client-s3');

export interface S3 {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

export async function connect({ region, endpoint, credentials }: S3Options): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    maxAttempts: 5,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    ...throughProxy(),
    // the whole has its SHA-256 beside it; servers other than Amazon's refuse these
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { sdk, client };
}

/** Most connections at a time, as the SDK's own agents have it. */
const MOST_SOCKETS = 50;

/** The SDK's own agents know no proxy: where this process was started to use those of its environment, others take their place. */
function throughProxy() {
  // its options are documented for agents one makes, and the global one has them too
  const { proxyEnv } = (globalAgent as { readonly options?: AgentOptions }).options ?? {};
  if (proxyEnv === undefined) return {};
  const options = { keepAlive: true, maxSockets: MOST_SOCKETS, proxyEnv };
  return { requestHandler: { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) } };
}

const AUTH = new Set([
  'AccessDenied',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]);

/** What the SDK threw, as what it means for this URI. */
export function s3Failure(error: unknown, uri: string): unknown {
  if (error instanceof BitError || !(error instanceof Error)) return error;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (error.name === 'NoSuchKey' || error.name === 'NotFound') return notThere(uri);
  if (error.name === 'NoSuchBucket')
    return new BitError('not-found', `${uri}: there is no such bucket`, { details: { uri } });
  if (AUTH.has(error.name) || status === 401 || status === 403) {
    return new BitError('auth', `${uri}: the storage refused us (${error.name})`, {
      cause: error,
      hint: 'are the credentials those of this bucket? AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE',
      details: { uri },
    });
  }
  return new BitError('remote', `${uri}: ${error.name}: ${error.message}`, {
    cause: error,
    details: { uri, ...(status === undefined ? {} : { status }) },
  });
}

/** Bytes of a part: at most ten thousand of them, each of five megabytes at least. */
export function partBytes(size: number | undefined): number {
  const least = 8 * 1024 * 1024;
  return Math.max(least, Math.ceil((size ?? 0) / 9000));
}

/** Where uploads gather before they are whole. */
export const STAGING = '.bit-uploads';

import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BitError } from '../../kernel/errors.ts';
import type { Reader } from '../../operation/index.ts';
import { parseUri, Storage, type StreamingDriver } from '../../storage/index.ts';
import { MOST_PACKAGE } from './parcel.ts';

/** Whether a word is a URI of a storage, rather than a path. */
export function isUri(word: string): boolean {
  return /^(?:aln\+ns|aln\+s3):\/\//.test(word);
}

/** `aln+ns://` is this repository's own store, `aln+s3://` a bucket by the SDK's usual settings. */
async function withDriver<Out>(
  { env, stateDirectory }: Reader,
  uri: string,
  use: (driver: StreamingDriver) => Promise<Out>,
): Promise<Out> {
  parseUri(uri);
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  const storage = new Storage({
    ns: { roots: [join(stateDirectory, 'storage')] },
    s3: {
      region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } }),
    },
  });
  try {
    return await use(await storage.driverFor(uri));
  } finally {
    await storage.close();
  }
}

export async function putPackage(reader: Reader, uri: string, bytes: Uint8Array): Promise<string> {
  const { signal } = reader;
  return withDriver(reader, uri, async (driver) => {
    const stored = await driver.put(uri, Readable.from([bytes]), { size: bytes.length, signal });
    return stored.uri;
  });
}

export async function fetchPackage(reader: Reader, uri: string): Promise<Buffer> {
  return withDriver(reader, uri, async (driver) => {
    const { size } = await driver.stat(uri);
    if (size > MOST_PACKAGE) throw new BitError('usage', `${uri} is larger than ${MOST_PACKAGE} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of await driver.open(uri)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  });
}

import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BitError } from '../../kernel/errors.ts';
import type { Reader } from '../../operation/index.ts';
import { pluginStorage } from '../../plugins/index.ts';
import { parseUri, Storage, type StreamingDriver } from '../../storage/index.ts';
import { MOST_PACKAGE } from './parcel.ts';

/** Whether a word is a URI of a storage that finds by name, rather than a path. */
export function isUri(word: string): boolean {
  return /^(?!(?:file|https?|ipfs):)[a-z][a-z0-9+.-]{1,31}:\/\//.test(word);
}

/** @throws BitError `usage` for a URI of no scheme there is */
export async function checkUri(reader: Reader, uri: string): Promise<void> {
  parseUri(uri, (await pluginStorage(reader)).schemes);
}

/**
 * `aln+ns://` is this repository's own store, `aln+s3://` a bucket by the SDK's usual settings; other schemes are those
 * of plugins.
 */
async function withDriver<Out>(
  reader: Reader,
  uri: string,
  use: (driver: StreamingDriver) => Promise<Out>,
): Promise<Out> {
  const { env, stateDirectory } = reader;
  const others = await pluginStorage(reader);
  parseUri(uri, others.schemes);
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  const storage = new Storage({
    ns: { roots: [join(stateDirectory, 'storage')] },
    others,
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

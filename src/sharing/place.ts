import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { pluginStorage } from '../plugins/index.ts';
import { type OtherDrivers, parseUri, Storage, type StreamingDriver } from '../storage/index.ts';

/** A place several repositories reach: a folder of this machine, this user's content store, a bucket, or a plugin's. */
export class SharedPlace {
  readonly #driver: StreamingDriver;
  readonly #base: string;
  readonly #storage: Storage;

  private constructor(storage: Storage, driver: StreamingDriver, base: string) {
    this.#storage = storage;
    this.#driver = driver;
    this.#base = base;
  }

  /** @throws BitError `usage` for a URI nothing can be kept at by name */
  static async open(reader: Reader, uri: string): Promise<SharedPlace> {
    const base = uri.replace(/\/+$/, '');
    const others = await pluginStorage(reader);
    const { scheme } = parseUri(base, others.schemes);
    if (scheme === 'ipfs')
      throw new BitError('usage', 'what planners share has to be found by name, and IPFS knows none', {
        hint: 'file:///folder, aln+ns://shared/name or aln+s3://bucket/name',
      });
    const storage = storageFor(reader, { base, scheme, others });
    return new SharedPlace(storage, await storage.driverFor(`${base}/wants`), base);
  }

  close(): Promise<void> {
    return this.#storage.close();
  }

  /** Names of documents of a kind, at most so many. */
  async names(kind: 'wants' | 'offers', most: number): Promise<readonly string[]> {
    const prefix = `${this.#base}/${kind}/`;
    const found = await this.#driver.list(prefix);
    return found
      .map((uri) => uri.slice(prefix.length))
      .filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
      .slice(0, most);
  }

  /** Undefined where there is none. @throws BitError `integrity` for more than `most` bytes */
  async read(path: string, most: number): Promise<Buffer | undefined> {
    const uri = `${this.#base}/${path}`;
    try {
      const { size } = await this.#driver.stat(uri);
      if (size > most) throw tooLarge(path, most);
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of await this.#driver.open(uri)) {
        length += (chunk as Buffer).length;
        if (length > most) throw tooLarge(path, most);
        chunks.push(chunk as Buffer);
      }
      return Buffer.concat(chunks);
    } catch (error) {
      if (isBitError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  /** The object of that digest, compared with it. */
  async object(sha256: string, most: number): Promise<Buffer> {
    const bytes = await this.read(`objects/${sha256}`, most);
    if (bytes === undefined) throw new BitError('not-found', `${sha256.slice(0, 12)} is not there`);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw new BitError('integrity', `${sha256.slice(0, 12)} holds other bytes`);
    return bytes;
  }

  /** @returns bytes that were put; 0 where it was there */
  async putObject(sha256: string, bytes: Buffer, signal: AbortSignal): Promise<number> {
    const uri = `${this.#base}/objects/${sha256}`;
    try {
      if ((await this.#driver.stat(uri)).size === bytes.length) return 0;
    } catch (error) {
      if (!isBitError(error, 'not-found')) throw error;
    }
    await this.#driver.put(uri, Readable.from([bytes]), { sha256, size: bytes.length, signal });
    return bytes.length;
  }

  async putDocument(kind: 'wants' | 'offers', participant: string, text: string): Promise<string> {
    const uri = `${this.#base}/${kind}/${participant}.json`;
    await this.#driver.write(uri, Buffer.from(text));
    return uri;
  }
}

function tooLarge(path: string, most: number): BitError {
  return new BitError('integrity', `${path} is larger than ${most} bytes`);
}

function storageFor(
  reader: Reader,
  { base, scheme, others }: { readonly base: string; readonly scheme: string; readonly others: OtherDrivers },
): Storage {
  const { env } = reader;
  if (others.schemes.includes(scheme)) return new Storage({ others });
  if (scheme === 'file') {
    const root = fileURLToPath(base);
    if (!existsSync(root))
      throw new BitError('not-found', `${base} is not there`, { hint: 'make the folder first' });
    return new Storage({ file: { root } });
  }
  if (scheme === 'aln+ns') {
    return new Storage({ ns: { roots: [join(reader.userDirectory, 'shared')] } });
  }
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  return new Storage({
    s3: {
      region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } }),
    },
  });
}

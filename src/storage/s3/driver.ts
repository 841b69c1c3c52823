import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type {
  Expected,
  PutOptions,
  Range,
  StorageFacts,
  Stored,
  StreamingDriver,
  Upload,
} from '../driver.ts';
import { checkExpected, chunksOf, compare, damaged, Measure, notThere } from '../measure.ts';
import { parsePrefix, parseUri } from '../uri.ts';
import { connect, partBytes, type S3, type S3Options, STAGING, s3Failure } from './client.ts';
import { S3Upload } from './upload.ts';

interface Place {
  readonly uri: string;
  readonly bucket: string;
  readonly key: string;
}

/** What a bucket keeps beside an object, bytes. */
const MOST_META = 1500;

/**
 * `aln+s3://<bucket>/<key>`: Amazon's S3 and what speaks like it. The digest of the whole stands beside it; a read of
 * the whole is compared with it at its end, a part can't be.
 */
export class S3Driver implements StreamingDriver {
  readonly #options: S3Options;
  #s3: Promise<S3> | undefined;

  constructor(options: S3Options) {
    this.#options = options;
  }

  scheme(): string {
    return 'aln+s3';
  }

  async read(uri: string): Promise<Uint8Array> {
    return buffer(await this.open(uri));
  }

  async write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    const size = bytes.length;
    await this.put(uri, Readable.from([bytes]), { size, ...(meta === undefined ? {} : { meta }) });
  }

  async stat(uri: string): Promise<StorageFacts> {
    const { bucket: Bucket, key: Key } = this.#place(uri);
    const { sdk, client } = await this.#connected();
    try {
      const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }));
      const { sha256, chunks, meta } = head.Metadata ?? {};
      return {
        size: head.ContentLength ?? 0,
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(chunks === undefined ? {} : { chunks: Number(chunks) }),
        ...(meta === undefined ? {} : { meta: readMeta(uri, meta) }),
      };
    } catch (error) {
      throw s3Failure(error, uri);
    }
  }

  async list(prefix: string): Promise<string[]> {
    const { scheme, place, segments } = parsePrefix(prefix);
    if (scheme !== 'aln+s3' || place === '') throw foreign(prefix);
    this.#allow(place, prefix);
    const { sdk, client } = await this.#connected();
    const found: string[] = [];
    try {
      for (let token: string | undefined; ; ) {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: place,
            Prefix: segments.join('/'),
            ContinuationToken: token,
          }),
        );
        for (const { Key } of page.Contents ?? [])
          if (Key !== undefined && !Key.startsWith(`${STAGING}/`)) found.push(`aln+s3://${place}/${Key}`);
        token = page.NextContinuationToken;
        if (token === undefined) return found.sort();
      }
    } catch (error) {
      throw s3Failure(error, prefix);
    }
  }

  async open(uri: string, { offset = 0, length }: Range = {}): Promise<Readable> {
    const { bucket: Bucket, key: Key } = this.#place(uri);
    const { size, sha256 } = await this.stat(uri);
    if (length === 0 || offset >= size) return Readable.from([]);
    const whole = offset === 0 && (length === undefined || length >= size);
    const { sdk, client } = await this.#connected();
    const end = length === undefined ? '' : String(offset + length - 1);
    try {
      const got = await client.send(
        new sdk.GetObjectCommand({ Bucket, Key, ...(whole ? {} : { Range: `bytes=${offset}-${end}` }) }),
      );
      if (got.Body === undefined) throw notThere(uri);
      const body = got.Body as Readable;
      return whole && sha256 !== undefined ? Readable.from(checked(uri, sha256, body), BYTES) : body;
    } catch (error) {
      throw s3Failure(error, uri);
    }
  }

  async put(uri: string, from: Readable, options: PutOptions = {}): Promise<Stored> {
    const place = this.#place(uri);
    const s3 = await this.#connected();
    const most = partBytes(options.size);
    const measure = new Measure();
    const chunks = chunksOf(from, most)[Symbol.asyncIterator]();
    try {
      const { value: first = Buffer.alloc(0) } = await chunks.next();
      measure.add(first);
      const second = first.length < most ? undefined : (await chunks.next()).value;
      if (second === undefined) return await this.#putOne(s3, place, first, measure, options);
      return await this.#putParts(s3, place, [first, second], chunks, measure, options);
    } catch (error) {
      throw s3Failure(error, uri);
    }
  }

  async #putOne(s3: S3, place: Place, Body: Buffer, measure: Measure, options: PutOptions): Promise<Stored> {
    const { sdk, client } = s3;
    const { uri, bucket: Bucket, key: Key } = place;
    const got = { sha256: measure.sha256(), size: measure.size };
    compare(uri, got, options);
    const Metadata = metadataOf(uri, got.sha256, 1, options);
    await client.send(
      new sdk.PutObjectCommand({ Bucket, Key, Body, Metadata }),
      options.signal === undefined ? {} : { abortSignal: options.signal },
    );
    return { uri, ...got, chunks: 1 };
  }

  /** In parts, two of them on their way at once; visible when the whole was compared. */
  async #putParts(
    s3: S3,
    place: Place,
    begun: readonly [Buffer, Buffer],
    rest: AsyncIterator<Buffer>,
    measure: Measure,
    options: PutOptions,
  ): Promise<Stored> {
    const { sdk, client } = s3;
    const { uri, bucket: Bucket, key: Key } = place;
    const at = { Bucket, Key };
    // a digest that is told goes beside it at once; one that only the end tells, by a copy onto itself
    const told = options.sha256 === undefined ? undefined : metadataOf(uri, options.sha256, 0, options);
    const { UploadId } = await client.send(
      new sdk.CreateMultipartUploadCommand({ ...at, ...(told === undefined ? {} : { Metadata: told }) }),
    );
    try {
      const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
      const send = async (Body: Buffer): Promise<void> => {
        options.signal?.throwIfAborted();
        const PartNumber = parts.length + 1;
        const { ETag } = await client.send(new sdk.UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
        parts.push({ PartNumber, ETag });
      };
      await send(begun[0]);
      for (let next: Buffer | undefined = begun[1]; next !== undefined; ) {
        measure.add(next);
        await send(next);
        const { value, done } = await rest.next();
        next = done === true ? undefined : value;
      }
      const got = { sha256: measure.sha256(), size: measure.size };
      compare(uri, got, options);
      const MultipartUpload = { Parts: parts };
      await client.send(new sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
      if (told === undefined) {
        const Metadata = metadataOf(uri, got.sha256, parts.length, options);
        const how = {
          CopySource: encodeURI(`${Bucket}/${Key}`),
          Metadata,
          MetadataDirective: 'REPLACE',
        } as const;
        await client.send(new sdk.CopyObjectCommand({ ...at, ...how }));
      }
      return { uri, ...got, chunks: parts.length };
    } catch (error) {
      await client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId })).catch(() => undefined);
      throw error;
    }
  }

  async upload(uri: string, expected: Expected): Promise<Upload> {
    checkExpected(uri, expected);
    const { bucket, key } = this.#place(uri);
    return S3Upload.begin(await this.#connected(), { uri, bucket, key, expected });
  }

  async remove(uri: string): Promise<boolean> {
    const { bucket: Bucket, key: Key } = this.#place(uri);
    const { sdk, client } = await this.#connected();
    try {
      await client.send(new sdk.HeadObjectCommand({ Bucket, Key }));
      await client.send(new sdk.DeleteObjectCommand({ Bucket, Key }));
      return true;
    } catch (error) {
      const failure = s3Failure(error, uri);
      if (failure instanceof BitError && failure.code === 'not-found') return false;
      throw failure;
    }
  }

  async close(): Promise<void> {
    if (this.#s3 !== undefined) (await this.#s3).client.destroy();
    this.#s3 = undefined;
  }

  #connected(): Promise<S3> {
    this.#s3 ??= connect(this.#options);
    return this.#s3;
  }

  #place(uri: string): Place {
    const { scheme, place, segments } = parseUri(uri);
    if (scheme !== 'aln+s3' || segments[0] === STAGING) throw foreign(uri);
    this.#allow(place, uri);
    return { uri, bucket: place, key: segments.join('/') };
  }

  #allow(bucket: string, uri: string): void {
    const { bucket: only } = this.#options;
    if (only === undefined || only === bucket) return;
    throw new BitError('usage', `${uri}: the bucket here is ${only}`, { details: { uri, bucket: only } });
  }
}

const BYTES = { objectMode: false } as const;

async function* checked(uri: string, sha256: string, body: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const measure = new Measure();
  for await (const piece of body) {
    measure.add(piece as Buffer);
    yield piece as Buffer;
  }
  if (measure.sha256() !== sha256) throw damaged(uri, 'it holds other bytes');
}

function metadataOf(
  uri: string,
  sha256: string,
  chunks: number,
  { meta }: PutOptions,
): Record<string, string> {
  const beside = { sha256, ...(chunks === 0 ? {} : { chunks: String(chunks) }) };
  if (meta === undefined || Object.keys(meta).length === 0) return beside;
  const text = encodeURIComponent(JSON.stringify(meta));
  if (text.length > MOST_META)
    throw new BitError('usage', `${uri}: what goes with it is more than ${MOST_META} bytes`);
  return { ...beside, meta: text };
}

function readMeta(uri: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(text));
    if (isJsonObject(value)) return { ...value };
  } catch {
    // told below
  }
  throw damaged(uri, 'what stands beside it is no JSON');
}

function foreign(uri: string): BitError {
  return new BitError('usage', `${uri} is none of aln+s3://`, { details: { uri } });
}

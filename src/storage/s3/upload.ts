import type { Readable } from 'node:stream';
import { sha256 as digest } from '../../kernel/digest.ts';
import { BitError } from '../../kernel/errors.ts';
import type { Expected, Stored, Upload } from '../driver.ts';
import { chunksOf, compare, Measure } from '../measure.ts';
import { partBytes, type S3, STAGING, s3Failure } from './client.ts';

export interface UploadTarget {
  readonly uri: string;
  readonly bucket: string;
  readonly key: string;
  readonly expected: Expected;
}

interface Part {
  readonly PartNumber: number;
  readonly ETag: string;
}

/** What one request copies at most, bytes. */
const MOST_COPIED = 5 * 1024 * 1024 * 1024;

/**
 * A multipart upload that any process can go on with: it gathers under a key made of URI, digest and size, and is
 * copied to its own when the whole was compared.
 */
export class S3Upload implements Upload {
  readonly #s3: S3;
  readonly #to: UploadTarget;
  readonly #staging: string;
  readonly #measure = new Measure();
  #id: string | undefined;
  #parts: Part[] = [];
  #offset = 0;
  /** All of it passed through here. */
  #whole = true;
  #gathered = false;

  private constructor(s3: S3, to: UploadTarget) {
    this.#s3 = s3;
    this.#to = to;
    const { uri, expected } = to;
    this.#staging = `${STAGING}/${digest(`${uri}\n${expected.sha256}\n${expected.size}`).toString('hex')}`;
  }

  static async begin(s3: S3, to: UploadTarget): Promise<S3Upload> {
    const upload = new S3Upload(s3, to);
    try {
      await upload.#resume();
    } catch (error) {
      throw s3Failure(error, to.uri);
    }
    return upload;
  }

  get offset(): number {
    return this.#offset;
  }

  async #resume(): Promise<void> {
    const { client, sdk } = this.#s3;
    const { bucket: Bucket, expected } = this.#to;
    const Key = this.#staging;
    const gathered = await client.send(new sdk.HeadObjectCommand({ Bucket, Key })).catch((error: unknown) => {
      if (error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey'))
        return undefined;
      throw error;
    });
    if (gathered?.ContentLength === expected.size) {
      this.#gathered = true;
      this.#offset = expected.size;
      this.#whole = false;
      return;
    }
    const open = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
    this.#id = open.Uploads?.find((upload) => upload.Key === Key)?.UploadId;
    if (this.#id === undefined) {
      const begun = await client.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key }));
      this.#id = begun.UploadId;
      return;
    }
    for (let marker: string | undefined; ; ) {
      const page = await client.send(
        new sdk.ListPartsCommand({ Bucket, Key, UploadId: this.#id, PartNumberMarker: marker }),
      );
      for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
        // a part that was lost before a later one came: from there on again
        if (PartNumber !== this.#parts.length + 1 || ETag === undefined || Size === undefined) return;
        this.#parts.push({ PartNumber, ETag });
        this.#offset += Size;
        this.#whole = false;
      }
      marker = page.NextPartNumberMarker;
      if (page.IsTruncated !== true || marker === undefined) return;
    }
  }

  async append(from: Readable): Promise<void> {
    const { client, sdk } = this.#s3;
    const { uri, bucket: Bucket, expected } = this.#to;
    const most = partBytes(expected.size);
    for await (const Body of chunksOf(from, most)) {
      const end = this.#offset + Body.length;
      if (end > expected.size)
        throw new BitError('integrity', `${uri}: more than the ${expected.size} bytes announced came`);
      // only the last part may be a short one: this one comes again with what is missing of it
      if (Body.length < most && end < expected.size) return;
      const PartNumber = this.#parts.length + 1;
      try {
        const { ETag } = await client.send(
          new sdk.UploadPartCommand({ Bucket, Key: this.#staging, UploadId: this.#id, PartNumber, Body }),
        );
        this.#parts.push({ PartNumber, ETag: ETag ?? '' });
      } catch (error) {
        throw s3Failure(error, uri);
      }
      this.#measure.add(Body);
      this.#offset = end;
    }
  }

  async commit(): Promise<Stored> {
    const { uri, expected } = this.#to;
    if (this.#offset < expected.size) {
      const missing = expected.size - this.#offset;
      throw new BitError('integrity', `${uri}: ${missing} bytes of it have not come yet`, {
        details: { uri, offset: this.#offset },
      });
    }
    try {
      if (!this.#gathered) await this.#gather();
      try {
        compare(uri, { sha256: await this.#digest(), size: this.#offset }, expected);
      } catch (error) {
        await this.drop();
        throw error;
      }
      const chunks = Math.max(1, Math.ceil(expected.size / partBytes(expected.size)));
      await this.#place(chunks);
      await this.drop();
      return { uri, ...expected, chunks };
    } catch (error) {
      throw s3Failure(error, uri);
    }
  }

  async #gather(): Promise<void> {
    const { client, sdk } = this.#s3;
    const { bucket: Bucket, expected } = this.#to;
    const at = { Bucket, Key: this.#staging };
    if (expected.size === 0) await client.send(new sdk.PutObjectCommand({ ...at, Body: '' }));
    else {
      const MultipartUpload = { Parts: this.#parts };
      await client.send(
        new sdk.CompleteMultipartUploadCommand({ ...at, UploadId: this.#id, MultipartUpload }),
      );
    }
    this.#gathered = true;
  }

  async #digest(): Promise<string> {
    if (this.#whole) return this.#measure.sha256();
    const { client, sdk } = this.#s3;
    const { Body } = await client.send(
      new sdk.GetObjectCommand({ Bucket: this.#to.bucket, Key: this.#staging }),
    );
    const measure = new Measure();
    for await (const piece of Body as Readable) measure.add(piece as Buffer);
    return measure.sha256();
  }

  /** To its own key, with what is known of it. */
  async #place(chunks: number): Promise<void> {
    const { client, sdk } = this.#s3;
    const { bucket: Bucket, key: Key, expected } = this.#to;
    const CopySource = `${Bucket}/${this.#staging}`;
    const Metadata = { sha256: expected.sha256, chunks: String(chunks) };
    if (expected.size <= MOST_COPIED) {
      const how = { CopySource, Metadata, MetadataDirective: 'REPLACE' } as const;
      await client.send(new sdk.CopyObjectCommand({ Bucket, Key, ...how }));
      return;
    }
    const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key, Metadata }));
    const parts: Part[] = [];
    for (let at = 0; at < expected.size; at += MOST_COPIED) {
      const CopySourceRange = `bytes=${at}-${Math.min(expected.size, at + MOST_COPIED) - 1}`;
      const PartNumber = parts.length + 1;
      const copied = await client.send(
        new sdk.UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, CopySource, CopySourceRange }),
      );
      parts.push({ PartNumber, ETag: copied.CopyPartResult?.ETag ?? '' });
    }
    const MultipartUpload = { Parts: parts };
    await client.send(new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  }

  async leave(): Promise<void> {}

  async drop(): Promise<void> {
    const { client, sdk } = this.#s3;
    const at = { Bucket: this.#to.bucket, Key: this.#staging };
    try {
      if (this.#gathered) await client.send(new sdk.DeleteObjectCommand(at));
      else if (this.#id !== undefined)
        await client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId: this.#id }));
    } catch (error) {
      throw s3Failure(error, this.#to.uri);
    }
  }
}

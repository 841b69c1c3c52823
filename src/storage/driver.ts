import type { Readable } from 'node:stream';

/**
 * Where artifacts are kept, by URI. The five methods are the protocol's own (`.bit/sdk/types.ts`): whoever writes a
 * driver needs no more. Every one of them throws BitError: `usage` for a URI that is none of this driver's,
 * `not-found`, `integrity` where what is kept is not what was put, `remote` or `io` where the place fails.
 */
export interface StorageDriver {
  /** `aln+ns`, `aln+s3`, `ipfs`, `file`. */
  scheme(): string;
  read(uri: string): Promise<Uint8Array>;
  write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void>;
  stat(uri: string): Promise<{ size: number; sha256?: string }>;
  /** URIs that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
}

/**
 * A driver that bit brings: whatever the size, a few chunks are in memory at once, and what was put is visible whole
 * or not at all.
 */
export interface StreamingDriver extends StorageDriver {
  stat(uri: string): Promise<StorageFacts>;
  /**
   * The bytes from `offset` on. They are compared with their digests on the way: the stream fails with `integrity`
   * before it hands on a chunk that is wrong.
   */
  open(uri: string, range?: Range): Promise<Readable>;
  /** Resolves when it is kept. Where digest or size are told and differ, nothing is. */
  put(uri: string, from: Readable, options?: PutOptions): Promise<Stored>;
  /** Goes on with the upload of the same URI, digest and size that was broken off, or begins one. */
  upload(uri: string, expected: Expected): Promise<Upload>;
  /** True where there was something. */
  remove(uri: string): Promise<boolean>;
  /** Lets go of what it holds open. */
  close(): Promise<void>;
}

export interface Range {
  readonly offset?: number;
  readonly length?: number;
}

export interface Expected {
  /** Of the whole, lowercase hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

export interface PutOptions {
  readonly sha256?: string;
  readonly size?: number;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

export interface StorageFacts {
  size: number;
  sha256?: string;
  chunks?: number;
  meta?: Record<string, unknown>;
}

/** What an ARTIFACT_COMMIT entry says of it. */
export interface Stored {
  /** As it is found again: of `ipfs://`, with its CID. */
  readonly uri: string;
  readonly sha256: string;
  readonly size: number;
  readonly chunks: number;
}

/** One at a time of the same URI, digest and size; a killed process loses no chunk that was kept. */
export interface Upload {
  /** Bytes kept already: what comes next begins here. */
  readonly offset: number;
  /**
   * Takes what comes, from `offset` on, and keeps whole chunks as they fill. When the stream breaks off what was kept
   * stays; the error is thrown.
   */
  append(from: Readable): Promise<void>;
  /** @throws BitError `integrity` where it is not what was announced: then all of it is dropped */
  commit(): Promise<Stored>;
  /** Stops for now; what was kept stays. */
  leave(): Promise<void>;
  /** Drops what was kept. */
  drop(): Promise<void>;
}

/**
 * Storage: artifacts by URI. `aln+ns://<root>/<path>` is this machine's disk (by digest, in chunks, tamper-evident),
 * `aln+s3://<bucket>/<key>` a bucket, `ipfs://<CID>` content by its digest among nodes, `file://` a folder for development. Every driver speaks the protocol's
 * {@link StorageDriver} and streams beside it, those of plugins by {@link streamed}; {@link Storage} picks the driver for a
 * URI.
 */

export { type ArtifactCommit, artifactCommit } from './commit.ts';
export type {
  Expected,
  PutOptions,
  Range,
  StorageDriver,
  StorageFacts,
  Stored,
  StreamingDriver,
  Upload,
} from './driver.ts';
export { FileDriver, type FileOptions } from './file/driver.ts';
export type { IpfsOptions } from './ipfs/driver.ts';
export { HELIA_PACKAGES } from './ipfs/helia.ts';
export { NsDriver, type NsOptions } from './ns/driver.ts';
export type { S3Options } from './s3/client.ts';
export { type OtherDrivers, Storage, type StorageOptions } from './storage.ts';
export { parseUri, SCHEMES, type Scheme, type StorageUri, schemeFault } from './uri.ts';
export { MOST_WHOLE, streamed } from './whole.ts';

import { BitError } from '../kernel/errors.ts';
import type { StreamingDriver } from './driver.ts';
import { FileDriver, type FileOptions } from './file/driver.ts';
import type { IpfsOptions } from './ipfs/driver.ts';
import { NsDriver, type NsOptions } from './ns/driver.ts';
import type { S3Options } from './s3/client.ts';
import { parsePrefix } from './uri.ts';

/** What there is to keep artifacts in, as a manifest or the program says. */
export interface StorageOptions {
  readonly ns?: NsOptions;
  readonly s3?: S3Options;
  readonly ipfs?: IpfsOptions;
  /** For development only. */
  readonly file?: FileOptions;
  readonly others?: OtherDrivers;
}

/** Drivers that are not bit's own, each for a scheme of its own. */
export interface OtherDrivers {
  /** `kv`, without `://`. */
  readonly schemes: readonly string[];
  open(scheme: string): Promise<StreamingDriver>;
}

/** The drivers there are, by the scheme of a URI; each is made, and what it needs loaded, when first asked for. */
export class Storage {
  readonly #options: StorageOptions;
  readonly #drivers = new Map<string, Promise<StreamingDriver>>();

  constructor(options: StorageOptions) {
    this.#options = options;
  }

  /** Schemes as a HELLO names them: `aln+ns://`. */
  schemes(): readonly string[] {
    const { ns, s3, ipfs, file, others } = this.#options;
    return [
      ...(ns === undefined ? [] : ['aln+ns://']),
      ...(s3 === undefined ? [] : ['aln+s3://']),
      ...(ipfs === undefined ? [] : ['ipfs://']),
      ...(file === undefined ? [] : ['file://']),
      ...(others?.schemes ?? []).map((scheme) => `${scheme}://`),
    ];
  }

  /** @throws BitError `usage` for a URI that is none, `unsupported` where there is no driver for it here */
  async driverFor(uri: string): Promise<StreamingDriver> {
    const scheme = uri === 'ipfs://' ? 'ipfs' : parsePrefix(uri, this.#options.others?.schemes).scheme;
    let driver = this.#drivers.get(scheme);
    if (driver === undefined) {
      driver = this.#make(scheme, uri);
      this.#drivers.set(scheme, driver);
      // one that could not be made is tried again
      driver.catch(() => this.#drivers.delete(scheme));
    }
    return driver;
  }

  async close(): Promise<void> {
    const made = [...this.#drivers.values()];
    this.#drivers.clear();
    for (const driver of await Promise.allSettled(made))
      if (driver.status === 'fulfilled') await driver.value.close();
  }

  async #make(scheme: string, uri: string): Promise<StreamingDriver> {
    const { ns, s3, ipfs, file, others } = this.#options;
    if (scheme === 'aln+ns' && ns !== undefined) return new NsDriver(ns);
    if (scheme === 'file' && file !== undefined) return new FileDriver(file);
    if (scheme === 'aln+s3' && s3 !== undefined) return new (await import('./s3/driver.ts')).S3Driver(s3);
    if (scheme === 'ipfs' && ipfs !== undefined)
      return new (await import('./ipfs/driver.ts')).IpfsDriver(ipfs);
    if (others?.schemes.includes(scheme) === true) return others.open(scheme);
    throw new BitError('unsupported', `${uri}: there is no storage for ${scheme}:// here`, {
      hint: `what there is: ${this.schemes().join(', ') || 'none'}`,
      details: { uri },
    });
  }
}

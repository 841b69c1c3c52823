/** Artifacts in the object store, named by their SHA-256. */
import { BitError } from '../../kernel/errors.ts';
import type { MeshStore } from './index.ts';
import type { Nats } from './nats-connect.ts';

export type Blobs = NonNullable<MeshStore['blobs']>;

export async function openBlobs(
  { connection, jetstream }: Nats,
  { bucket, replicas }: { readonly bucket: string; readonly replicas: number },
): Promise<Blobs> {
  const { Objm } = await import('@nats-io/obj');
  const store = await new Objm(connection).create(`${bucket}_blobs`, {
    replicas,
    storage: jetstream.StorageType.File,
  });
  const has = async (sha256: string) => {
    const info = await store.info(sha256);
    return info !== null && !info.deleted;
  };
  return {
    has,
    put: async (sha256, bytes) => {
      if (await has(sha256)) return;
      // Under a name nobody asks for, until it is known to be what it says.
      const name = `coming.${sha256}.${process.hrtime.bigint()}`;
      const { digest } = await store.put({ name }, ReadableStream.from(bytes) as ReadableStream<Uint8Array>);
      const found = Buffer.from(digest.replace(/^SHA-256=/, ''), 'base64url').toString('hex');
      if (found !== sha256) {
        await store.delete(name);
        throw new BitError('integrity', `the bytes have the digest ${found}, not ${sha256}`);
      }
      await store.update(name, { name: sha256 });
    },
    get: async (sha256) => {
      const found = await store.get(sha256);
      return found === null ? undefined : (found.data as unknown as AsyncIterable<Uint8Array>);
    },
  };
}

import { join } from 'node:path';
import type { MeshStore } from '../store/index.ts';

export interface StoreChoice {
  readonly engine: 'embedded' | 'nats';
  readonly mesh: string;
  /** Servers of the cluster, for NATS; default the one on loopback. */
  readonly natsUrl: string | undefined;
  /** Of the controller; the embedded store lies in it. */
  readonly directory: string;
}

/** Opens where jobs are kept; what an engine needs is loaded with it. @throws BitError `io`, `remote` */
export async function openStore({ engine, mesh, natsUrl, directory }: StoreChoice): Promise<MeshStore> {
  if (engine === 'embedded') {
    const { openEmbeddedStore } = await import('../store/index.ts');
    return openEmbeddedStore({ directory: join(directory, 'store') });
  }
  const { openNatsStore } = await import('../store/nats.ts');
  return openNatsStore({ url: natsUrl ?? 'nats://127.0.0.1:4222', mesh });
}

import { join } from 'node:path';
import type { MeshStore } from '../store/index.ts';

export interface StoreChoice {
  readonly engine: 'embedded' | 'nats';
  readonly mesh: string;
  /** Servers of the cluster, for NATS; default the one on loopback. */
  readonly natsUrl?: string | undefined;
  /** Text of a NATS credentials file. */
  readonly natsCredentials?: string | undefined;
  /** Servers of the cluster that keep each change; default 1. */
  readonly natsReplicas?: number | undefined;
  /** Of the controller; the embedded store lies in it. */
  readonly directory: string;
}

/** Milliseconds the claim of one of several controllers holds; the lifecycle counts on the same. */
export const CLAIM_MS = 10_000;

/** Opens where jobs are kept; what an engine needs is loaded with it. @throws BitError `io`, `remote`, `busy` */
export async function openStore(choice: StoreChoice): Promise<MeshStore> {
  const { openEmbeddedStore, openNatsStore } = await import('../store/index.ts');
  const { engine, mesh, directory, natsUrl, natsCredentials, natsReplicas } = choice;
  if (engine === 'embedded') return openEmbeddedStore({ directory: join(directory, 'store') });
  return openNatsStore({
    ...{ url: natsUrl ?? 'nats://127.0.0.1:4222', mesh, claim_ms: CLAIM_MS },
    ...(natsCredentials === undefined ? {} : { credentials: natsCredentials }),
    ...(natsReplicas === undefined ? {} : { replicas: natsReplicas }),
  });
}

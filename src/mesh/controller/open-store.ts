import { join } from 'node:path';
import type { MeshStore } from '../store/index.ts';

export interface StoreChoice {
  readonly engine: 'embedded';
  /** Of the controller; the embedded store lies in it. */
  readonly directory: string;
}

/** Opens where jobs are kept; what an engine needs is loaded with it. @throws BitError `io`, `remote` */
export async function openStore({ directory }: StoreChoice): Promise<MeshStore> {
  const { openEmbeddedStore } = await import('../store/index.ts');
  return openEmbeddedStore({ directory: join(directory, 'store') });
}

import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { exportPublicKey } from '../../../src/kernel/ed25519.ts';
import type { Signer } from '../../../src/keys/index.ts';
import { type MeshClient, openMesh } from '../../../src/mesh/client/index.ts';

export function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = exportPublicKey(privateKey);
  return { publicKey, sign: (message) => sign(null, message, privateKey) };
}

/** The client commands have, with a key of its own; tried until somebody answers. */
export async function meshClient(address: string, signer: Signer, directory: string): Promise<MeshClient> {
  mkdirSync(directory, { recursive: true });
  const reader = {
    ...{ env: {}, stateDirectory: directory, userDirectory: directory, repository: undefined },
    signal: new AbortController().signal,
    keys: { existingSigner: async () => signer } as Parameters<typeof openMesh>[0]['keys'],
  };
  for (let tries = 1; ; tries++) {
    try {
      return await openMesh(reader, { controller: address });
    } catch (error) {
      if (tries >= 10) throw error;
    }
  }
}

/** Whom a build's signature is checked against. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';

/** Certificate authorities and logs. */
export interface TrustRoot {
  readonly known: () => TrustedRoot;
  /** What is in force today; asked only where something is signed by somebody unknown. */
  readonly refresh?: (signal: AbortSignal) => Promise<TrustedRoot>;
}

const MIRROR = 'https://tuf-repo-cdn.sigstore.dev';
const REQUEST_SECONDS = 10;
const SECONDS = 30;

/** Sigstore's public instance: as it was when the library was released, and by TUF what it is now. */
export function sigstoreRoot(cacheDirectory: string): TrustRoot {
  return {
    known() {
      const seeds: unknown = createRequire(import.meta.url)('@sigstore/tuf/seeds.json');
      const seed = isJsonObject(seeds) ? seeds[MIRROR] : undefined;
      const targets = isJsonObject(seed) ? seed['targets'] : undefined;
      const root = isJsonObject(targets) ? targets['trusted_root.json'] : undefined;
      if (typeof root !== 'string') throw new BitError('internal', 'no root of Sigstore came with this bit');
      return TrustedRoot.fromJSON(JSON.parse(Buffer.from(root, 'base64').toString('utf8')));
    },
    async refresh(signal) {
      const { getTrustedRoot } = await import('@sigstore/tuf');
      const asked = getTrustedRoot({
        mirrorURL: MIRROR,
        cachePath: join(cacheDirectory, 'sigstore'),
        // what it keeps is signed and says until when it holds; the root that signs it is the one that came with us
        forceCache: true,
        forceInit: true,
        retry: { retries: 0 },
        timeout: REQUEST_SECONDS * 1000,
      });
      return Promise.race([asked, ended(AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]))]);
    },
  };
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new BitError('remote', `${MIRROR} did not answer in time`));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

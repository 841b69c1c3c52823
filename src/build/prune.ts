import type { Effect, Reader } from '../operation/index.ts';
import { openCache, type Pruned, prune } from './cache.ts';
import { requireRoot } from './plan.ts';
import { keptLists } from './rollbacks.ts';
import { bytes, readBuildSettings } from './settings.ts';

/** Takes away what the cache holds beyond `most` (`500 MB`; default `build.cache.most`), the longest unused first. */
export async function pruneBuilds(
  reader: Reader,
  options: { readonly most: string | undefined },
): Promise<Effect<Pruned>> {
  const settings = readBuildSettings(requireRoot(reader));
  const most = options.most === undefined ? settings.most : bytes(options.most, '--most');
  const cache = openCache(reader.stateDirectory);
  const lists = keptLists(cache);
  const would = prune(cache, { most, lists, dry: true });
  return {
    summary: `prune the build cache to ${most} bytes`,
    target: { most },
    plan: [
      `forget ${would.entries} results and ${would.objects} files of them: ${would.freed} bytes`,
      `keep ${would.kept} bytes`,
    ],
    touches: { refs: [] },
    run: async () => prune(cache, { most, lists }),
    record: (out) => ({ ...out }),
  };
}

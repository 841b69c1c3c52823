import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { ENGINE_NAMES, type EngineName, probeEngine } from './probe.ts';
import { readImageSettings } from './settings.ts';
import { findTargets } from './targets.ts';

export interface EngineReport {
  readonly name: EngineName;
  readonly works: boolean;
  readonly version: string | null;
  /** Why it doesn't. */
  readonly lacks: string | null;
}

export interface ImageListing {
  readonly images: readonly {
    readonly service: string;
    readonly dockerfile: string;
    readonly context: string;
    readonly declared: boolean;
  }[];
  /** Empty unless asked for: finding out takes a second each. */
  readonly engines: readonly EngineReport[];
}

/** What would be built here, and by whom. */
export async function listImages(
  reader: Reader,
  options: { readonly engines: boolean },
): Promise<ImageListing> {
  const root = reader.repository?.root;
  if (root === undefined) throw new BitError('not-found', `${reader.cwd} is not inside a work tree`);
  const { services } = readImageSettings(root);
  const targets = await findTargets(reader, root, services);
  const engines: EngineReport[] = [];
  for (const name of options.engines ? ENGINE_NAMES : []) {
    const probed = await probeEngine(name, reader.env, { signal: reader.signal, onLine: () => undefined });
    engines.push({
      name,
      works: probed.engine !== undefined,
      version: probed.engine?.version ?? null,
      lacks: probed.lacks ?? null,
    });
  }
  return {
    images: targets.map(({ service, dockerfile, context, declared }) => ({
      service,
      dockerfile,
      context,
      declared: declared !== undefined,
    })),
    engines,
  };
}

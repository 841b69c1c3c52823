import type { Reader } from '../../operation/index.ts';
import { confinementFault } from '../../workflow/index.ts';
import { readMeshConfig, readRunnerManifest } from '../settings/index.ts';
import { runnerPlace } from './place.ts';
import { runnerRoot } from './start.ts';
import { type RunnerStatus, readStatus } from './status.ts';

/** A runner as it stands: what the repository says of it, and what the process says where one runs. */
export interface ShownRunner {
  readonly running: boolean;
  readonly status: RunnerStatus | null;
  readonly manifest: {
    readonly id: string;
    readonly persona: string;
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
    readonly maxConcurrentJobs: number;
  } | null;
  readonly mesh: {
    readonly name: string;
    readonly mdns: boolean;
    readonly seeds: readonly string[];
    readonly tls: string;
  };
  /** Why jobs have no sandbox here; null where they have one. */
  readonly noSandbox: string | null;
}

/** @throws BitError `usage` with what is wrong in the manifest or the mesh's configuration */
export async function showRunner(reader: Reader): Promise<ShownRunner> {
  const root = runnerRoot(reader);
  const manifest = readRunnerManifest(root);
  const { config } = readMeshConfig(root);
  const status = readStatus(runnerPlace(reader.stateDirectory)) ?? null;
  return {
    running: status !== null,
    status,
    manifest:
      manifest === undefined
        ? null
        : {
            id: manifest.id,
            persona: manifest.persona,
            capabilities: manifest.capabilities,
            maxConcurrentJobs: manifest.maxConcurrentJobs,
          },
    mesh: {
      name: config.name,
      mdns: config.discovery.mdns,
      seeds: config.discovery.seeds,
      tls: config.tls.required ? config.tls.mode : 'not required',
    },
    noSandbox: confinementFault() ?? null,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../kernel/packages.ts';
import { usedPlugins } from '../plugins/index.ts';
import { helpOf } from './plugin-help.ts';

/** A flag as `oclif.manifest.json` tells of it. */
export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly description?: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
}

export interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}

/** The commands of the package in `root`, by id. */
export function readManifest(root: string): ManifestCommand[] {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    commands: Readonly<Record<string, ManifestCommand>>;
  };
  return Object.values(manifest.commands);
}

/** The core's commands, then those of installed plugins that are not the core's by name. */
export function completionCommands(userDirectory: string): readonly ManifestCommand[] {
  const core = readManifest(packageRoot());
  const own = new Set(core.map(({ id }) => id));
  const others = usedPlugins(userDirectory).flatMap(
    (plugin) => helpOf(plugin) as unknown as ManifestCommand[],
  );
  return [...core, ...others.filter(({ id }) => !own.has(id))];
}

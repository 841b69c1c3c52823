import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../kernel/packages.ts';
import { helpOf } from './plugin-help.ts';
import { pluginsWithCommands } from './plugin-list.ts';

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

/** The core's commands, then those of plugins; of one name the first. */
export function completionCommands(): readonly ManifestCommand[] {
  const others = pluginsWithCommands().flatMap((plugin) => helpOf(plugin) as unknown as ManifestCommand[]);
  const byId = new Map<string, ManifestCommand>();
  for (const command of [...readManifest(packageRoot()), ...others])
    if (!byId.has(command.id)) byId.set(command.id, command);
  return [...byId.values()];
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Plugin } from '@oclif/core';

/** What oclif writes of a command, as far as the build reads it. */
export interface ManifestCommand {
  readonly id: string;
  readonly aliases: readonly string[];
  hiddenAliases: readonly string[];
  readonly args: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<
    Record<string, { readonly deprecated?: unknown; readonly deprecateAliases?: unknown }>
  >;
  readonly strict: boolean;
  readonly passthrough?: boolean;
  readonly deprecateAliases?: boolean;
  readonly state?: string;
  /** Ledger event; only actions have one. */
  readonly event?: string;
  relativePath?: readonly string[];
}

export interface Manifest {
  readonly commands: Record<string, ManifestCommand>;
  readonly version: string;
}

export interface ManifestOptions {
  readonly root: string;
  /** Where the compiled files lie, relative to the root. */
  readonly dist: string;
  /** A command that does not load is left out and told of, instead of failing. */
  readonly loose: boolean;
}

/**
 * `oclif.manifest.json` from the compiled commands. A file that only re-exports another command (an `index` its topic's
 * list) becomes another name of that one, so that policies and the ledger see one command.
 */
export async function makeManifest({ root, dist, loose }: ManifestOptions): Promise<Manifest> {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    oclif: { commands: string };
  };
  pjson.oclif.commands = `./${dist}/commands`;
  const plugin = new Plugin({
    errorOnManifestCreate: !loose,
    ignoreManifest: true,
    isRoot: true,
    pjson: pjson as never,
    respectNoCacheDefault: true,
    root,
    type: 'core',
  });
  await plugin.load();
  const manifest = JSON.parse(JSON.stringify(plugin.manifest)) as Manifest;
  const byClass = new Map<unknown, string[]>();
  for (const command of Object.values(manifest.commands)) {
    const loaded = await classOf(join(root, dist), command.id);
    byClass.set(loaded, [...(byClass.get(loaded) ?? []), command.id]);
    command.relativePath = ['dist', ...(command.relativePath ?? []).slice(dist.split('/').length)];
  }
  for (const ids of byClass.values()) {
    const rank = (id: string): number => (isAnother(join(root, dist), id) ? 1 : 0);
    const [kept, ...others] = ids.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    const command = kept === undefined ? undefined : manifest.commands[kept];
    if (command === undefined || others.length === 0) continue;
    command.hiddenAliases = [...command.hiddenAliases, ...others].sort();
    for (const id of others) delete manifest.commands[id];
  }
  const sorted = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
  return { commands: Object.fromEntries(sorted), version: manifest.version };
}

/** The file of a command under `directory`, with the extension it has there. */
export function commandFile(directory: string, id: string, extension: string): string {
  const path = join(directory, 'commands', ...id.split(':'));
  return existsSync(`${path}.${extension}`) ? `${path}.${extension}` : join(path, `index.${extension}`);
}

function isAnother(directory: string, id: string): boolean {
  return readFileSync(commandFile(directory, id, 'js'), 'utf8').startsWith('export { default } from ');
}

async function classOf(directory: string, id: string): Promise<unknown> {
  const loaded = (await import(pathToFileURL(commandFile(directory, id, 'js')).href)) as { default: unknown };
  return loaded.default;
}

export function writeManifest(root: string, manifest: Manifest): void {
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

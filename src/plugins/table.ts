/**
 * The plugins that are installed: `<userDirectory>/plugins/table.json`, small, read on the way to every word that is
 * no command of the core. Their files lie beside it in `store/<directory>/`, what help says of them in
 * `store/<directory>.help.json`. A directory is written once and never changed: undo needs only the table.
 */
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Macro } from '../script/index.ts';
import type { Point } from './points/names.ts';
import type { Provenance, SignatureState } from './provenance/origin.ts';

export interface PluginCommand {
  /** File of the command, relative to the plugin's directory. */
  readonly module: string;
  readonly kind: 'query' | 'action';
  /** Takes words after its name. */
  readonly args: boolean;
  readonly passthrough: boolean;
  readonly aliases: readonly string[];
  /** A `.bit` script with parameters: these. */
  readonly macro?: Macro;
}

export interface InstalledListener {
  readonly name: string;
  readonly description: string;
  /** Undefined: every event. */
  readonly events?: readonly string[];
}

/** One thing a plugin brings at a point, as its module told at install. */
export interface Provided {
  readonly name: string;
  readonly description: string;
  /** What the point needs to know of it without loading it. */
  readonly facts: JsonObject;
}

export type Provides = Readonly<
  Partial<Record<Point, { readonly module: string; readonly items: readonly Provided[] }>>
>;

export interface Plugin {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Absolute. */
  readonly directory: string;
  /** Where it came from: a name, `file:` or a git address. */
  readonly source: string;
  /** Digest of the package as it was fetched, `sha512-…`; empty for a bundled one. */
  readonly integrity: string;
  /** Absent where an older `bit` installed it and asked for none. */
  readonly signature?: SignatureState;
  readonly provenance?: Provenance | null;
  readonly capabilities: readonly string[];
  readonly installed: string;
  /** By id, `greet:hello`. */
  readonly commands: Readonly<Record<string, PluginCommand>>;
  /** Module of its listeners, relative to the directory. */
  readonly listenersModule: string | undefined;
  readonly listeners: readonly InstalledListener[];
  /** Modules relative to the directory. */
  readonly provides: Provides;
  /** It came with `bit`. */
  readonly bundled: boolean;
  /** Loaded for its development, from where it lies. */
  readonly live?: { readonly trusted: boolean; readonly help: string };
}

const VERSION = 1;

export function pluginsDirectory(userDirectory: string): string {
  return join(userDirectory, 'plugins');
}

export function tableFile(userDirectory: string): string {
  return join(pluginsDirectory(userDirectory), 'table.json');
}

export function storeDirectory(userDirectory: string): string {
  return join(pluginsDirectory(userDirectory), 'store');
}

/** What `help` says of a plugin's commands, by id: oclif's cached form of a command. */
export function helpFile(plugin: Pick<Plugin, 'directory' | 'live'>): string {
  return plugin.live?.help ?? `${plugin.directory}.help.json`;
}

/** @throws BitError `integrity` naming the file where it is not one `bit` wrote */
export function readPlugins(userDirectory: string): readonly Plugin[] {
  const path = tableFile(userDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return [];
  const wrong = (why: string): BitError =>
    new BitError('integrity', `${path}: ${why}`, {
      hint: `delete it and install your plugins again`,
      details: { path },
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('not JSON');
  }
  if (!isJsonObject(value) || value['v'] !== VERSION || !Array.isArray(value['plugins']))
    throw wrong('not a table of plugins this version of bit reads');
  const store = storeDirectory(userDirectory);
  return (value['plugins'] as unknown[]).map((row) => {
    if (!isJsonObject(row)) throw wrong('a row is not an object');
    const directory = row['directory'];
    if (
      typeof directory !== 'string' ||
      !/^[A-Za-z0-9@._~+-]{1,240}$/.test(directory) ||
      /^\.+$/.test(directory)
    )
      throw wrong('a row has no directory');
    if (typeof row['name'] !== 'string' || !isJsonObject(row['commands']))
      throw wrong(`${directory}: malformed`);
    const known = row as unknown as Omit<Plugin, 'provides'> & Partial<Pick<Plugin, 'provides'>>;
    // one that an older bit wrote brings commands and listeners alone
    return { ...known, provides: known.provides ?? {}, directory: join(store, directory), bundled: false };
  });
}

export function writePlugins(userDirectory: string, plugins: readonly Plugin[]): void {
  const rows: Json[] = plugins.map((plugin) => {
    const { bundled: _, directory, ...row } = plugin;
    const name = directory.slice(storeDirectory(userDirectory).length + 1);
    return JSON.parse(JSON.stringify({ ...row, directory: name })) as JsonObject;
  });
  writeFileAtomic(tableFile(userDirectory), `${JSON.stringify({ v: VERSION, plugins: rows }, null, 1)}\n`, {
    mode: 0o600,
  });
}

import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { namesOf } from './install.ts';
import { livePlugins } from './live.ts';
import type { Point } from './points/names.ts';
import type { Provenance, SignatureState } from './provenance/origin.ts';
import { changeSettings, readSettings, settingsFile } from './settings.ts';
import { type Plugin, readPlugins, tableFile, writePlugins } from './table.ts';

/** Those the user installed, and before them those loaded for their development, which stand in for one of the name. */
export function usedPlugins(userDirectory: string): readonly Plugin[] {
  const live = livePlugins(userDirectory);
  const names = new Set(live.map(({ name }) => name));
  return [...live, ...readPlugins(userDirectory).filter(({ name }) => !names.has(name))];
}

/** Whether its code runs in `bit`'s own process; trust by name is for what was installed. */
export function isTrusted(plugin: Plugin, trusted: readonly string[]): boolean {
  return plugin.bundled || (plugin.live?.trusted ?? trusted.includes(plugin.name));
}

/** The bundled plugins, then those the user loaded and installed. */
export function installedPlugins(
  reader: Pick<Reader, 'userDirectory'>,
  { bundled }: { readonly bundled: readonly Plugin[] },
): readonly Plugin[] {
  return [...bundled, ...usedPlugins(reader.userDirectory)];
}

export interface ListedPlugin {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly source: string;
  /** `sha512-…` of the package; empty for one that came with `bit` or is loaded from where it lies. */
  readonly integrity: string;
  /** Of the registry; `absent` for what came from none. */
  readonly signature: SignatureState;
  readonly provenance: Provenance | null;
  readonly bundled: boolean;
  /** Loaded for its development. */
  readonly live: boolean;
  /** Its code runs in `bit`'s own process. */
  readonly trusted: boolean;
  readonly capabilities: readonly string[];
  readonly commands: readonly string[];
  readonly listeners: readonly string[];
  /** Names by what they are: `{"steps": ["upload"]}`. */
  readonly provides: Readonly<Partial<Record<Point, readonly string[]>>>;
  /** Commands of its that can't be reached, because the core has one of that name. */
  readonly shadowed: readonly string[];
}

export function listPlugins(
  reader: Reader,
  options: { readonly bundled: readonly Plugin[]; readonly taken: (id: string) => string | undefined },
): { readonly plugins: readonly ListedPlugin[] } {
  const { trusted } = readSettings(reader.configDirectory);
  const plugins = installedPlugins(reader, options).map((plugin) => ({
    name: plugin.name,
    version: plugin.version,
    description: plugin.description,
    source: plugin.source,
    integrity: plugin.integrity,
    // what an older bit installed may have had one
    signature: plugin.signature ?? (plugin.integrity === '' ? 'absent' : 'unchecked'),
    provenance: plugin.provenance ?? null,
    bundled: plugin.bundled,
    live: plugin.live !== undefined,
    trusted: isTrusted(plugin, trusted),
    capabilities: plugin.capabilities,
    commands: Object.keys(plugin.commands),
    listeners: plugin.listeners.map((listener) => listener.name),
    provides: namesOf(plugin.provides),
    shadowed: Object.keys(plugin.commands).filter((id) => options.taken(id) !== undefined),
  }));
  return { plugins };
}

/** @throws BitError `not-found` naming the nearest */
function requirePlugin(reader: Reader, name: string): Plugin {
  const plugins = readPlugins(reader.userDirectory);
  const plugin = plugins.find((one) => one.name === name);
  if (plugin !== undefined) return plugin;
  const near = nearest(
    name,
    plugins.map((one) => one.name),
  );
  throw new BitError('not-found', `no plugin ${printable(shorten(name))} is installed`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see them with: bit ext list',
  });
}

export interface UninstalledPlugin {
  readonly name: string;
  readonly version: string;
  readonly commands: readonly string[];
}

/** Its files stay for a while, so that undo brings it back. */
export function uninstallPlugin(reader: Reader, name: string): Effect<UninstalledPlugin> {
  const plugin = requirePlugin(reader, name);
  const { trusted, listeners } = readSettings(reader.configDirectory);
  const own = new Set(plugin.listeners.map((listener) => listener.name));
  return {
    summary: `uninstall plugin ${name}`,
    target: { plugin: name, version: plugin.version, integrity: plugin.integrity },
    plan: [
      `remove ${name} ${plugin.version} and its commands: ${Object.keys(plugin.commands).join(', ') || 'none'}`,
      ...(trusted.includes(name) ? [`trust ${name} no longer`] : []),
    ],
    touches: { refs: [], files: [tableFile(reader.userDirectory), settingsFile(reader.configDirectory)] },
    async run() {
      const others = readPlugins(reader.userDirectory).filter((other) => other.name !== name);
      writePlugins(reader.userDirectory, others);
      if (trusted.includes(name) || listeners.some((listener) => own.has(listener))) {
        changeSettings(reader.configDirectory, {
          trusted: trusted.filter((other) => other !== name),
          listeners: listeners.filter((listener) => !own.has(listener)),
        });
      }
      return { name, version: plugin.version, commands: Object.keys(plugin.commands) };
    },
    record: (out) => ({ plugin: out.name, version: out.version }),
  };
}

export interface PluginTrust {
  readonly name: string;
  readonly trusted: boolean;
}

/** Lets a plugin's code into `bit`'s own process, or out of it again. */
export function trustPlugin(
  reader: Reader,
  request: { readonly name: string; readonly trust: boolean },
): Effect<PluginTrust> {
  const { name, trust } = request;
  const plugin = requirePlugin(reader, name);
  const { trusted } = readSettings(reader.configDirectory);
  const same = trusted.includes(name) === trust;
  return {
    summary: trust ? `trust plugin ${name}` : `trust plugin ${name} no longer`,
    target: {
      plugin: name,
      version: plugin.version,
      integrity: plugin.integrity,
      source: plugin.source,
      trusted: trust,
    },
    plan: [
      same
        ? `${name} is ${trust ? '' : 'not '}trusted already`
        : trust
          ? `run the code of ${name} inside bit, where it may do whatever you may`
          : `run the code of ${name} in a process of its own, with nothing but what it was granted`,
    ],
    touches: { refs: [], files: [settingsFile(reader.configDirectory)] },
    ...(trust && !same
      ? { confirm: `Let the code of ${name} (from ${plugin.source}) do whatever you may?` }
      : {}),
    async run() {
      const without = trusted.filter((other) => other !== name);
      if (!same) changeSettings(reader.configDirectory, { trusted: trust ? [...without, name] : without });
      return { name, trusted: trust };
    },
    record: (out) => ({ plugin: out.name, trusted: out.trusted }),
  };
}

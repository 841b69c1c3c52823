import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Effect, Reader } from '../operation/index.ts';
import type { Macro } from '../script/index.ts';
import { describeCapability } from './capabilities.ts';
import { describePlugin, type PluginDescription } from './describe.ts';
import { type FetchedPlugin, fetchPlugin } from './fetch.ts';
import type { Point } from './points/names.ts';
import {
  describeOrigin,
  type Provenance,
  type Requirement,
  type SignatureState,
} from './provenance/origin.ts';
import type { Dependencies } from './provenance/tree.ts';
import type { TrustRoot } from './provenance/trust-root.ts';
import type { SandboxProgram } from './sandbox.ts';
import { changeSettings, readSettings, settingsFile } from './settings.ts';
import { parseSource } from './source.ts';
import {
  helpFile,
  type Plugin,
  type Provides,
  readPlugins,
  storeDirectory,
  tableFile,
  writePlugins,
} from './table.ts';
import { unpackPlugin } from './unpack.ts';
import { schemeOf } from './use-storage.ts';

export interface InstallRequest {
  /** Folder, archive, npm name or git address, as typed. */
  readonly source: string;
  readonly trust: boolean;
  /** The most it may ask for; undefined: whatever it asks for is shown. */
  readonly grant: readonly string[] | undefined;
  /** What it must be signed with. */
  readonly require: readonly Requirement[];
  /** Whom a build's signature is checked against; default: Sigstore's public instance. */
  readonly trustRoot?: TrustRoot;
  readonly program: SandboxProgram;
  readonly helpOfMacro: (id: string, macro: Macro) => JsonObject;
  /** The name a command's id would shadow, or undefined. */
  readonly taken: (id: string) => string | undefined;
  readonly bundled: readonly Plugin[];
}

export interface InstalledPlugin {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly integrity: string;
  /** Of the registry it came from. */
  readonly signature: SignatureState;
  /** The build it came from, where a provenance was there and held. */
  readonly provenance: Provenance | null;
  /** Who signed for the packages it depends on; null where nothing was required, or it depends on none. */
  readonly dependencies: Dependencies | null;
  readonly capabilities: readonly string[];
  readonly trusted: boolean;
  readonly commands: readonly string[];
  readonly listeners: readonly string[];
  /** Names by what they are: `{"bots": ["triage"]}`. */
  readonly provides: Readonly<Partial<Record<Point, readonly string[]>>>;
  /** The version that was there before. */
  readonly replaced?: string;
}

/** Directories no table names are kept this long, so that an undo finds them. */
const KEPT_DAYS = 30;

/**
 * Fetches a plugin and shows what it asks for; once allowed, unpacks it beside the others and lists it. Nothing of it
 * runs but in a sandbox, where its commands are asked for their names and flags.
 */
export async function installPlugin(
  reader: Reader,
  request: InstallRequest,
): Promise<Effect<InstalledPlugin>> {
  const source = parseSource(request.source, reader.cwd);
  const fetched = await fetchPlugin(reader, source);
  const { name, version, capabilities } = fetched.manifest;
  refuseMore(name, capabilities, request.grant);
  if (request.bundled.some((plugin) => plugin.name === name))
    throw new BitError('usage', `${name} came with bit; it can't be installed over`);
  const { checkOrigin } = await import('./provenance/check.ts');
  const origin = await checkOrigin(reader, {
    source,
    fetched,
    require: request.require,
    trust: request.trustRoot,
  });
  const { signature, provenance } = origin;
  const before = readPlugins(reader.userDirectory).find((plugin) => plugin.name === name);
  const { trusted: names } = readSettings(reader.configDirectory);
  // trust goes with where a plugin comes from: the same name from elsewhere starts without it
  const keeps = before !== undefined && sameOrigin(before.source, source.shown) && names.includes(name);
  const trusted = request.trust || keeps;
  const plan = [
    `${before === undefined ? 'install' : `replace ${before.version} by`} ${name} ${version} from ${source.shown}`,
    ...(source.kind === 'npm' ? describeOrigin(origin, before?.provenance) : []),
    ...(fetched.manifest.dependencies ? [dependenciesLine(request.require)] : []),
    ...capabilities.map((capability) => {
      const more = before !== undefined && !before.capabilities.includes(capability);
      return `grant ${capability}${more ? ', which it did not have' : ''}: ${describeCapability(capability)}`;
    }),
    ...Object.entries(fetched.macros).map(
      ([id, { lines }]) => `make the command ${id.replaceAll(':', ' ')}, which runs: ${lines.join('; ')}`,
    ),
    ...Object.keys(fetched.manifest.points).map((point) =>
      point === 'builtins' && !trusted
        ? 'take in its builtins, which no policy may ask until it is trusted'
        : `take in its ${point}`,
    ),
    trusted
      ? `trust ${name}: its code runs inside bit and may do whatever you may`
      : `run it in a process of its own, with nothing but what is granted`,
  ];
  return {
    summary: `install plugin ${name} ${version}`,
    target: {
      plugin: name,
      version,
      source: source.shown,
      integrity: fetched.integrity,
      signature,
      provenance,
      capabilities: [...capabilities],
      trusted,
    },
    plan,
    touches: { refs: [], files: [tableFile(reader.userDirectory), settingsFile(reader.configDirectory)] },
    confirm: `${plan.join('\n  ')}\n  Go on?`,
    async run() {
      const { plugin, description, dependencies } = await place(
        reader,
        request,
        { ...fetched, signature, provenance },
        source.shown,
      );
      try {
        refuseTaken(plugin, request, readPlugins(reader.userDirectory));
        writeFileAtomic(helpFile(plugin), `${JSON.stringify(description.help)}\n`, { mode: 0o600 });
        const others = readPlugins(reader.userDirectory).filter((other) => other.name !== name);
        writePlugins(
          reader.userDirectory,
          [...others, plugin].sort((a, b) => (a.name < b.name ? -1 : 1)),
        );
      } catch (error) {
        if (before?.directory !== plugin.directory)
          rmSync(plugin.directory, { recursive: true, force: true });
        throw error;
      }
      const without = names.filter((other) => other !== name);
      const wanted = trusted ? [...without, name] : without;
      if (wanted.join('\n') !== names.join('\n')) changeSettings(reader.configDirectory, { trusted: wanted });
      dropForgotten(reader);
      return {
        name,
        version,
        source: source.shown,
        integrity: fetched.integrity,
        signature,
        provenance,
        dependencies,
        capabilities,
        trusted,
        commands: Object.keys(plugin.commands),
        listeners: plugin.listeners.map((listener) => listener.name),
        provides: namesOf(plugin.provides),
        ...(before === undefined ? {} : { replaced: before.version }),
      };
    },
    record: (out) => ({
      plugin: out.name,
      version: out.version,
      integrity: out.integrity,
      signature: out.signature,
      provenance: out.provenance,
      ...(out.dependencies === null ? {} : { dependencies: { ...out.dependencies } }),
      trusted: out.trusted,
    }),
  };
}

/** What a plugin brings at each point, by name. */
export function namesOf(provides: Provides): Readonly<Partial<Record<Point, readonly string[]>>> {
  return Object.fromEntries(
    Object.entries(provides).map(([point, { items }]) => [point, items.map(({ name }) => name)]),
  );
}

/** @throws BitError `denied` with the list of what it asks for beyond what it is granted */
export function refuseMore(
  name: string,
  asked: readonly string[],
  granted: readonly string[] | undefined,
): void {
  if (granted === undefined) return;
  const more = asked.filter((capability) => !granted.includes(capability));
  if (more.length === 0) return;
  throw new BitError('denied', `${name} asks for more than it is granted: ${more.join(', ')}`, {
    hint: more.map((capability) => `${capability}: ${describeCapability(capability)}`).join('; '),
    details: { asked: [...asked], granted: [...granted], more },
  });
}

/** The same folder, address, or package of the registry whatever its version. */
function sameOrigin(a: string, b: string): boolean {
  const origin = (source: string): string =>
    source.includes(':') ? source : source.replace(/(?<=.)@.*$/, '');
  return origin(a) === origin(b);
}

/** Unpacks into the store under a name made of the content, and learns what is in it. */
async function place(
  reader: Reader,
  request: InstallRequest,
  fetched: FetchedPlugin & Pick<InstalledPlugin, 'signature' | 'provenance'>,
  source: string,
): Promise<{ plugin: Plugin; description: PluginDescription; dependencies: Dependencies | null }> {
  const { manifest, integrity, signature, provenance } = fetched;
  const store = storeDirectory(reader.userDirectory);
  makeDirectory(store, 0o700);
  const digest = createHash('sha256').update(integrity).digest('hex').slice(0, 16);
  const directory = join(store, `${manifest.name.replaceAll('/', '+')}@${manifest.version}-${digest}`);
  const staging = join(store, `.${ulid(reader.now().getTime())}`);
  try {
    await unpackPlugin(reader, fetched, staging);
    const looked = request.require.length > 0 && manifest.dependencies;
    const dependencies = looked ? await treeOf(reader, request, { plugin: manifest.name, staging }) : null;
    const description = await describePlugin(reader, manifest, {
      directory: staging,
      program: request.program,
      macros: fetched.macros,
      helpOfMacro: request.helpOfMacro,
    });
    // the same content is there already: undo may need it, and it is no different
    if (existsSync(directory)) rmSync(directory, { recursive: true });
    renameSync(staging, directory);
    const plugin: Plugin = {
      name: manifest.name,
      version: manifest.version,
      description: manifest.description,
      directory,
      source,
      integrity,
      signature,
      provenance,
      capabilities: manifest.capabilities,
      installed: reader.now().toISOString(),
      commands: description.commands,
      listenersModule: manifest.listeners,
      listeners: description.listeners,
      provides: description.provides,
      bundled: false,
    };
    return { plugin, description, dependencies };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function treeOf(
  reader: Reader,
  { require, trustRoot }: InstallRequest,
  { plugin, staging }: { readonly plugin: string; readonly staging: string },
): Promise<Dependencies> {
  const { checkTree } = await import('./provenance/tree.ts');
  return checkTree(reader, staging, { plugin, require, trust: trustRoot });
}

function dependenciesLine(require: readonly Requirement[]): string {
  if (require.length === 0)
    return "take what it depends on by the registry's digests; who signed for that is only looked at with --require";
  return require.includes('signature')
    ? 'check the registry signature of each package it depends on, and whatever build signed for one'
    : 'check whatever registry or build signed for a package it depends on; a provenance is required of itself alone';
}

/** @throws BitError `conflict` for a command or listener that is somebody else's */
export function refuseTaken(
  plugin: Plugin,
  request: Pick<InstallRequest, 'taken' | 'bundled'>,
  installed: readonly Plugin[],
): void {
  const ids = Object.entries(plugin.commands).flatMap(([id, command]) => [id, ...command.aliases]);
  const others = installed.filter((other) => other.name !== plugin.name);
  for (const id of ids) {
    const spoken = id.replaceAll(':', ' ');
    if (request.taken(id) !== undefined)
      throw new BitError(
        'conflict',
        `${plugin.name} has a command bit ${spoken}, which is bit's own; nothing was installed`,
      );
    const other = others.find((one) =>
      Object.entries(one.commands).some(([theirs, command]) => theirs === id || command.aliases.includes(id)),
    );
    if (other !== undefined)
      throw new BitError(
        'conflict',
        `${plugin.name} has a command bit ${spoken}, and so has ${other.name}; nothing was installed`,
        {
          hint: `first: bit ext uninstall ${other.name}`,
        },
      );
  }
  for (const scheme of schemesOf(plugin)) {
    const other = others.find((one) => schemesOf(one).includes(scheme));
    if (other !== undefined)
      throw new BitError(
        'conflict',
        `${plugin.name} brings storage for ${scheme}://, and so does ${other.name}; nothing was installed`,
        { hint: `first: bit ext uninstall ${other.name}` },
      );
  }
  for (const { name } of plugin.listeners) {
    const other = [...request.bundled, ...others].find((one) =>
      one.listeners.some((listener) => listener.name === name),
    );
    if (other !== undefined)
      throw new BitError(
        'conflict',
        `${plugin.name} has a listener ${name}, and so has ${other.name}; nothing was installed`,
      );
  }
}

function schemesOf({ provides }: Plugin): readonly string[] {
  return (provides.storage?.items ?? []).map(schemeOf);
}

function dropForgotten(reader: Reader): void {
  const store = storeDirectory(reader.userDirectory);
  const named = new Set(readPlugins(reader.userDirectory).map((plugin) => plugin.directory));
  const before = reader.now().getTime() - KEPT_DAYS * 86_400_000;
  for (const entry of readdirSync(store)) {
    const path = join(store, entry);
    if (named.has(path) || named.has(path.replace(/\.help\.json$/, '')) || statSync(path).mtimeMs > before)
      continue;
    rmSync(path, { recursive: true, force: true });
  }
}

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import type { Macro } from '../script/index.ts';
import type { FoundMacro } from './macros.ts';
import type { PluginManifest } from './manifest.ts';
import type { Point } from './points/names.ts';
import { runSandboxed, type SandboxProgram } from './sandbox.ts';
import { flag, object, optional, text, texts } from './shapes.ts';
import type { InstalledListener, PluginCommand, Provided, Provides } from './table.ts';

/** What a plugin's modules say of themselves, learnt in a sandbox: they are loaded there and nowhere else. */
export interface PluginDescription {
  readonly commands: Readonly<Record<string, PluginCommand>>;
  /** For help, by id: oclif's cached form of a command. */
  readonly help: Readonly<Record<string, JsonObject>>;
  readonly listeners: readonly InstalledListener[];
  readonly provides: Provides;
}

/** What the child of a description is asked. */
export interface DescribeTask {
  readonly kind: 'describe';
  readonly directory: string;
  /** Module by id. */
  readonly commands: Readonly<Record<string, string>>;
  readonly listeners: string | undefined;
  /** Module by point. */
  readonly points: Readonly<Partial<Record<Point, string>>>;
}

const ID = /^[a-z][a-z0-9-]{0,39}(?::[a-z][a-z0-9-]{0,39}){0,5}$/;
const MOST_COMMANDS = 500;

/** @throws BitError `usage` naming the file that is no command; `failed` for code that does not load in a sandbox */
export async function describePlugin(
  reader: Pick<Reader, 'env' | 'signal'>,
  manifest: PluginManifest,
  options: {
    readonly directory: string;
    readonly program: SandboxProgram;
    readonly macros: Readonly<Record<string, FoundMacro>>;
    readonly helpOfMacro: (id: string, macro: Macro) => JsonObject;
  },
): Promise<PluginDescription> {
  const { program } = options;
  const directory = realpathSync(options.directory);
  const files = commandFiles(directory, manifest);
  const { listeners, points } = manifest;
  for (const [member, module] of Object.entries({ listeners, ...points }))
    if (module !== undefined && !existsSync(join(directory, module)))
      throw new BitError(
        'usage',
        `${manifest.name}: bit.${member} names ${module}, which is not in the package`,
      );
  const { commands, help } = describeMacros(manifest.name, files, options);
  // nothing of it that would have to be asked: no process
  if (Object.keys(files).length === 0 && listeners === undefined && Object.keys(points).length === 0)
    return { commands, help, listeners: [], provides: {} };
  const task: DescribeTask = { kind: 'describe', directory, commands: files, listeners, points };
  const { result } = await runSandboxed({
    name: `the plugin ${manifest.name}`,
    program,
    directory,
    env: reader.env,
    signal: reader.signal,
    limits: { silence: 30_000 },
    task: () => task,
    async answer(method) {
      throw new BitError(
        'denied',
        `${printable(shorten(method))} is not for a plugin that is being installed`,
      );
    },
  });
  const description = readDescription(result, files, points);
  return {
    ...description,
    commands: { ...description.commands, ...commands },
    help: { ...description.help, ...help },
  };
}

function describeMacros(
  name: string,
  files: Readonly<Record<string, string>>,
  { macros, helpOfMacro }: Parameters<typeof describePlugin>[2],
): Pick<PluginDescription, 'commands' | 'help'> {
  const commands: Record<string, PluginCommand> = {};
  const help: Record<string, JsonObject> = {};
  for (const [id, { module, macro }] of Object.entries(macros)) {
    if (files[id] !== undefined)
      throw new BitError('usage', `${name}: ${module} and ${files[id]} are the same command`);
    const args = macro.args.length > 0;
    commands[id] = { module, kind: 'action', args, passthrough: false, aliases: [], macro };
    help[id] = safeTexts(helpOfMacro(id, macro));
  }
  return { commands, help };
}

/** Ids by the files of the commands folder: `greet/hello.js` is `greet:hello`, `greet/index.js` is `greet`. */
function commandFiles(directory: string, manifest: PluginManifest): Record<string, string> {
  const folder = manifest.commands;
  if (folder === undefined) return {};
  const root = join(directory, folder);
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new BitError(
      'usage',
      `${manifest.name}: bit.commands names ${folder}, which is no folder of the package`,
    );
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const file = entry.replaceAll('\\', '/');
    if (!/\.[cm]?js$/.test(file) || !statSync(join(root, entry)).isFile()) continue;
    const id = file
      .replace(/\.[cm]?js$/, '')
      .replace(/\/index$/, '')
      .replaceAll('/', ':');
    if (!ID.test(id))
      throw new BitError('usage', `${manifest.name}: ${printable(shorten(file))} is no name for a command`, {
        hint: 'lower-case words of letters, digits and dashes',
      });
    if (files[id] !== undefined)
      throw new BitError('usage', `${manifest.name}: two files are the command ${id}`);
    files[id] = `${folder.replace(/^\.\//, '').replace(/\/$/, '')}/${file}`;
  }
  const found = Object.keys(files).length;
  if (found === 0) throw new BitError('usage', `${manifest.name}: there is no command in ${folder}`);
  if (found > MOST_COMMANDS)
    throw new BitError('usage', `${manifest.name}: more than ${MOST_COMMANDS} commands`);
  return files;
}

function readDescription(
  value: unknown,
  files: Readonly<Record<string, string>>,
  points: PluginManifest['points'],
): PluginDescription {
  const wrong = (): BitError => new BitError('failed', 'the description of the plugin is malformed');
  if (!isJsonObject(value) || !isJsonObject(value['commands']) || !Array.isArray(value['listeners']))
    throw wrong();
  const commands: Record<string, PluginCommand> = {};
  const help: Record<string, JsonObject> = {};
  for (const [id, module] of Object.entries(files)) {
    const described = value['commands'][id];
    if (!isJsonObject(described)) throw wrong();
    const kind = described['kind'];
    if (kind !== 'query' && kind !== 'action') throw wrong();
    const aliases = texts(described['aliases'] ?? [], 'aliases', 20).map((alias) =>
      alias.replaceAll(' ', ':'),
    );
    const odd = aliases.find((alias) => !ID.test(alias));
    if (odd !== undefined)
      throw new BitError('usage', `${id}: the alias ${printable(shorten(odd))} is no name for a command`);
    commands[id] = {
      module,
      kind,
      args: flag(described['takesWords'], 'takesWords'),
      passthrough: flag(described['passthrough'], 'passthrough'),
      aliases,
    };
    help[id] = safeTexts(object(described['help'], 'help'));
  }
  const listeners = (value['listeners'] as unknown[]).slice(0, 100).map((listener) => {
    if (!isJsonObject(listener)) throw wrong();
    const events = optional(listener['events'], (given) => texts(given, 'events', 1000));
    return {
      name: text(listener['name'], 'listener.name', 100),
      description: printable(shorten(text(listener['description'], 'listener.description'), 300)),
      ...(events === undefined ? {} : { events }),
    };
  });
  return { commands, help, listeners, provides: readProvides(value['provides'], points) };
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const MOST_ITEMS = 100;

function readProvides(value: unknown, points: PluginManifest['points']): Provides {
  const wrong = (): BitError => new BitError('failed', 'the description of the plugin is malformed');
  if (!isJsonObject(value)) throw wrong();
  const rows = Object.entries(points).map(([point, module]) => {
    const told: unknown = value[point];
    if (!Array.isArray(told) || told.length > MOST_ITEMS) throw wrong();
    const items = (told as unknown[]).map((item): Provided => {
      if (!isJsonObject(item)) throw wrong();
      const name = text(item['name'], 'name', 63);
      if (!NAME.test(name)) throw wrong();
      return {
        name,
        description: printable(shorten(text(item['description'], 'description'), 300)),
        facts: safeTexts(object(item['facts'], 'facts')),
      };
    });
    return [point, { module, items }];
  });
  return Object.fromEntries(rows) as Provides;
}

/** Help is printed as it stands. */
function safeTexts<Value>(value: Value): Value {
  if (typeof value === 'string') return printable(value, { multiline: true }) as Value;
  if (Array.isArray(value)) return value.map(safeTexts) as Value;
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, safeTexts(member)]),
  ) as Value;
}

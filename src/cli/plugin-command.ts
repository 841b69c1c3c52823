import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { isTrusted, type Plugin, readSettings } from '../plugins/index.ts';
import { userDirectories } from './directories.ts';
import { host, type Installation } from './host.ts';
import { shareHostModules } from './host-modules.ts';
import { KIND } from './kind.ts';
import { type Resolved, resolveWords } from './names.ts';
import { pluginsWithCommands } from './plugin-list.ts';
import { macroCommand } from './plugin-macro.ts';
import { runCommand } from './run-command.ts';
import { type CommandClass, type CommandTable, commandId, namesText } from './table.ts';

/** A command line that an installed plugin answers. */
export interface PluginCall {
  readonly plugin: Plugin;
  readonly id: string;
  readonly argv: readonly string[];
}

/**
 * Finds the plugin's command in words that are no command of the core. Where both have a name the core's is meant,
 * so no plugin can come to stand in front of one.
 */
export function findPluginCommand(
  core: CommandTable,
  words: readonly string[],
): { readonly call: PluginCall; readonly resolved: Resolved } | undefined {
  const plugins = pluginsWithCommands();
  if (plugins.length === 0) return undefined;
  const resolved = resolveWords(withPlugins(core, plugins), words);
  if (resolved.kind !== 'run' || commandId(core, resolved.id) !== undefined) return undefined;
  const plugin = plugins.find(({ commands }) => Object.hasOwn(commands, resolved.id));
  return plugin && { call: { plugin, id: resolved.id, argv: resolved.argv }, resolved };
}

/** The core's names and, behind them, those of plugins. */
function withPlugins(core: CommandTable, plugins: readonly Plugin[]): CommandTable {
  const commands = plugins.flatMap((plugin) => Object.entries(plugin.commands));
  const aliases = commands.flatMap(([id, command]) =>
    command.aliases.map((alias): [string, string] => [alias, id]),
  );
  return { ...core, names: `${core.names}${namesText(commands, aliases).slice(1)}` };
}

/**
 * Runs a command of an installed plugin: the one place where it is decided whose code runs in this process. Only a
 * plugin the user trusts by name does; any other gets a process of its own.
 */
export async function runPluginCommand(installation: Installation, call: PluginCall): Promise<void> {
  const plugin = { ...call.plugin, directory: realpathSync(call.plugin.directory) };
  const { macro, module = '' } = plugin.commands[call.id] ?? {};
  if (macro !== undefined) {
    // words for bit, no code: nothing of it runs in this process
    const load = async (): Promise<CommandClass> => macroCommand({ plugin, id: call.id, module, macro });
    return runCommand({ load }, call.id, call.argv, installation.version);
  }
  const { trusted } = readSettings(userDirectories(host().io.env).config);
  if (!isTrusted(plugin, trusted)) {
    const { runInSandbox } = await import('./plugin-sandbox.ts');
    return runInSandbox({ ...call, installation, plugin });
  }
  shareHostModules(installation, plugin.directory);
  const file = join(plugin.directory, plugin.commands[call.id]?.module ?? '');
  const load = (): Promise<CommandClass> => loadCommand(plugin.name, call.id, file);
  await runCommand({ load }, call.id, call.argv, installation.version);
}

/** @throws BitError `usage` for a module whose default export is not built on one of the two bases */
export async function loadCommand(plugin: string, id: string, file: string): Promise<CommandClass> {
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  // what a CommonJS file exports as `default` arrives one level down
  const outer = module.default as { default?: unknown } | undefined;
  for (const found of [outer, outer?.default]) {
    if (typeof found !== 'function') continue;
    const kind: unknown = Reflect.get(found, KIND);
    if (kind === 'query' || kind === 'action') return found as unknown as CommandClass;
  }
  throw new BitError(
    'usage',
    `${printable(shorten(plugin))}: ${printable(id)} is no command: its module's default export must extend Query or action() of @bithub/cli`,
  );
}

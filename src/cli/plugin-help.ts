import { readFileSync } from 'node:fs';
import type { Command, Config } from '@oclif/core';
import { isJsonObject } from '../kernel/json.ts';
import { helpFile, type Plugin } from '../plugins/index.ts';
import { pluginsWithCommands } from './plugin-list.ts';
import { helpOfMacro } from './plugin-macro-help.ts';

/** Makes oclif's help know the commands of plugins, from what was written down of them at install or in the build. */
export function addPluginHelp(config: Config): void {
  const own = new Set(config.commandIDs);
  for (const plugin of pluginsWithCommands()) {
    const commands = helpOf(plugin)
      .filter((command) => !own.has(command.id) && own.add(command.id))
      .map((command) => ({
        ...command,
        pluginName: plugin.name,
        pluginType: 'user',
        load: () => Promise.reject(new Error(`${command.id} is not oclif's to run`)),
      }));
    // oclif fills its lists from what looks like a plugin of its own
    const like = { name: plugin.name, type: 'user', isRoot: false, commands, topics: [] };
    config.plugins.set(plugin.name, like as never);
    const filled = config as unknown as { loadCommands(from: object): void; loadTopics(from: object): void };
    filled.loadCommands(like);
    filled.loadTopics(like);
  }
}

/** Of a plugin that came with `bit` and has nothing written beside it what its table tells. */
export function helpOf(plugin: Plugin): Command.Loadable[] {
  try {
    const value: unknown = JSON.parse(readFileSync(helpFile(plugin), 'utf8'));
    if (isJsonObject(value)) return Object.values(value) as unknown as Command.Loadable[];
  } catch {
    // help on the rest is worth more than a failure
  }
  return plugin.bundled ? helpOfTable(plugin) : [];
}

function helpOfTable({ commands, description }: Plugin): Command.Loadable[] {
  return Object.entries(commands).map(([id, { macro, aliases, args }]) => {
    if (macro !== undefined) return helpOfMacro(id, macro) as unknown as Command.Loadable;
    const rest = { hiddenAliases: [], args: {}, flags: {}, hasDynamicHelp: false, summary: description };
    return {
      id,
      aliases: [...aliases],
      strict: !args,
      hidden: false,
      ...rest,
    } as unknown as Command.Loadable;
  });
}

import { readFileSync } from 'node:fs';
import type { Command, Config } from '@oclif/core';
import { isJsonObject } from '../kernel/json.ts';
import { helpFile, type Plugin, usedPlugins } from '../plugins/index.ts';
import { userDirectories } from './directories.ts';
import { host } from './host.ts';

/** Makes oclif's help know the commands of installed plugins, from what was written down of them at install. */
export function addPluginHelp(config: Config): void {
  const own = new Set(config.commandIDs);
  for (const plugin of usedPlugins(userDirectories(host().io.env).data)) {
    const commands = helpOf(plugin)
      .filter((command) => !own.has(command.id))
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

export function helpOf(plugin: Plugin): Command.Loadable[] {
  try {
    const value: unknown = JSON.parse(readFileSync(helpFile(plugin), 'utf8'));
    return isJsonObject(value) ? (Object.values(value) as unknown as Command.Loadable[]) : [];
  } catch {
    return []; // help on the rest is worth more than a failure
  }
}

import type { Command, Config } from '@oclif/core';

/**
 * Runs a command of an installed plugin. The one place where a plugin's code is let in; what may run in this process,
 * and what gets a process of its own, is decided here.
 */
export async function runPluginCommand(
  config: Config,
  command: Command.Loadable,
  argv: readonly string[],
): Promise<void> {
  await config.runCommand(command.id, [...argv], command);
}

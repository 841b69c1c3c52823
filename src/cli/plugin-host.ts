import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { bundledPlugins, type Plugin, type SandboxProgram, type TrustRoot } from '../plugins/index.ts';
import type { Macro } from '../script/index.ts';
import { host, type Installation } from './host.ts';
import { GIT_VERBS } from './names.ts';
import { helpOfMacro } from './plugin-macro-help.ts';
import { sandboxProgram } from './plugin-program.ts';
import { commandId, commandRow } from './table.ts';

/** What managing plugins needs to know of this `bit`. */
export interface PluginHost {
  readonly bundled: readonly Plugin[];
  readonly program: SandboxProgram;
  readonly helpOfMacro: (id: string, macro: Macro) => JsonObject;
  /** The core's command that `id` would shadow, or undefined. */
  readonly taken: (id: string) => string | undefined;
  readonly trustRoot?: TrustRoot;
}

/** @throws BitError `unsupported` for a command that is run without its program */
export function pluginHost(): PluginHost {
  const { installation } = host();
  if (installation === undefined)
    throw new BitError('unsupported', 'plugins need the program bit around them');
  return {
    bundled: bundledPlugins(installation),
    program: sandboxProgram(installation),
    helpOfMacro,
    taken: (id) => takenBy(installation, id),
    ...(installation.trustRoot === undefined ? {} : { trustRoot: installation.trustRoot }),
  };
}

export function takenBy({ table }: Installation, id: string): string | undefined {
  const own = commandId(table, id);
  if (own !== undefined) return own;
  // `bit log graph` asks for the log of graph, and a plugin's command of that name would never be reached
  const words = id.split(':');
  for (let length = words.length - 1; length > 0; length--) {
    const shorter = commandId(table, words.slice(0, length).join(':'));
    if (shorter !== undefined && commandRow(table, shorter)?.args === true) return shorter;
  }
  // `bit stash` is git's
  return GIT_VERBS.has(words[0] ?? '') || id === 'help' || id === 'version' || id === 'bit' ? id : undefined;
}

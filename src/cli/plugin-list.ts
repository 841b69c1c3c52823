import { type Plugin, usedPlugins } from '../plugins/index.ts';
import { userDirectories } from './directories.ts';
import { host } from './host.ts';

/** Plugins whose commands are known here: those that came with this `bit`, then the user's, who can't stand in front of them. */
export function pluginsWithCommands(): readonly Plugin[] {
  const { io, installation } = host();
  return [...(installation?.bundled ?? []), ...usedPlugins(userDirectories(io.env).data)];
}

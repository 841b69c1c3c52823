/**
 * The fast way to a command: no oclif Config, no plugins, one table. What isn't in the table (help, plugins,
 * mistakes) is left to the cold path, and nothing has run before that is chosen.
 */
import { expandAlias, readAliases } from './aliases.ts';
import { userDirectories } from './directories.ts';
import { type Host, host, type Installation, withHost } from './host.ts';
import type { Io } from './io.ts';
import { type Resolved, resolveWords } from './names.ts';
import { asksForJson, reportFailure, reportUncaught } from './report.ts';
import { runCommand } from './run-command.ts';
import type { CommandTable } from './table.ts';
import { printVersion } from './version.ts';

/** What the cold path is asked to do. */
export type ColdRequest = Extract<Resolved, { kind: 'help' | 'unknown' }>;

export interface HotOptions extends Installation {
  readonly cold: (request: ColdRequest) => Promise<void>;
}

/** Runs the command line of this process. Never rejects; the exit status is set on the host's `Io`. */
export async function main({ cold, ...installation }: HotOptions): Promise<void> {
  const extensions: NonNullable<Host['extensions']> = async (reader) => {
    const { openExtensions } = await import('./plugin-extensions.ts');
    return openExtensions(reader);
  };
  const shareModules = async (directory: string): Promise<void> => {
    const { shareHostModules } = await import('./host-modules.ts');
    shareHostModules(installation, directory);
  };
  await withHost({ installation, extensions, shareModules }, () => start(installation, cold));
}

async function start(installation: Installation, cold: HotOptions['cold']): Promise<void> {
  const { io } = host();
  const { table, version } = installation;
  io.onUncaught?.((error) => reportUncaught(io, error));
  try {
    const resolved = resolveLine(table, io);
    if (resolved.kind === 'version') await printVersion(io, version);
    else if (resolved.kind === 'run') await runCommand(table, resolved.id, resolved.argv, version);
    else if (resolved.kind === 'help' || !(await runPlugin(installation, resolved))) await cold(resolved);
  } catch (error) {
    await reportFailure(io, error, asksForJson(io.argv));
  }
}

/** Whether the words are a plugin's command, which then has run. */
async function runPlugin(
  installation: Installation,
  { leading, words }: Extract<Resolved, { kind: 'unknown' }>,
): Promise<boolean> {
  const { findPluginCommand, runPluginCommand } = await import('./plugin-command.ts');
  const { freshenLive } = await import('./plugin-live.ts');
  await freshenLive();
  const found = findPluginCommand(installation.table, [...leading, ...words]);
  if (found === undefined || withHelp(found.resolved).kind === 'help') return false;
  await runPluginCommand(installation, found.call);
  return true;
}

/** A command, an alias of the user's, or what the cold path must look at. */
export function resolveLine(table: CommandTable, io: Io): Resolved {
  const resolved = resolveWords(table, io.argv);
  if (resolved.kind !== 'unknown') return withHelp(resolved);
  const { leading, words } = resolved;
  const [name = '', ...given] = words;
  const aliases = readAliases(userDirectories(io.env).config);
  const expansion = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (expansion === undefined) return resolved;
  return withHelp(resolveWords(table, [...leading, ...expandAlias(name, expansion, given)]));
}

/** `--help` anywhere before `--` asks for help on the command; what is passed on to git keeps its own. */
function withHelp(resolved: Resolved): Resolved {
  if (resolved.kind !== 'run') return resolved;
  const end = resolved.argv.indexOf('--');
  const flags = end < 0 ? resolved.argv : resolved.argv.slice(0, end);
  if (!flags.includes('--help') && !flags.includes('-h')) return resolved;
  return { kind: 'help', words: (resolved.topic ?? resolved.id).split(':') };
}

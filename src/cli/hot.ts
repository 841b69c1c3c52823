/**
 * The fast way to a command: no oclif Config, no plugins, one table. What isn't in the table (help, plugins,
 * mistakes) is left to the cold path, and nothing has run before that is chosen.
 */
import { expandAlias, readAliases } from './aliases.ts';
import { userDirectories } from './directories.ts';
import { host } from './host.ts';
import type { Io } from './io.ts';
import { type Resolved, resolveWords } from './names.ts';
import { asksForJson, reportFailure } from './report.ts';
import type { CommandTable } from './table.ts';
import { printVersion } from './version.ts';

/** What the cold path is asked to do. */
export type ColdRequest = Extract<Resolved, { kind: 'help' | 'unknown' }>;

export interface HotOptions {
  readonly table: CommandTable;
  readonly version: string;
  readonly cold: (request: ColdRequest) => Promise<void>;
}

/** Runs the command line of this process. Never rejects; the exit status is set on the host's `Io`. */
export async function main(options: HotOptions): Promise<void> {
  const { io } = host();
  try {
    const resolved = resolveLine(options.table, io);
    if (resolved.kind === 'version') await printVersion(io, options.version);
    else if (resolved.kind === 'run')
      await runCommand(options.table, resolved.id, resolved.argv, options.version);
    else await options.cold(resolved);
  } catch (error) {
    await reportFailure(io, error, asksForJson(io.argv));
  }
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
  return { kind: 'help', words: resolved.id.split(':') };
}

/** One command with what oclif's Command asks of its Config. */
export async function runCommand(
  table: CommandTable,
  id: string,
  argv: readonly string[],
  version: string,
): Promise<void> {
  const commandClass = await table.load(id);
  commandClass.id = id;
  const command = new commandClass([...argv], configFor(version) as never);
  await (command as unknown as { _run(): Promise<unknown> })._run();
}

function configFor(version: string): object {
  return {
    bin: 'bit',
    name: '@bithub/cli',
    version,
    topicSeparator: ' ',
    userAgent: `@bithub/cli/${version} ${process.platform}-${process.arch} node-${process.version}`,
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
    scopedEnvVar: () => undefined,
    scopedEnvVarKeys: () => [],
    scopedEnvVarKey: () => '',
  };
}

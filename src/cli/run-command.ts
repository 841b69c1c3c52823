import type { CommandTable } from './table.ts';

/** One command with what oclif's Command asks of its Config. */
export async function runCommand(
  table: Pick<CommandTable, 'load'>,
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
    // looked through for a deprecated spelling, of which there is none
    commandIDs: [],
    findCommand: () => undefined,
    userAgent: `@bithub/cli/${version} ${process.platform}-${process.arch} node-${process.version}`,
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
    scopedEnvVar: () => undefined,
    scopedEnvVarKeys: () => [],
    scopedEnvVarKey: () => '',
  };
}

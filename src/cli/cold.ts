/**
 * The whole of oclif, for what the hot path leaves: help, the commands of plugins, and words that are no command.
 * Nothing has run before this is chosen.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Config, Errors, Help, settings } from '@oclif/core';
import { BitError } from '../kernel/errors.ts';
import { host } from './host.ts';
import type { ColdRequest } from './hot.ts';
import { resolveWords, unknownCommand } from './names.ts';
import { addPluginHelp } from './plugin-help.ts';
import { asksForJson, reportFailure } from './report.ts';
import {
  type CommandClass,
  type CommandRow,
  type CommandTable,
  commandId,
  commandRow,
  isTopic,
  namesText,
} from './table.ts';

export interface ColdOptions {
  /** The package's folder. */
  readonly root: string;
  readonly request: ColdRequest;
  /** Runs from the sources, without a manifest. */
  readonly development?: boolean;
}

/** Never rejects; the exit status is set on the host's `Io`. */
export async function runCold(options: ColdOptions): Promise<void> {
  const { io } = host();
  try {
    const config = await openConfig(options);
    const { request } = options;
    if (request.kind === 'help') await help(config, request.words);
    else await runUnknown(config, request.leading, request.words);
  } catch (error) {
    if (error instanceof Errors.ExitError) io.setExitCode(error.oclif.exit ?? 0);
    else await reportFailure(io, fromOclif(error), asksForJson(io.argv));
  }
}

export async function openConfig({
  root,
  development = false,
}: Pick<ColdOptions, 'root' | 'development'>): Promise<Config> {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    oclif: { commands: string };
  };
  if (development) {
    // oclif's own development mode would run what was built last
    settings.enableAutoTranspile = false;
    pjson.oclif.commands = './commands';
  }
  const config = await Config.load({
    root,
    pjson: pjson as never,
    devPlugins: false,
    userPlugins: false,
    ignoreManifest: development,
  });
  addPluginHelp(config);
  return config;
}

/** Commands by id, the core's before any plugin's of the same name. */
export function commandsOf(config: Config): Map<string, Command.Loadable> {
  const plugins = config.getPluginsList();
  const rank = (type: string): number => ['core', 'user', 'link'].indexOf(type);
  const sorted = plugins.toSorted(
    (a, b) => Number(b.isRoot) - Number(a.isRoot) || rank(a.type) - rank(b.type),
  );
  const commands = new Map<string, Command.Loadable>();
  for (const plugin of sorted) {
    for (const command of plugin.commands) if (!commands.has(command.id)) commands.set(command.id, command);
  }
  return commands;
}

/** oclif's commands as the table every spelling is looked up in. */
export function tableOf(commands: ReadonlyMap<string, Command.Loadable>): CommandTable {
  const rows: [string, CommandRow][] = [];
  const aliases: [string, string][] = [];
  for (const [id, command] of commands) {
    const passthrough = (command as { passthrough?: boolean }).passthrough === true;
    const args = command.strict === false || Object.keys(command.args).length > 0;
    rows.push([id, { args, passthrough }]);
    for (const alias of [...command.aliases, ...(command.hiddenAliases ?? [])]) aliases.push([alias, id]);
  }
  return {
    names: namesText(rows, aliases),
    async load(id) {
      const command = commands.get(id);
      if (command === undefined) throw new Error(`no command ${id}`);
      return (await command.load()) as unknown as CommandClass;
    },
  };
}

async function runUnknown(
  config: Config,
  leading: readonly string[],
  words: readonly string[],
): Promise<void> {
  const commands = commandsOf(config);
  const table = tableOf(commands);
  const resolved = resolveWords(table, [...leading, ...words]);
  if (resolved.kind === 'help') return help(config, resolved.words);
  if (resolved.kind === 'run') return showHelp(config, resolved.id.split(':'));
  const topic = words.filter((word) => !word.startsWith('-'));
  if (isTopic(table, topic.join(':'))) return showHelp(config, topic);
  throw unknownCommand(table, words);
}

/** Help on a command, a topic, or `bit` itself. @throws BitError `not-found` for neither */
async function help(config: Config, words: readonly string[]): Promise<void> {
  const table = tableOf(commandsOf(config));
  for (let length = words.length; length > 0; length--) {
    const name = words.slice(0, length).join(':');
    if (commandId(table, name) !== undefined || isTopic(table, name))
      return showHelp(config, words.slice(0, length));
    if (length === 1) throw unknownCommand(table, words);
  }
  await showHelp(config, []);
}

/** Shows a bare topic as its commands, although by itself it is its list. */
class BitHelp extends Help {
  private readonly table: CommandTable;

  constructor(config: Config) {
    super(config, config.pjson.oclif.helpOptions ?? {});
    this.table = tableOf(commandsOf(config));
  }

  override async showHelp(argv: string[]): Promise<void> {
    const [name = ''] = argv;
    const topic = this.config.findTopic(name);
    if (topic === undefined || commandRow(this.table, name) !== undefined) return super.showHelp(argv);
    await this.showTopicHelp(topic);
    const alias = commandId(this.table, name);
    if (alias === undefined) return;
    const spoken = (id: string): string => `${this.config.bin} ${id.replaceAll(':', ' ')}`;
    this.log(`${spoken(name)} alone is ${spoken(alias)}.\n`);
  }
}

async function showHelp(config: Config, words: readonly string[]): Promise<void> {
  await new BitHelp(config).showHelp(words.length === 0 ? [] : [words.join(':')]);
}

/** What a plugin built on oclif alone throws, as ours. */
function fromOclif(error: unknown): unknown {
  if (!(error instanceof Errors.CLIError) || 'parse' in error) return error;
  return new BitError('failed', error.message, { cause: error });
}

import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { mayRun } from './capabilities.ts';
import { handlerText } from './manifest.ts';
import type { BotHandler, DeployedFile } from './model.ts';
import { checkScript, type NamedCommand, refuseFaults } from './script-check.ts';
import { BOTS_FOLDER } from './source.ts';

/** What is known of a handler before it runs. */
export interface CheckedHandler {
  readonly handler: string;
  /** Commands its script names; empty for one that is no script. */
  readonly commands: readonly NamedCommand[];
  /** Of these, those its capabilities don't cover. */
  readonly refused: readonly NamedCommand[];
}

/**
 * Holds a bot's script against its language and its capabilities.
 *
 * @throws BitError `usage` with every fault of a script that can't run
 */
export async function checkHandler(
  reader: Reader,
  bot: {
    readonly name: string;
    readonly handler: BotHandler;
    readonly files: readonly DeployedFile[];
    readonly granted: readonly string[];
  },
): Promise<CheckedHandler> {
  const { name, handler, files, granted } = bot;
  if (handler.kind !== 'script') return { handler: handlerText(handler), commands: [], refused: [] };
  const file = files.find(({ path }) => path === handler.path);
  const path = `${BOTS_FOLDER}/${name}/${handler.path}`;
  if (file === undefined) throw new BitError('not-found', `there is no ${path}`, { details: { path } });
  const checked = await checkScript(reader, { path, text: file.text, language: handler.language });
  refuseFaults(path, checked);
  const refused = checked.commands.filter(({ need }) => need !== null && !mayRun(granted, need));
  return { handler: handlerText(handler), commands: checked.commands, refused };
}

/** `line 3: bit tag new needs repo:tag`, for the plan. */
export function refusedLines(refused: readonly NamedCommand[]): readonly string[] {
  return refused.map(
    ({ line, need }) => `line ${line}: bit ${need?.command} will be refused: it needs ${need?.capability}`,
  );
}

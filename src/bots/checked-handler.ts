import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { requireExtension } from '../plugins/index.ts';
import { mayRun } from './capabilities.ts';
import { handlerText } from './manifest.ts';
import type { BotHandler, DeployedFile } from './model.ts';
import { checkScript, type NamedCommand, refuseFaults } from './script-check.ts';
import { BOTS_FOLDER } from './source.ts';
import { BUNDLED } from './templates-bundled.ts';

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
 * @throws BitError `usage` with every fault of a script that can't run, `not-found` where no plugin brings such a bot
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
  if (handler.kind !== 'script') {
    await requireBot(reader, handler);
    return { handler: handlerText(handler), commands: [], refused: [] };
  }
  const file = files.find(({ path }) => path === handler.path);
  const path = `${BOTS_FOLDER}/${name}/${handler.path}`;
  if (file === undefined) throw new BitError('not-found', `there is no ${path}`, { details: { path } });
  const checked = await checkScript(reader, { path, text: file.text, language: handler.language });
  refuseFaults(path, checked);
  const refused = checked.commands.filter(({ need }) => need !== null && !mayRun(granted, need));
  return { handler: handlerText(handler), commands: checked.commands, refused };
}

async function requireBot(reader: Reader, handler: Exclude<BotHandler, { kind: 'script' }>): Promise<void> {
  const extensions = await reader.extensions?.();
  if (handler.kind === 'plugin') {
    if (extensions !== undefined) requireExtension(extensions, 'bots', handlerText(handler));
    return;
  }
  const brought = extensions?.list('bots').filter(({ plugin }) => plugin.bundled) ?? [];
  const names = [...new Set([...BUNDLED, ...brought].map(({ name }) => name))];
  if (names.includes(handler.bot)) return;
  const near = nearest(handler.bot, names);
  throw new BitError('not-found', `no bot ${printable(handler.bot)} comes with bit`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `there are: ${names.join(', ')}`,
  });
}

/** `line 3: bit tag new needs repo:tag`, for the plan. */
export function refusedLines(refused: readonly NamedCommand[]): readonly string[] {
  return refused.map(
    ({ line, need }) => `line ${line}: bit ${need?.command} will be refused: it needs ${need?.capability}`,
  );
}

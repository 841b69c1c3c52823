import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { attachScript, renderAttached, type ScriptAttached } from '../../src/bots/index.ts';

export default class BotScript extends action({ action: 'bot.script', event: 'BOT_SCRIPT' })<ScriptAttached> {
  static override summary = 'Make a script a bot’s handler, once it parses; shows what it may do.';
  static override description =
    `The script is read by its language's own parser (.aln, .bat, .cmd, .lisp, .scm, .bit, .js, .mjs, .cjs, .sh), the bit
commands it names are held against the bot's capabilities, and it is copied beside the manifest. Nothing of it runs.`;
  static override examples = [
    '<%= config.bin %> bot script triage ./triage.scm',
    '<%= config.bin %> bot script triage ./triage.scm --dry-run',
  ];
  static override args = {
    bot: Args.string({ description: 'A bot of the tree.', required: true }),
    script: Args.string({ description: 'The script.', required: true }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof BotScript>) {
    return attachScript(reader, { bot: args.bot, script: args.script });
  }

  protected override render(out: ScriptAttached, page: Page): void {
    renderAttached(out, page);
  }
}

import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import {
  BOT_TEMPLATES,
  type BotWritten,
  createBot,
  renderWritten,
  SCRIPT_LANGUAGES,
  type ScriptLanguage,
} from '../../src/bots/index.ts';

export default class BotCreate extends action({ action: 'bot.create', event: 'BOT_CREATE' })<BotWritten> {
  static override summary = 'Write a new bot into the tree: one’s own, or from a template.';
  static override examples = [
    '<%= config.bin %> bot create custom greeter --language lisp --on workflow:failed --capability motd:add',
    '<%= config.bin %> bot create from-template --template repair',
    '<%= config.bin %> bot create from-template flaky --template retry-once',
  ];
  static override args = {
    mode: Args.string({
      description: 'What to start from.',
      options: ['custom', 'from-template'],
      default: 'custom',
    }),
    name: Args.string({ description: 'Its name; of a bundled bot default its own.' }),
  };
  static override flags = {
    template: Flags.string({ description: 'The template.', options: [...BOT_TEMPLATES] }),
    language: Flags.string({
      description: 'Of a custom bot’s script; default bit.',
      options: [...SCRIPT_LANGUAGES],
    }),
    description: Flags.string({ description: 'One sentence.' }),
    on: Flags.string({ description: 'What it hears of.', multiple: true, helpValue: 'EVENT[:KIND]' }),
    capability: Flags.string({ description: 'What it may do.', multiple: true, helpValue: 'repo:commit' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotCreate>) {
    const { template, description, on = [], capability = [] } = flags;
    return createBot(reader, {
      ...{ name: args.name, template, description, on, capabilities: capability },
      mode: args.mode === 'from-template' ? 'from-template' : 'custom',
      language: flags.language as ScriptLanguage | undefined,
    });
  }

  protected override render(out: BotWritten, page: Page): void {
    renderWritten(out, page);
  }
}

import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { githubFlags } from '../../src/cli/github-flags.ts';
import { type AutofixResult, autofix, renderAutofix } from '../../src/mending/index.ts';

export default class BotAutofix extends action({
  action: 'bot.autofix',
  event: 'BOT_AUTOFIX',
})<AutofixResult> {
  static override summary = 'Find why a run failed, and a change that makes it pass.';
  static override description =
    `The cause is looked for in the log and the tree by a catalogue of fixers (docs/repair.md). What one
proposes is tried in a throw-away copy, in the sandbox, and shown only if the step that failed passes
with it and nothing that passed breaks. Nothing of yours changes without --apply, which commits on a
branch of its own.`;
  static override examples = [
    '<%= config.bin %> bot autofix',
    '<%= config.bin %> bot autofix ci --apply',
    '<%= config.bin %> bot autofix pr 42 --apply',
    '<%= config.bin %> bot autofix issue 7',
  ];
  static override args = {
    what: Args.string({
      description: 'What failed.',
      options: ['issue', 'pr', 'workflow'],
      default: 'workflow',
    }),
    id: Args.string({
      description:
        'A run, its number (#12) or a workflow; default the last that failed. Of a PR or issue its number.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    apply: Flags.boolean({ description: 'Commit it on a branch fix/…; of a PR push it and comment.' }),
    here: Flags.boolean({ description: 'Commit on the current branch.', dependsOn: ['apply'] }),
    network: Flags.string({
      description: 'What the copies may reach.',
      options: ['none', 'host'],
      default: 'none',
    }),
    ...githubFlags,
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof BotAutofix>) {
    return autofix(reader, args.what, args.id, flags);
  }

  protected override exitCode(out: AutofixResult): number {
    return out.steps.some(({ proposed }) => proposed !== null) ? 0 : 1;
  }

  protected override render(out: AutofixResult, page: Page): void {
    renderAutofix(out, page);
  }
}

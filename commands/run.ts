import { Args, Flags } from '@oclif/core';
import { action, BitError, type Input, type Page, type Reader } from '../src/api/index.ts';
import { count } from '../src/cli/page.ts';
import { runScript, type ScriptResult } from '../src/script/index.ts';

export default class Run extends action({ action: 'workflow.run', event: 'WORKFLOW_RUN' })<ScriptResult> {
  static override summary = 'Run a .bit script: one dotted command a line.';
  static override description =
    `Lines starting with # are comments. $NAME and \${NAME} stand for --input values and environment
variables. The first line that fails ends the script; with --atomic everything before it is taken back.`;
  static override examples = [
    '<%= config.bin %> run release.bit --input VERSION=1.4.2',
    '<%= config.bin %> run release.bit --atomic',
    '<%= config.bin %> run release.bit --dry-run',
  ];
  static override args = {
    script: Args.string({ description: 'The script.', required: true, ignoreStdin: true }),
  };
  static override flags = {
    input: Flags.string({
      description: 'A variable for the script.',
      multiple: true,
      helpValue: 'NAME=VALUE',
    }),
    atomic: Flags.boolean({ description: 'All or nothing: undo what ran when a line fails.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Run>) {
    const inputs: Record<string, string> = {};
    for (const pair of flags.input ?? []) {
      const at = pair.indexOf('=');
      if (at < 1) throw new BitError('usage', `--input ${pair} is not NAME=VALUE`);
      inputs[pair.slice(0, at)] = pair.slice(at + 1);
    }
    return runScript(reader, { path: args.script, inputs, atomic: flags.atomic });
  }

  protected override render(out: ScriptResult, page: Page): void {
    page.line(`${page.safe(out.script)}: ${count(out.ran, 'command')} done`);
  }
}

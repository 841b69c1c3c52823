import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type CheckResult, check, checkExit, renderChecks, type Scope } from '../../src/check/index.ts';

export default class Check extends action({ action: 'check.fix', event: 'CHECK_FIX' })<CheckResult> {
  static override summary = 'Look for secrets, known faults, licences and what is not formatted.';
  static override description = `Reads only; --fix writes what the project's own formatter would.
Ends with 1 where something was found, and with 6 where a registry could not be asked and nothing else was found: what is
not known is no pass. --offline asks nobody.`;
  static override examples = [
    '<%= config.bin %> check',
    '<%= config.bin %> check format --fix',
    '<%= config.bin %> check security --offline',
    '<%= config.bin %> check license --format sarif',
  ];
  static override args = {
    scope: Args.string({
      description: 'What to look for; everything where nothing is said.',
      options: ['security', 'format', 'license'],
      ignoreStdin: true,
    }),
  };
  static override flags = {
    fix: Flags.boolean({ description: 'Put right what can be.' }),
    staged: Flags.boolean({ description: 'Only secrets in what is staged; for hooks.' }),
    offline: Flags.boolean({ description: 'Ask no registry.' }),
    format: Flags.string({ description: 'How it is printed.', options: ['text', 'sarif'], default: 'text' }),
  };
  static override paged = true;

  protected override effect(reader: Reader, { args, flags }: Input<typeof Check>) {
    return check(reader, {
      scope: (args.scope ?? 'all') as Scope,
      fix: flags.fix,
      offline: flags.offline,
      staged: flags.staged,
      format: flags.format as 'text' | 'sarif',
      version: this.config.version,
    });
  }

  protected override render(out: CheckResult, page: Page): void {
    renderChecks(out, page);
  }

  protected override exitCode(out: CheckResult): number {
    return checkExit(out);
  }
}

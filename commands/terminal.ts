import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { renderTerminal, runTerminal, type TerminalRun } from '../src/terminal/index.ts';

export default class Terminal extends action({ action: 'terminal.run', event: 'TERMINAL_RUN' })<TerminalRun> {
  static override summary = 'Run the commands of .bit-terminal.json, logs kept.';
  static override description =
    'Its preflight, then its commands or those named, each in a shell at the root of the repository; the first that fails ends it. Logs lie in .bit-terminal_logs/, secrets masked. Where there is no such file, a first one is written.';
  static override examples = [
    '<%= config.bin %> terminal',
    '<%= config.bin %> terminal lint unit',
    '<%= config.bin %> terminal --dry-run',
  ];
  static override strict = false;
  static override args = { command: Args.string({ description: 'Commands by name; none: all.' }) };

  protected override effect(reader: Reader, { rest }: Input<typeof Terminal>) {
    return runTerminal(reader, rest);
  }

  protected override render(out: TerminalRun, page: Page): void {
    renderTerminal(out, page);
  }
}

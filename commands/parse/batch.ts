import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type ParseReport, parseLanguage, renderParse } from '../../src/lang/index.ts';

export default class ParseBatch extends Query<ParseReport> {
  static override summary = 'Parse batch files of cmd.exe.';
  static override description =
    'Every error with line, column and what was expected, then warnings and what is defined. A folder, or no path for the whole repository, gives all files of the language that git does not ignore. Exits 1 where there is an error. The grammar is in docs/lang/batch.md.';
  static override examples = [
    '<%= config.bin %> parse batch',
    '<%= config.bin %> parse batch build.cmd --tree',
    '<%= config.bin %> parse batch build.cmd --format',
  ];
  static override args = {
    path: Args.string({ description: 'A file or a folder; default the repository.', ignoreStdin: true }),
  };
  static override flags = {
    tree: Flags.boolean({ description: 'The syntax tree of a file too.', exclusive: ['format'] }),
    format: Flags.boolean({ description: 'Print a file laid out instead.' }),
  };

  protected override execute(
    reader: Reader,
    { args, flags }: Input<typeof ParseBatch>,
  ): Promise<ParseReport> {
    return parseLanguage(reader, {
      language: 'batch',
      path: args.path,
      tree: flags.tree,
      format: flags.format,
    });
  }

  protected override render(out: ParseReport, page: Page): void {
    const formatted = out.files[0]?.formatted;
    if (formatted === undefined) renderParse(out, page);
    else page.raw(formatted);
  }

  protected override exitCode({ errors }: ParseReport): number {
    return errors > 0 ? 1 : 0;
  }
}

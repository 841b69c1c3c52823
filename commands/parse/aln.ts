import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type ParseReport, parseLanguage, renderParse } from '../../src/lang/index.ts';

export default class ParseAln extends Query<ParseReport> {
  static override summary = 'Parse ALN: contracts and scripts.';
  static override description =
    'Every error with line, column and what was expected, then warnings and what is defined. A folder, or no path for the whole repository, gives all files of the language that git does not ignore. Exits 1 where there is an error. The grammar is in docs/lang/aln.md.';
  static override examples = [
    '<%= config.bin %> parse aln',
    '<%= config.bin %> parse aln scripts/nightly.aln --tree',
    '<%= config.bin %> parse aln scripts/nightly.aln --format',
  ];
  static override args = {
    path: Args.string({ description: 'A file or a folder; default the repository.', ignoreStdin: true }),
  };
  static override flags = {
    tree: Flags.boolean({ description: 'The syntax tree of a file too.', exclusive: ['format'] }),
    format: Flags.boolean({ description: 'Print a file laid out instead.' }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof ParseAln>): Promise<ParseReport> {
    return parseLanguage(reader, {
      language: 'aln',
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

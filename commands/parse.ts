import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { type LanguageName, type ParseReport, parseLanguage, renderParse } from '../src/lang/index.ts';

export default class Parse extends Query<ParseReport> {
  static override summary = 'Parse ALN, Lisp or batch files: errors, warnings, symbols, tree, layout.';
  static override description =
    'Every error with line, column and what was expected, then warnings and what is defined. A folder, or no path for the whole repository, gives all files of the language that git does not ignore. Lisp is Scheme or Common Lisp, by the name of the file. Exits 1 where there is an error. The grammars are in docs/lang.';
  static override examples = [
    '<%= config.bin %> parse aln',
    '<%= config.bin %> parse lisp tools/build.scm --tree',
    '<%= config.bin %> parse batch build.cmd --format',
  ];
  static override args = {
    language: Args.string({
      options: ['aln', 'lisp', 'batch'],
      required: true,
      description: 'Which one.',
      ignoreStdin: true,
    }),
    path: Args.string({ description: 'A file or a folder; default the repository.', ignoreStdin: true }),
  };
  static override flags = {
    tree: Flags.boolean({ description: 'The syntax tree of a file too.', exclusive: ['format'] }),
    format: Flags.boolean({ description: 'Print a file laid out instead.' }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof Parse>): Promise<ParseReport> {
    const { tree, format } = flags;
    return parseLanguage(reader, { language: args.language as LanguageName, path: args.path, tree, format });
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

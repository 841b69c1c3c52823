import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { type BrowseResult, browse } from '../src/repository/index.ts';

export default class Browse extends Query<BrowseResult> {
  static override summary = 'Open the web page of the repository, a branch, commit, file or pull request.';
  static override examples = [
    '<%= config.bin %> browse',
    '<%= config.bin %> browse web src/main.ts:40',
    '<%= config.bin %> browse web v1.2.0 --print',
    "<%= config.bin %> browse web '#12'",
  ];
  static override args = {
    what: Args.string({
      options: ['web', 'internal', 'all'],
      default: 'web',
      description: 'web: the page at the remote.',
    }),
    target: Args.string({ description: 'Branch, tag, commit, FILE, FILE:LINE or #NUMBER; default: here.' }),
  };
  static override flags = {
    print: Flags.boolean({ description: 'Print the address instead of opening it.' }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof Browse>): Promise<BrowseResult> {
    const what = args.what === 'internal' || args.what === 'all' ? args.what : 'web';
    return browse(reader, { what, target: args.target, print: flags.print });
  }

  protected override render(out: BrowseResult, page: Page): void {
    page.line(out.opened ? `Opened ${page.safe(out.url)}` : page.safe(out.url));
  }
}

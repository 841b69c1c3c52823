import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader, type Rendering } from '../../src/api/index.ts';
import { ago } from '../../src/cli/page.ts';
import { type FileHistory, trackHistory } from '../../src/repository/index.ts';

export default class TrackHistory extends Query<FileHistory> {
  static override summary = "Show one file's commits through its renames.";
  static override examples = [
    '<%= config.bin %> track history src/main.ts',
    '<%= config.bin %> track history README.md -n 5 --json',
  ];
  static override args = { path: Args.string({ required: true, description: 'The file.' }) };
  static override flags = {
    limit: Flags.integer({
      char: 'n',
      min: 1,
      max: 100_000,
      default: 1000,
      description: 'The last N commits at most.',
      helpValue: 'N',
    }),
  };
  static override paged = true;

  protected override execute(
    reader: Reader,
    { args, flags }: Input<typeof TrackHistory>,
  ): Promise<FileHistory> {
    return trackHistory(reader, { path: args.path, limit: flags.limit });
  }

  protected override render(out: FileHistory, page: Page, { now }: Rendering): void {
    page.table(
      out.commits.map((commit) => [
        page.style.yellow(commit.oid.slice(0, 10)),
        commit.change === 'renamed' ? page.style.cyan('renamed') : commit.change,
        page.style.dim(ago(commit.date, now)),
        page.safe(commit.author),
        commit.from === null
          ? page.safe(commit.subject)
          : `${page.safe(commit.subject)} (${page.safe(commit.from)} → ${page.safe(commit.path)})`,
      ]),
    );
  }
}

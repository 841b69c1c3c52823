import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type CodeActivity, trackCode } from '../../src/repository/index.ts';

export default class TrackCode extends Query<CodeActivity> {
  static override summary = 'Show churn, owners and hot spots of the code.';
  static override description =
    'Files there are now, followed back through their renames. A hot spot changes much and is large: lines changed × bytes.';
  static override examples = [
    '<%= config.bin %> track code',
    "<%= config.bin %> track code --since '3 months ago' -n 20",
  ];
  static override flags = {
    since: Flags.string({ description: 'Only commits since then.', helpValue: 'TIME' }),
    commits: Flags.integer({
      min: 1,
      max: 200_000,
      default: 5000,
      description: 'Look at the last N commits at most.',
      helpValue: 'N',
    }),
    limit: Flags.integer({
      char: 'n',
      min: 1,
      max: 1000,
      default: 10,
      description: 'List N of each.',
      helpValue: 'N',
    }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { flags }: Input<typeof TrackCode>): Promise<CodeActivity> {
    return trackCode(reader, { commits: flags.commits, since: flags.since, limit: flags.limit });
  }

  protected override render(out: CodeActivity, page: Page): void {
    page.line(`${count(out.commits, 'commit')}, +${out.added} −${out.deleted} lines`);
    const owner = (file: CodeActivity['churn'][number]): string => {
      const [first] = file.owners;
      return first === undefined ? '' : `${page.safe(first.name)} ${Math.round(first.share * 100)}%`;
    };
    page.line(`\n${page.style.bold('Churn')}`);
    page.table(
      out.churn.map((file) => [
        `+${file.added} −${file.deleted}`,
        count(file.commits, 'commit'),
        page.safe(file.path),
        owner(file),
      ]),
    );
    page.line(`\n${page.style.bold('Hot spots')}`);
    page.table(
      out.hotSpots.map((file) => [
        `${file.added + file.deleted} lines × ${file.size} bytes`,
        page.safe(file.path),
        owner(file),
      ]),
    );
    page.line(`\n${page.style.bold('Owners')}`);
    page.table(
      out.owners.map((one) => [
        `${Math.round(one.share * 100)}%`,
        count(one.commits, 'commit'),
        page.safe(one.name),
      ]),
    );
  }
}

import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader, type Rendering } from '../../src/api/index.ts';
import { ago } from '../../src/cli/page.ts';
import { type BranchListing, listBranches } from '../../src/repository/index.ts';

export default class BranchList extends Query<BranchListing> {
  static override summary = 'List branches with what they track.';
  static override examples = ['<%= config.bin %> branch', '<%= config.bin %> branch list --all --json'];
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Remote-tracking branches too.' }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { flags }: Input<typeof BranchList>): Promise<BranchListing> {
    return listBranches(reader, { all: flags.all });
  }

  protected override render({ branches }: BranchListing, page: Page, { now }: Rendering): void {
    page.table(
      branches.map((branch) => [
        branch.current ? page.style.green('*') : ' ',
        branch.current ? page.style.green(page.safe(branch.short)) : page.safe(branch.short),
        tracking(branch),
        page.style.dim(ago(branch.committed, now)),
        page.safe(branch.subject),
      ]),
    );
  }
}

function tracking(branch: BranchListing['branches'][number]): string {
  if (branch.upstream === undefined) return '';
  if (branch.gone) return `${branch.upstream} (gone)`;
  const steps = [branch.ahead ? `↑${branch.ahead}` : '', branch.behind ? `↓${branch.behind}` : ''].filter(
    Boolean,
  );
  return [branch.upstream, ...steps].join(' ');
}

import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { type Why, why } from '../src/history/index.ts';

export default class WhyCommand extends Query<Why> {
  static override summary =
    'Tell the commit, the ledger entry, the rule that allowed it and the run it came from.';
  static override examples = [
    '<%= config.bin %> why main',
    '<%= config.bin %> why src/index.ts:42',
    '<%= config.bin %> why 9f86d081 --json',
  ];
  static override args = {
    what: Args.string({
      description: 'A ref, commit, file:line, operation or entry.',
      required: true,
      ignoreStdin: true,
    }),
  };

  protected override execute(reader: Reader, { args }: Input<typeof WhyCommand>): Promise<Why> {
    return why(reader, args.what);
  }

  protected override render({ commit, line, operation, policy }: Why, page: Page): void {
    const rows: string[][] = [];
    if (line !== null) rows.push(['line', page.safe(line.trim())]);
    if (commit !== null) {
      rows.push(['commit', `${commit.oid.slice(0, 10)} ${page.safe(commit.subject)}`]);
      rows.push(['author', `${page.safe(commit.author)}, ${commit.date}`]);
    }
    if (operation === null) rows.push(['operation', 'none: made without bit, or before its ledger began']);
    else {
      rows.push(['operation', `${operation.op} ${operation.event}: ${page.safe(operation.summary)}`]);
      rows.push(
        ['by', `${page.safe(operation.as ?? 'unknown')}, ${operation.ts}`],
        ['entry', operation.entry],
      );
      if (operation.parent !== null)
        rows.push(['inside', `${operation.parent.op} ${page.safe(operation.parent.summary)}`]);
    }
    for (const rule of policy?.rules ?? []) rows.push(['allowed by', rule]);
    if (policy !== null) rows.push(['policy', policy.digest]);
    page.table(rows);
  }
}

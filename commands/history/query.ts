import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type HistoryEntry, queryHistory, said } from '../../src/history/index.ts';

interface HistoryListing {
  readonly entries: readonly HistoryEntry[];
}

export default class HistoryQuery extends Query<HistoryListing> {
  static override summary = 'Search the operation history.';
  static override description =
    'EXPR is a jq expression over an entry; entries for which it is true are listed, newest first.';
  static override examples = [
    '<%= config.bin %> history query --event COMMIT --since 2026-01-01',
    `<%= config.bin %> history query '.phase == "denied" and .payload.action == "repo.push"'`,
  ];
  static override args = { expr: Args.string({ description: 'jq expression.', ignoreStdin: true }) };
  static override flags = {
    event: Flags.string({ description: 'Ledger event, e.g. COMMIT.' }),
    phase: Flags.option({
      options: ['intent', 'outcome', 'denied', 'note'] as const,
      description: 'Phase of the entry.',
    })(),
    actor: Flags.string({ description: 'Public key that signed.' }),
    since: Flags.string({ description: 'From this time on (RFC 3339).' }),
    until: Flags.string({ description: 'Up to this time (RFC 3339).' }),
    limit: Flags.integer({ char: 'n', description: 'At most this many.', default: 50, min: 1 }),
  };
  static override paged = true;

  protected override async execute(
    reader: Reader,
    { args, flags }: Input<typeof HistoryQuery>,
  ): Promise<HistoryListing> {
    const { event, phase, actor, since, until, limit } = flags;
    const filter = { event, phase, actor, since, until, limit };
    const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    return { entries: await queryHistory(reader, { ...given, where: args.expr }) };
  }

  protected override render({ entries }: HistoryListing, page: Page): void {
    page.table(
      entries.map((entry) => [
        page.style.dim(entry.ts),
        entry.op,
        entry.event,
        entry.phase,
        page.safe(said(entry)),
      ]),
    );
    if (entries.length === 0) page.line('no entry matches');
  }
}

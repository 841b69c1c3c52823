import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type EntryListing, listEntries, renderEntries } from '../../src/timeline/index.ts';

const PHASES = ['intent', 'outcome', 'denied', 'note'] as const;

export default class LedgerList extends Query<EntryListing> {
  static override summary = 'List ledger entries, newest first.';
  static override examples = [
    '<%= config.bin %> ledger list',
    '<%= config.bin %> ledger list --phase denied --since yesterday',
    '<%= config.bin %> ledger list --event commit -n 0 --json',
  ];
  static override flags = {
    op: Flags.string({ description: 'Of this operation.' }),
    chain: Flags.string({ description: 'Of this chain.' }),
    event: Flags.string({ description: 'Of this event.' }),
    phase: Flags.string({ description: 'Of this phase.', options: PHASES }),
    actor: Flags.string({ description: 'Signed by this public key.' }),
    since: Flags.string({ description: 'Not older than this.', helpValue: 'TIME' }),
    until: Flags.string({ description: 'Not newer than this.', helpValue: 'TIME' }),
    number: Flags.integer({ char: 'n', description: 'Most entries; 0 for all.', default: 50, min: 0 }),
  };
  static override paged = true;

  protected override async execute(
    reader: Reader,
    { flags }: Input<typeof LedgerList>,
  ): Promise<EntryListing> {
    const { op, chain, event, actor, since, until, number: limit } = flags;
    const phase = PHASES.find((name) => name === flags.phase);
    return listEntries(reader, { op, chain, event, phase, actor, since, until, limit });
  }

  protected override render(out: EntryListing, page: Page): void {
    renderEntries(out, page);
  }
}

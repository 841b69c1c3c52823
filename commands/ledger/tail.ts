import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { followLedger, type Tail, tailLedger, tailLine } from '../../src/transparency/index.ts';

interface Tailed extends Tail {
  /** With --follow the entries were shown as they came; whether all of them held. */
  readonly followed: { readonly holds: boolean } | null;
}

export default class LedgerTail extends Query<Tailed> {
  static override summary = 'Show the last entries of every chain, each verified.';
  static override description =
    'With --follow new ones are shown as they are appended or received, until Ctrl-C, or the first that nobody reads any more; with --json one object a line.';
  static override examples = [
    '<%= config.bin %> ledger tail',
    '<%= config.bin %> ledger tail -n 100 --json',
    '<%= config.bin %> ledger tail --follow',
  ];
  static override flags = {
    number: Flags.integer({ char: 'n', description: 'Entries.', default: 10, min: 0 }),
    follow: Flags.boolean({ char: 'f', description: 'Go on with what comes.' }),
  };

  protected override async execute(reader: Reader, { flags }: Input<typeof LedgerTail>): Promise<Tailed> {
    if (!flags.follow) return { ...(await tailLedger(reader, flags.number)), followed: null };
    const line = reader.streams.free ? tailLine : JSON.stringify;
    return { entries: [], followed: await followLedger(reader, { most: flags.number, line }) };
  }

  protected override streamed({ followed }: Tailed): boolean {
    return followed !== null;
  }

  protected override render({ entries }: Tailed, page: Page): void {
    page.table(
      entries.map((entry) => [
        entry.holds ? page.style.green('holds') : page.style.red('FAILS'),
        page.style.dim(entry.ts),
        page.style.dim(`${entry.chain.slice(-6)}#${entry.seq}`),
        page.style.yellow(entry.entry_sha256.slice(0, 12)),
        `${entry.event} ${entry.phase}`,
        page.safe(entry.as ?? ''),
      ]),
    );
    if (entries.length === 0) page.line('No entries.');
  }

  protected override exitCode({ entries, followed }: Tailed): number {
    return entries.every((entry) => entry.holds) && followed?.holds !== false ? 0 : 7;
  }
}

import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Redaction, redactEntry, sayOther } from '../../src/transparency/index.ts';

export default class LedgerRedact extends action({
  action: 'ledger.redact',
  event: 'LEDGER_REDACT',
})<Redaction> {
  static override summary = 'Drop the payload of an entry for good.';
  static override description =
    `The entry, its signature and its chain stay whole and verify as before; what was in the payload can't be guessed from its digest, which is salted. An operation whose intent is redacted can't be undone. What an intent says, its outcome may say again (and its freeze, its approval or the entries of what ran inside it): those still there of the same operation are named.
Clones that received the payload still have it.`;
  static override examples = [
    '<%= config.bin %> ledger redact 3fa1c0',
    '<%= config.bin %> ledger redact 3fa1c0 --dry-run',
  ];
  static override args = {
    entry: Args.string({ required: true, description: 'First digits of its SHA-256.' }),
  };

  protected override effect(reader: Reader, { args }: Input<typeof LedgerRedact>) {
    return redactEntry(reader, args.entry);
  }

  protected override render(out: Redaction, page: Page): void {
    const { entry, event, seq, dropped } = out;
    page.line(
      dropped
        ? `${entry.slice(0, 12)}: payload of entry ${seq} (${event}) dropped; the chain is whole`
        : `${entry.slice(0, 12)}: it was withheld already`,
    );
    for (const other of out.others)
      page.line(`  there is still ${sayOther(other)}: bit ledger redact ${other.entry.slice(0, 12)}`);
  }
}

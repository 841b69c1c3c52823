import { action, type Page, type Reader } from '../../src/api/index.ts';
import { checkpointLedger, type SignedCheckpoint } from '../../src/transparency/index.ts';

export default class LedgerCheckpoint extends action({
  action: 'ledger.checkpoint',
  event: 'LEDGER_CHECKPOINT',
})<SignedCheckpoint> {
  static override summary = 'Sign the head of the ledger and remember it.';
  static override description =
    `Prints the checkpoint (c2sp.org/tlog-checkpoint, a signed note). Keep it elsewhere: whoever changes the ledger later is found out by it. --json tells the verifier key too.
A ledger that does not go on from the checkpoint signed before is refused, exit 7.`;
  static override examples = [
    '<%= config.bin %> ledger checkpoint',
    '<%= config.bin %> ledger checkpoint > ledger.checkpoint',
    '<%= config.bin %> ledger checkpoint --jq .key',
  ];

  protected override effect(reader: Reader) {
    return checkpointLedger(reader);
  }

  protected override render(out: SignedCheckpoint, page: Page): void {
    for (const line of out.note.trimEnd().split('\n')) page.line(line);
  }
}

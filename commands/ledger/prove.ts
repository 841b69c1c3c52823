import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type Proof, proveEntry } from '../../src/transparency/index.ts';

export default class LedgerProve extends Query<Proof> {
  static override summary = 'Print a proof that an entry is in the ledger.';
  static override description =
    `The proof (c2sp.org/tlog-proof) verifies offline on a machine that has only the file and the key: bit ledger verify FILE --key VKEY. It leads to the last checkpoint, so sign one first where the entry is newer.
The entry itself is in the proof; its payload only with --payload.`;
  static override examples = [
    '<%= config.bin %> ledger prove > newest.tlog-proof',
    '<%= config.bin %> ledger prove 3fa1c0 --payload > entry.tlog-proof',
    '<%= config.bin %> ledger prove 3fa1c0 --checkpoint ledger.checkpoint',
  ];
  static override args = {
    entry: Args.string({
      description: 'First digits of its SHA-256; default the newest the checkpoint covers.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    payload: Flags.boolean({ description: 'With the payload.' }),
    bare: Flags.boolean({ description: 'Without the entry.', exclusive: ['payload'] }),
    checkpoint: Flags.string({
      description: 'Lead to the checkpoint in this file; default the last one seen.',
      helpValue: 'FILE',
    }),
  };

  protected override execute(reader: Reader, { args, flags }: Input<typeof LedgerProve>): Promise<Proof> {
    const { payload, bare, checkpoint } = flags;
    return proveEntry(reader, { entry: args.entry, payload, bare, checkpoint });
  }

  protected override render(out: Proof, page: Page): void {
    for (const line of out.proof.trimEnd().split('\n')) page.line(line);
  }
}

import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { renderVerification, type Verification, verify } from '../../src/transparency/index.ts';

export default class LedgerVerify extends Query<Verification> {
  static override summary = 'Verify the ledger, a proof, or anybody’s log.';
  static override description =
    `The ledger here: numbering, links, digests, signatures, payloads, the tree over each chain, that each signer is believed and not revoked, and that each chain goes on from the checkpoints seen of it. On all cores.
A proof file: that the entry in it is in the log whose key is given. --log: a whole tlog-tiles log in a folder or on the web.
A fault is named by place and field, and exits 7.`;
  static override examples = [
    '<%= config.bin %> ledger verify',
    '<%= config.bin %> ledger verify --checkpoint ledger.checkpoint',
    '<%= config.bin %> ledger verify entry.tlog-proof --key log.example/a+2e4b…+AX…',
    '<%= config.bin %> ledger verify --log https://log.example/a --key log.example/a+2e4b…+AX…',
  ];
  static override args = {
    proof: Args.string({ description: 'A proof file; default the ledger here.', ignoreStdin: true }),
  };
  static override flags = {
    key: Flags.string({
      description: 'Verifier key of the log or a witness; default those believed here.',
      helpValue: 'VKEY',
      multiple: true,
    }),
    log: Flags.string({ description: 'A tlog-tiles log.', helpValue: 'DIR|URL' }),
    origin: Flags.string({ description: 'Name of the log, where its key has another.' }),
    leaf: Flags.string({ description: 'The entry a bare proof is about.', helpValue: 'FILE' }),
    checkpoint: Flags.string({
      description: 'A checkpoint of the ledger seen earlier.',
      helpValue: 'FILE',
      multiple: true,
    }),
  };

  protected override execute(
    reader: Reader,
    { args, flags }: Input<typeof LedgerVerify>,
  ): Promise<Verification> {
    const { key, log, origin, leaf, checkpoint } = flags;
    return verify(reader, {
      proof: args.proof,
      log,
      keys: key ?? [],
      origin,
      leaf,
      checkpoints: checkpoint ?? [],
    });
  }

  protected override render(out: Verification, page: Page): void {
    renderVerification(out, page);
  }

  protected override exitCode(out: Verification): number {
    return out.ok ? 0 : 7;
  }
}

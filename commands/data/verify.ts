import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type AssetVerification, verifyAsset } from '../../src/transparency/index.ts';

export default class DataVerify extends Query<AssetVerification> {
  static override summary = 'Verify a commit, a file or a ledger entry.';
  static override description =
    `integrity: its bytes against their digest. blockchain: the entry that recorded it, the entry's inclusion in a signed checkpoint, and that the chain goes on from the checkpoint. Offline; what doesn't hold exits 7.`;
  static override examples = [
    '<%= config.bin %> data verify integrity src/main.ts',
    '<%= config.bin %> data verify blockchain HEAD',
    '<%= config.bin %> data verify blockchain 3fa1c0de --json',
  ];
  static override args = {
    mode: Args.string({
      required: true,
      options: ['integrity', 'blockchain'],
      description: 'What to verify.',
    }),
    asset: Args.string({
      required: true,
      description: 'A revision, a file, or the first digits of an entry.',
    }),
  };

  protected override execute(reader: Reader, { args }: Input<typeof DataVerify>): Promise<AssetVerification> {
    return verifyAsset(reader, args.mode === 'integrity' ? 'integrity' : 'blockchain', args.asset);
  }

  protected override render(out: AssetVerification, page: Page): void {
    page.table(
      out.checks.map(({ name, ok, detail }) => [
        ok ? page.style.green('holds') : page.style.red('FAILS'),
        name,
        page.safe(detail),
      ]),
    );
  }

  protected override exitCode(out: AssetVerification): number {
    return out.ok ? 0 : 7;
  }
}

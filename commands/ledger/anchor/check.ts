import { Args, Flags } from '@oclif/core';
import { DRIVER_NAMES } from '../../../src/anchor/index.ts';
import { type Input, type Page, Query, type Reader } from '../../../src/api/index.ts';
import {
  type AnchorCheck,
  anchorCheckExitCode,
  checkAnchors,
  renderAnchorCheck,
} from '../../../src/transparency/index.ts';

export default class LedgerAnchorCheck extends Query<AnchorCheck> {
  static override summary = 'Hold the ledger against what was anchored of it.';
  static override description =
    `Every receipt: the root of as many entries is computed again, the receipt's own proof verified, and its place asked. What contradicts the ledger is exit 7, with both checkpoints; a place that can't be asked is exit 6, and no contradiction.`;
  static override examples = [
    '<%= config.bin %> ledger anchor check',
    '<%= config.bin %> ledger anchor check --offline',
    '<%= config.bin %> ledger anchor check mirror --json',
  ];
  static override strict = false;
  static override args = {
    anchor: Args.string({ description: 'Names of anchors; default all.' }),
  };
  static override flags = {
    driver: Flags.string({
      description: `Those of this driver: ${DRIVER_NAMES.join(', ')} or plugin:<package>#<name>.`,
    }),
    offline: Flags.boolean({ description: 'Ask nobody: only what receipts prove by themselves.' }),
  };

  protected override execute(
    reader: Reader,
    { flags, rest }: Input<typeof LedgerAnchorCheck>,
  ): Promise<AnchorCheck> {
    return checkAnchors(reader, { names: rest, driver: flags.driver, offline: flags.offline });
  }

  protected override render(out: AnchorCheck, page: Page): void {
    renderAnchorCheck(out, page);
  }

  protected override exitCode(out: AnchorCheck): number {
    return anchorCheckExitCode(out);
  }
}

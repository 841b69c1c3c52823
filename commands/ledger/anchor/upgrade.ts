import { Args, Flags } from '@oclif/core';
import { DRIVER_NAMES } from '../../../src/anchor/index.ts';
import { action, type Input, type Page, type Reader } from '../../../src/api/index.ts';
import {
  type AnchorUpgrade,
  anchorUpgradeExitCode,
  renderAnchorUpgrade,
  upgradeAnchors,
} from '../../../src/transparency/index.ts';

export default class LedgerAnchorUpgrade extends action({
  action: 'ledger.anchor',
  event: 'LEDGER_ANCHOR_UPGRADE',
})<AnchorUpgrade> {
  static override summary = 'Complete receipts that are still pending.';
  static override description =
    'OpenTimestamps promises a place in a Bitcoin block some hours later: this fetches the proof of it from the calendars and keeps it in the receipt.';
  static override examples = [
    '<%= config.bin %> ledger anchor upgrade',
    '<%= config.bin %> ledger anchor upgrade calendar --dry-run',
  ];
  static override strict = false;
  static override args = {
    anchor: Args.string({ description: 'Names of anchors; default all.' }),
  };
  static override flags = {
    driver: Flags.string({
      description: `Those of this driver: ${DRIVER_NAMES.join(', ')} or plugin:<package>#<name>.`,
    }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof LedgerAnchorUpgrade>) {
    return upgradeAnchors(reader, { names: rest, driver: flags.driver });
  }

  protected override render(out: AnchorUpgrade, page: Page): void {
    renderAnchorUpgrade(out, page);
  }

  protected override exitCode(out: AnchorUpgrade): number {
    return anchorUpgradeExitCode(out);
  }
}

import { Args, Flags } from '@oclif/core';
import { DRIVER_NAMES } from '../../../src/anchor/index.ts';
import { action, type Input, type Page, type Reader } from '../../../src/api/index.ts';
import {
  type AnchorResult,
  anchorExitCode,
  anchorLedger,
  renderAnchored,
} from '../../../src/transparency/index.ts';

export default class LedgerAnchorAdd extends action({
  action: 'ledger.anchor',
  event: 'LEDGER_ANCHOR',
})<AnchorResult> {
  static override summary = 'Send a checkpoint of the ledger to places outside that remember it.';
  static override description =
    `Anchors stand in .bithub.yml under ledger.anchors, by name: {driver: git, remote: origin}. One checkpoint is signed and goes to all that are named, or to all there are; the receipts are kept with the ledger.
A place that holds what this ledger does not go on from is exit 7: the ledger was cut, put back or rewritten.`;
  static override examples = [
    '<%= config.bin %> ledger anchor add',
    '<%= config.bin %> ledger anchor add mirror',
    '<%= config.bin %> ledger anchor add --driver git --dry-run',
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

  protected override effect(reader: Reader, { flags, rest }: Input<typeof LedgerAnchorAdd>) {
    return anchorLedger(reader, { names: rest, driver: flags.driver });
  }

  protected override render(out: AnchorResult, page: Page): void {
    renderAnchored(out, page);
  }

  protected override exitCode(out: AnchorResult): number {
    return anchorExitCode(out);
  }
}

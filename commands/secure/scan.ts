import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  renderSecure,
  SCAN_SCOPES,
  type ScanScope,
  type SecureReport,
  scanAll,
} from '../../src/secure/index.ts';

export default class SecureScan extends Query<SecureReport> {
  static override summary = 'Look over work tree, history, dependencies, workflows and permissions.';
  static override description =
    `One report; ends with 1 where a part failed or could not be told. --offline asks no registry.`;
  static override examples = [
    '<%= config.bin %> secure scan --offline',
    '<%= config.bin %> secure scan history --most 100000',
    '<%= config.bin %> secure scan permissions --json',
  ];
  static override args = {
    scope: Args.string({ description: 'What to look over.', options: [...SCAN_SCOPES], default: 'all' }),
  };
  static override flags = {
    offline: Flags.boolean({ description: 'Ask no registry.' }),
    most: Flags.integer({ description: 'Most commits of the history.', default: 10_000, min: 1 }),
  };
  static override paged = true;

  protected override execute(
    reader: Reader,
    { args, flags }: Input<typeof SecureScan>,
  ): Promise<SecureReport> {
    return scanAll(reader, { scope: args.scope as ScanScope, offline: flags.offline, most: flags.most });
  }

  protected override render(out: SecureReport, page: Page): void {
    renderSecure(out, page);
  }

  protected override exitCode(out: SecureReport): number {
    return out.ok ? 0 : 1;
  }
}

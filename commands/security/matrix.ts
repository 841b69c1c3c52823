import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { renderMatrix, type SupportMatrix, supportMatrix } from '../../src/supported/index.ts';

export default class SecurityMatrix extends action({
  action: 'security.matrix',
  event: 'SECURITY_MATRIX',
})<SupportMatrix> {
  static override summary = 'Write the table of supported versions of SECURITY.md as JSON.';
  static override description =
    'To orchestration_audit/supported_versions.json, for audits and policy gates. A flow of an unsupported version is blocked, or run in a sandbox where the notes of its row say so. --check only judges a version, and exits 1 where it is blocked.';
  static override examples = [
    '<%= config.bin %> security matrix',
    '<%= config.bin %> security matrix --check 5.0.2',
  ];
  static override flags = {
    check: Flags.string({ description: 'Only judge this version.', helpValue: 'VERSION' }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof SecurityMatrix>) {
    return supportMatrix(reader, { check: flags.check });
  }

  protected override render(out: SupportMatrix, page: Page): void {
    renderMatrix(out, page);
  }

  protected override exitCode({ written, current }: SupportMatrix): number {
    return written === null && current?.verdict === 'blocked' ? 1 : 0;
  }
}

import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type AcceptResult, acceptPolicy } from '../../src/guard/index.ts';

export default class PolicyAccept extends action({
  action: 'policy.accept',
  event: 'POLICY_ACCEPT',
})<AcceptResult> {
  static override summary = 'Take the policies of the tree as the set in force.';
  static override description =
    `Judged by the set in force until now. A set with faults, or one that would deny accepting the next, is refused.
--recover mends a damaged accepted set from the tree; the built-in policies judge it.`;
  static override examples = [
    '<%= config.bin %> policy accept',
    '<%= config.bin %> policy accept --dry-run',
    '<%= config.bin %> policy accept --recover',
  ];
  static override flags = {
    lockout: Flags.boolean({ description: 'Accept even a set that lets nobody accept another.' }),
    recover: Flags.boolean({ description: 'Replace a damaged accepted set.' }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof PolicyAccept>) {
    return acceptPolicy(reader, { lockout: flags.lockout, recover: flags.recover });
  }

  protected override render(out: AcceptResult, page: Page): void {
    const what = out.files.length === 0 ? 'the built-in policies' : `${out.files.length} policy files`;
    page.line(`${out.recovered ? 'Recovered' : 'Accepted'} ${what}, ${out.digest.slice(0, 19)}.`);
    for (const path of out.changed) page.line(`  ${page.safe(path)}`);
  }
}

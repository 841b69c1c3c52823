import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type RequestedApproval, requestApproval } from '../../src/approval/index.ts';

export default class ApprovalRequest extends action({
  action: 'workflow.approve',
  event: 'APPROVAL_REQUEST',
})<RequestedApproval> {
  static override summary = 'Ask others to approve what was denied.';
  static override description =
    `For denials that say an approval lifts them. Approved is exactly what was denied: that action, its arguments and target,
by that policy; once it is, do it again. Others see the request when the ledger is pushed.`;
  static override examples = [
    '<%= config.bin %> approval request',
    '<%= config.bin %> approval request repo.tag --for 3d',
    '<%= config.bin %> approval request 01m7zfgpcavqcb8ptmnpd9nkyz',
  ];
  static override args = {
    what: Args.string({
      ignoreStdin: true,
      description:
        'A denied operation, its action, or a workflow; the newest such denial where nothing is said.',
    }),
  };
  static override flags = {
    for: Flags.string({ description: 'How long approvals of it count: 90m, 24h, 3d.', default: '24h' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof ApprovalRequest>) {
    return requestApproval(reader, { what: args.what, life: flags.for });
  }

  protected override render(out: RequestedApproval, page: Page): void {
    page.line(page.safe(`Requested approval of ${out.action}: ${out.why}`));
    page.line(`Others approve with: bit approval grant ${out.request}`);
    page.line(`It runs out at ${out.expires}.`);
  }
}

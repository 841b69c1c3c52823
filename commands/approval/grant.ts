import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { giveVerdict, type VerdictGiven } from '../../src/approval/index.ts';

export default class ApprovalGrant extends action({
  action: 'workflow.approve',
  event: 'APPROVAL_GRANT',
})<VerdictGiven> {
  static override summary = 'Approve a request.';
  static override description =
    'Signed by your key, which the accepted signers trust. Nobody approves their own, unless the policy says so.';
  static override examples = [
    '<%= config.bin %> approval grant 01m7zfgpcavqcb8ptmnpd9nkyz',
    "<%= config.bin %> approval grant 01m7zfgpcavqcb8ptmnpd9nkyz --note 'seen the diff'",
  ];
  static override args = {
    request: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'The request, by its operation.',
    }),
  };
  static override flags = { note: Flags.string({ description: 'Why; stands in the ledger.' }) };

  protected override effect(reader: Reader, { args, flags }: Input<typeof ApprovalGrant>) {
    return giveVerdict(reader, { kind: 'grant', request: args.request, note: flags.note });
  }

  protected override render(out: VerdictGiven, page: Page): void {
    page.line(page.safe(`Granted ${out.action}.`));
    page.line(out.lifted ? 'It may be done now.' : `It takes ${out.missing} more.`);
  }
}

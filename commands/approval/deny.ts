import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { giveVerdict, type VerdictGiven } from '../../src/approval/index.ts';

export default class ApprovalDeny extends action({
  action: 'workflow.approve',
  event: 'APPROVAL_DENY',
})<VerdictGiven> {
  static override summary = 'Refuse a request.';
  static override description =
    'Signed by your key, which the accepted signers trust. A refusal holds until who gave it grants instead.';
  static override examples = [
    '<%= config.bin %> approval deny 01m7zfgpcavqcb8ptmnpd9nkyz',
    "<%= config.bin %> approval deny 01m7zfgpcavqcb8ptmnpd9nkyz --note 'not before Monday'",
  ];
  static override args = {
    request: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'The request, by its operation.',
    }),
  };
  static override flags = { note: Flags.string({ description: 'Why; stands in the ledger.' }) };

  protected override effect(reader: Reader, { args, flags }: Input<typeof ApprovalDeny>) {
    return giveVerdict(reader, { kind: 'deny', request: args.request, note: flags.note });
  }

  protected override render(out: VerdictGiven, page: Page): void {
    page.line(page.safe(`Denied ${out.action}.`));
  }
}

import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type ApprovalLog, approvalLog } from '../../src/approval/index.ts';

export default class ApprovalLogCommand extends Query<ApprovalLog> {
  static override summary = 'Show requests for approval and what became of them.';
  static override examples = [
    '<%= config.bin %> approval log',
    '<%= config.bin %> approval log deploy',
    '<%= config.bin %> approval log repo.tag --last 5',
  ];
  static override args = {
    what: Args.string({ ignoreStdin: true, description: 'A workflow, an action, or a request.' }),
  };
  static override flags = {
    last: Flags.integer({ description: 'How many.', default: 50, min: 1, max: 10_000 }),
  };
  static override paged = true;

  protected override execute(
    reader: Reader,
    { args, flags }: Input<typeof ApprovalLogCommand>,
  ): Promise<ApprovalLog> {
    return approvalLog(reader, args.what, flags.last);
  }

  protected override render(out: ApprovalLog, page: Page): void {
    if (out.requests.length === 0) page.line('No requests.');
    for (const {
      op,
      ts,
      action,
      why,
      state,
      used,
      granted,
      needed,
      as,
      by,
      expires,
      verdicts,
    } of out.requests) {
      page.line(page.safe(`${op} ${state} (${granted} of ${needed}) ${action}: ${why}`));
      if (used !== null) page.line(page.safe(`  used by operation ${used}`));
      page.line(page.safe(`  requested ${ts} by ${as ?? by}, runs out ${expires}`));
      for (const { kind, as: who, by: key, ts: at, note } of verdicts)
        page.line(
          page.safe(
            `  ${kind === 'grant' ? 'granted' : 'denied'} ${at} by ${who ?? key}${note === null ? '' : `: ${note}`}`,
          ),
        );
    }
  }
}

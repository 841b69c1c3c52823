import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  type AuditReport,
  auditReport,
  auditWorkflows,
  failsAt,
  renderAudit,
} from '../../src/github-workflow/index.ts';

const SEVERITIES = ['info', 'low', 'medium', 'high'] as const;

export default class AuditWorkflow extends Query<AuditReport> {
  static override summary = 'Find what is unsafe or dead in GitHub workflows.';
  static override description =
    `Script injection, actions that aren't named by a commit, permissions, dangerous triggers, secrets, caches and steps that never run, by line and column.
--patch prints the mechanical fixes as a diff that git apply takes; --format sarif is for code scanning.`;
  static override examples = [
    '<%= config.bin %> audit workflow',
    '<%= config.bin %> audit workflow ci --fail-on medium',
    '<%= config.bin %> audit workflow --patch',
    '<%= config.bin %> audit workflow --format sarif',
  ];
  static override args = {
    workflow: Args.string({ description: 'Name or file; default all.', ignoreStdin: true }),
  };
  static override flags = {
    format: Flags.string({ description: 'How it is printed.', options: ['text', 'sarif'], default: 'text' }),
    patch: Flags.boolean({ description: 'Print the mechanical fixes as a diff.' }),
    severity: Flags.string({ description: 'Leave out what is less.', options: SEVERITIES }),
    'fail-on': Flags.string({
      description: 'Exit 1 where something is found that is this or worse.',
      options: SEVERITIES,
    }),
  };
  static override paged = true;

  protected override async execute(
    reader: Reader,
    { args, flags }: Input<typeof AuditWorkflow>,
  ): Promise<AuditReport> {
    const { severity: least, format, patch, 'fail-on': failOn } = flags;
    const audit = await auditWorkflows(reader, { workflow: args.workflow, least });
    return auditReport(audit, { format: patch ? 'patch' : format, failOn, version: this.config.version });
  }

  protected override render(out: AuditReport, page: Page): void {
    renderAudit(out, page);
  }

  protected override exitCode(out: AuditReport): number {
    return failsAt(out) ? 1 : 0;
  }
}

import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  type AuditQuestion,
  auditContracts,
  type ContractAudit,
  renderAudit,
} from '../../src/guard/index.ts';

export default class ContractAuditCommand extends Query<ContractAudit> {
  static override summary = 'Show what contracts ask, what happened, and where they differ.';
  static override description =
    'Goes over the newest operations of the ledger by each contract in force. Exits 1 where something differs.';
  static override examples = [
    '<%= config.bin %> contract audit repo',
    '<%= config.bin %> contract audit bucket media',
    '<%= config.bin %> contract audit user ada@example.org --last 100',
  ];
  static override args = {
    scope: Args.string({
      description: 'Whom the contracts bind.',
      options: ['repo', 'bucket', 'user'],
      default: 'repo',
    }),
    name: Args.string({ description: 'Which bucket or user.' }),
  };
  static override flags = {
    last: Flags.integer({
      description: 'How many operations to go over.',
      default: 1000,
      min: 1,
      max: 100_000,
    }),
  };
  static override paged = true;

  protected override execute(
    reader: Reader,
    { args, flags }: Input<typeof ContractAuditCommand>,
  ): Promise<ContractAudit> {
    const scope = args.scope as AuditQuestion['scope'];
    return auditContracts(reader, { scope, name: args.name, last: flags.last });
  }

  protected override render(out: ContractAudit, page: Page): void {
    renderAudit(out, page);
  }

  protected override exitCode(out: ContractAudit): number {
    return out.ok ? 0 : 1;
  }
}

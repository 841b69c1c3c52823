import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type EnforceResult, enforceContract } from '../../src/guard/index.ts';

export default class ContractEnforce extends action({
  action: 'contract.enforce',
  event: 'CONTRACT_ENFORCE',
})<EnforceResult> {
  static override summary = 'Put a contract in force.';
  static override description =
    `Validates the file, compiles it to policy and registers it: from then on it gates, whatever becomes of the file.
Faults are told by line and column, and nothing is enforced then.`;
  static override examples = [
    '<%= config.bin %> contract enforce .bit/contract.aln',
    '<%= config.bin %> contract enforce .bit/contract.aln --dry-run',
    '<%= config.bin %> contract enforce terms.aln --withdraw',
  ];
  static override args = {
    file: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'The contract, an .aln file of this repository.',
    }),
  };
  static override flags = { withdraw: Flags.boolean({ description: 'Let it gate no longer.' }) };

  protected override effect(reader: Reader, { args, flags }: Input<typeof ContractEnforce>) {
    return enforceContract(reader, { file: args.file, withdraw: flags.withdraw });
  }

  protected override render(out: EnforceResult, page: Page): void {
    if (out.withdrawn) {
      page.line(page.safe(`Withdrew ${out.contract}: it gates no longer.`));
      return;
    }
    page.line(
      page.safe(
        `${out.contract} gates from now on: it asks ${count(out.asks.length, 'thing')} of ${out.scope}.`,
      ),
    );
    for (const line of out.asks) page.line(page.safe(`  ${line}`));
  }
}

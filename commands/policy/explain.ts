import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type Explanation, explainDecision, renderExplanation } from '../../src/guard/index.ts';

export default class PolicyExplain extends Query<Explanation> {
  static override summary = 'Go over a past decision again: which rule, where, and what stopped it.';
  static override description =
    `The decision of a ledger entry, default the last denial, by the policies of then and with the input of then,
as far as this clone keeps them; it says where it does not.`;
  static override examples = [
    '<%= config.bin %> policy explain',
    '<%= config.bin %> policy explain 4f1c2a90',
    '<%= config.bin %> policy explain 4f1c2a90 --tree',
  ];
  static override args = {
    entry: Args.string({ description: 'The entry, by the start of its SHA-256.', ignoreStdin: true }),
  };
  static override flags = {
    tree: Flags.boolean({ description: 'By the policies of the tree, not those of then.' }),
  };
  static override paged = true;

  protected override async execute(
    reader: Reader,
    { args, flags }: Input<typeof PolicyExplain>,
  ): Promise<Explanation> {
    const { entry } = args;
    return explainDecision(reader, {
      entry,
      tree: flags.tree,
      input: undefined,
      action: undefined,
      args: [],
    });
  }

  protected override render(out: Explanation, page: Page): void {
    renderExplanation(out, page);
  }
}

import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type Evaluation, evaluateQuery } from '../../src/guard/index.ts';

export default class PolicyEval extends Query<Evaluation> {
  static override summary = 'Evaluate a Rego query against the policies in force.';
  static override examples = [
    '<%= config.bin %> policy eval data.bit.default.deny --input input.json',
    '<%= config.bin %> policy eval "x := 1 + 1" --tree',
  ];
  static override args = {
    query: Args.string({ description: 'The query.', required: true, ignoreStdin: true }),
  };
  static override flags = {
    input: Flags.string({
      description: 'What the query sees as input, - for standard input.',
      helpValue: 'FILE',
    }),
    strict: Flags.boolean({ description: 'Fail where a decision would: what is undefined says why.' }),
    tree: Flags.boolean({ description: 'The policies of the tree, not those in force.' }),
  };

  protected override async execute(
    reader: Reader,
    { args, flags }: Input<typeof PolicyEval>,
  ): Promise<Evaluation> {
    return evaluateQuery(reader, {
      query: args.query,
      input: flags.input,
      which: flags.tree ? 'tree' : 'force',
      strict: flags.strict,
    });
  }

  protected override render(out: Evaluation, page: Page): void {
    if (!out.defined) page.line(page.style.dim('undefined'));
    if (out.why !== null) page.line(page.safe(`  ${out.why}`));
    if (out.defined)
      for (const line of JSON.stringify(out.value, null, 2).split('\n')) page.line(page.safe(line));
  }
}

import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  type CheckReport,
  checkPolicies,
  type Explanation,
  explainDecision,
  renderCheck,
  renderExplanation,
} from '../../src/guard/index.ts';

type Out = CheckReport | Explanation;

export default class PolicyCheck extends Query<Out> {
  static override summary = 'Check policies and their tests, or explain a decision.';
  static override description =
    `Parses and type-checks every policy of the tree and runs its tests (*_test.rego); exits 1 when something fails.
workflow looks only at packages about workflows, response only at the shape of denials.
With --explain: which rule decided, where, and what stopped it, then the trace, by the set in force. It explains the
last denial, an --entry, an --action as it would be asked here and now, or a whole --input.`;
  static override examples = [
    '<%= config.bin %> policy check',
    '<%= config.bin %> policy check --explain',
    '<%= config.bin %> policy check --explain --action repo.push --arg force=true',
  ];
  static override args = {
    mode: Args.string({
      description: 'What to check.',
      options: ['all', 'workflow', 'response'],
      default: 'all',
    }),
  };
  static override flags = {
    accepted: Flags.boolean({ description: 'Check the accepted set, not the tree.' }),
    strict: Flags.boolean({ description: 'Fail on warnings too: what nothing asks or uses.' }),
    layout: Flags.boolean({ description: 'Fail where bit policy fmt would lay a file out anew.' }),
    explain: Flags.boolean({ description: 'Explain a decision.' }),
    input: Flags.string({
      description: 'The whole input as JSON, - for standard input.',
      helpValue: 'FILE',
      dependsOn: ['explain'],
    }),
    action: Flags.string({ description: 'Explain this action here and now.', dependsOn: ['explain'] }),
    arg: Flags.string({
      description: 'An argument of that action, name=value.',
      multiple: true,
      dependsOn: ['action'],
    }),
    entry: Flags.string({
      description: 'Explain the decision of this ledger entry.',
      dependsOn: ['explain'],
    }),
    tree: Flags.boolean({ description: 'Explain by the policies of the tree.', dependsOn: ['explain'] }),
  };
  static override paged = true;

  protected override async execute(reader: Reader, { args, flags }: Input<typeof PolicyCheck>): Promise<Out> {
    if (flags.explain) {
      const { input, action, entry, tree } = flags;
      return explainDecision(reader, { input, action, entry, tree, args: flags.arg ?? [] });
    }
    const mode = args.mode === 'workflow' || args.mode === 'response' ? args.mode : 'all';
    const { accepted, layout, strict } = flags;
    return checkPolicies(reader, { mode, accepted, layout, strict });
  }

  protected override render(out: Out, page: Page): void {
    if ('trace' in out) renderExplanation(out, page);
    else renderCheck(out, page);
  }

  protected override exitCode(out: Out): number {
    return 'ok' in out && !out.ok ? 1 : 0;
  }
}

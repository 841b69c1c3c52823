import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { occasionFlags } from '../../src/cli/occasion-flags.ts';
import { explainFlow, type PlannedFlow, renderPlan } from '../../src/orchestration/index.ts';

export default class FlowPlan extends Query<PlannedFlow> {
  static override summary = 'Show what a flow of .bithub.yml would do, with every decision explained.';
  static override description =
    'Events, filters, conditions, directives, profile, pushes and workflows, for what is said to have happened; nothing is run. Without a flow, the first that the event starts. Without a .bithub.yml, the default that would be run.';
  static override examples = [
    '<%= config.bin %> flow plan',
    '<%= config.bin %> flow plan main-ci --event push --branch main',
    '<%= config.bin %> flow plan --event pull_request --label repair-me --changed game/assets/lamp.png --fork',
  ];
  static override args = { flow: Args.string({ description: 'The flow.' }) };
  static override flags = occasionFlags;

  protected override execute(reader: Reader, { args, flags }: Input<typeof FlowPlan>): Promise<PlannedFlow> {
    const { event, branch, tag, label, changed, since, fork, profile } = flags;
    return explainFlow(reader, {
      flow: args.flow,
      event,
      branch,
      tag,
      labels: label ?? [],
      changed,
      since,
      fork,
      profile,
    });
  }

  protected override render(out: PlannedFlow, page: Page): void {
    renderPlan(out, page);
  }
}

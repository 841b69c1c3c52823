import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Improvement, improveWorkflows, renderImprovement } from '../../src/planner/index.ts';

const KINDS = ['order', 'cache', 'fuse'] as const;

export default class WorkflowPlan extends action({
  action: 'workflow.plan',
  event: 'WORKFLOW_PLAN',
})<Improvement> {
  static override summary = 'Foresee a run from past ones, and propose what makes it shorter.';
  static override description =
    `Past runs give each job's time and how often it failed; the next run is simulated with them on as many slots as it will have. Proposed are jobs in the order that ends soonest, downloads and builds kept where their inputs are the same, and jobs or workflows made one that begin with the same steps. Each is a patch with what it rests on.
--apply writes those after which every run does what it did; --reviewed also those in doubt.`;
  static override examples = [
    '<%= config.bin %> workflow plan',
    '<%= config.bin %> workflow plan ci --slots 2',
    '<%= config.bin %> workflow plan --only order --apply --branch plan/order',
  ];
  static override strict = false;
  static override args = {
    workflow: Args.string({
      description: 'Workflows or flows by name or path; none: all.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    slots: Flags.integer({
      description: 'Jobs at once; default as many as there are processors.',
      min: 1,
      max: 10_000,
    }),
    only: Flags.string({
      description: 'Only proposals of this kind; may be repeated.',
      options: [...KINDS],
      multiple: true,
    }),
    apply: Flags.boolean({ description: 'Write it.' }),
    branch: Flags.string({
      description: 'Commit it on this new branch; the work tree stays as it is.',
      helpValue: 'NAME',
    }),
    reviewed: Flags.boolean({ description: 'Also what is in doubt: you looked.', dependsOn: ['apply'] }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof WorkflowPlan>) {
    const { slots, apply, branch, reviewed } = flags;
    const kinds = KINDS.filter((kind) => flags.only === undefined || flags.only.includes(kind));
    return improveWorkflows(reader, { names: rest, slots, kinds, review: !apply || reviewed, apply, branch });
  }

  protected override render(out: Improvement, page: Page): void {
    renderImprovement(out, page);
  }
}

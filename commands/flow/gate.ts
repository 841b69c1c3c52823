import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type GatePassed, passGate } from '../../src/orchestration/index.ts';

export default class FlowGate extends action({ action: 'flow.gate', event: 'FLOW_GATE' })<GatePassed> {
  static override summary =
    'Pass a gate of a flow or workflow: the policy’s word, or others’ approval, recorded.';
  static override description =
    'What gate: policy and gate: approval of a flow or a native workflow ask. Policies judge flow.gate or flow.approve with flow, event, branch, labels and fork in input.target; an approval passes only where others granted it: bit approval request.';
  static override examples = [
    '<%= config.bin %> flow gate main-ci policy --event push --branch main',
    '<%= config.bin %> flow gate release approval --event tag',
  ];
  static override args = {
    flow: Args.string({ description: 'The flow or workflow.', required: true, ignoreStdin: true }),
    gate: Args.string({ description: 'The gate.', options: ['policy', 'approval'], default: 'policy' }),
  };
  static override flags = {
    event: Flags.string({ description: 'What happened.', default: 'manual' }),
    branch: Flags.string({ description: 'The branch.' }),
    label: Flags.string({ description: 'A label; may be repeated.', multiple: true }),
    fork: Flags.boolean({ description: 'It came from a fork.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof FlowGate>) {
    const { event, branch, label, fork } = flags;
    const gate = args.gate === 'approval' ? 'approval' : 'policy';
    return passGate(reader, { flow: args.flow, gate, event, branch, labels: label ?? [], fork });
  }

  protected override render({ flow, gate }: GatePassed, page: Page): void {
    page.line(page.safe(`${flow}: the ${gate} gate is passed`));
  }
}

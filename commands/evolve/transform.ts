import { Args, Flags } from '@oclif/core';
import { renderTransformed, type Transformed, transformWorkflows } from '../../src/adaptation/index.ts';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';

export default class EvolveTransform extends action({
  action: 'evolve.transform',
  event: 'EVOLVE_TRANSFORM',
})<Transformed> {
  static override summary = 'Make GitHub workflows last: shown as a diff, written with --apply.';
  static override description =
    'Artifact names that no other run has, real build output where the text says path/to/build/output, network commands tried up to three times, and a wrapper around aln-analyze where it may be missing. Comments and layout stay.';
  static override examples = [
    '<%= config.bin %> evolve transform workflows',
    '<%= config.bin %> evolve transform workflows ci --apply',
  ];
  static override strict = false;
  static override args = {
    scope: Args.string({
      description: 'What to transform.',
      options: ['workflows'],
      required: true,
      ignoreStdin: true,
    }),
    file: Args.string({ description: 'Workflows by name or path; none: all of .github/workflows.' }),
  };
  static override flags = { apply: Flags.boolean({ description: 'Write it.' }) };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof EvolveTransform>) {
    return transformWorkflows(reader, { names: rest.slice(1), apply: flags.apply });
  }

  protected override render(out: Transformed, page: Page): void {
    renderTransformed(out, page);
  }
}

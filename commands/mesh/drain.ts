import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Drained, drainMesh } from '../../src/mesh/client/index.ts';

export default class MeshDrain extends action({ action: 'mesh.drain', event: 'MESH_DRAIN' })<Drained> {
  static override summary = 'Let a runner, or the whole mesh, take no more jobs; what runs goes on.';
  static override examples = [
    '<%= config.bin %> mesh drain aln://runner/phoenix/alpha --wait',
    '<%= config.bin %> mesh drain --all',
    '<%= config.bin %> mesh drain --all --undo',
  ];
  static override args = { runner: Args.string({ description: 'Name of the runner.' }) };
  static override flags = {
    all: Flags.boolean({ description: 'The mesh itself.' }),
    undo: Flags.boolean({ description: 'Let it take jobs again.' }),
    wait: Flags.boolean({ description: 'Until nothing runs there any more.' }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof MeshDrain>) {
    const { controller, all, undo, wait } = flags;
    return drainMesh(reader, { controller, runner: args.runner, all, drain: !undo, wait });
  }

  protected override render({ drain, runner, mesh, running }: Drained, page: Page): void {
    const what = runner ?? `mesh ${mesh}`;
    page.line(
      page.safe(
        drain ? `${what} takes no more jobs; ${running} still running.` : `${what} takes jobs again.`,
      ),
    );
  }
}

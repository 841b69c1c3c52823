import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type MeshStanding, meshStanding, renderMesh } from '../../src/mesh/client/index.ts';

export default class MeshStatus extends Query<MeshStanding> {
  static override summary = 'Show how the mesh stands: its controller, jobs and runners.';
  static override examples = [
    '<%= config.bin %> mesh status',
    '<%= config.bin %> mesh status --controller wss://build.example:7443 --json',
  ];
  static override flags = {
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof MeshStatus>): Promise<MeshStanding> {
    return meshStanding(reader, { controller: flags.controller });
  }

  protected override render(out: MeshStanding, page: Page): void {
    renderMesh(out, page);
  }
}

import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type MeshStanding, renderMesh, topOfMesh } from '../../src/mesh/client/index.ts';

export default class MeshTop extends Query<MeshStanding> {
  static override summary = 'Watch the mesh live: runners, what they work on, jobs as they come and go.';
  static override description =
    'Redrawn on a terminal until Ctrl-C; elsewhere, and with --json, one report an interval. --count ends it after so many.';
  static override examples = [
    '<%= config.bin %> mesh top',
    '<%= config.bin %> mesh top --interval 0.5',
    '<%= config.bin %> mesh top --count 1 --json',
  ];
  static override flags = {
    interval: Flags.string({ description: 'Seconds between two looks.', default: '1', helpValue: 'SECONDS' }),
    count: Flags.integer({ description: 'Looks.', min: 1 }),
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof MeshTop>): Promise<MeshStanding> {
    return topOfMesh(reader, { controller: flags.controller, interval: flags.interval, count: flags.count });
  }

  protected override streamed(): boolean {
    return true;
  }

  protected override render(out: MeshStanding, page: Page): void {
    renderMesh(out, page);
  }
}

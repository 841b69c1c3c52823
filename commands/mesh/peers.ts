import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type MeshStanding, meshStanding, renderPeers } from '../../src/mesh/client/index.ts';

export default class MeshPeers extends Query<MeshStanding> {
  static override summary =
    'List the runners and clients of the mesh: what they can do and what they are doing.';
  static override examples = ['<%= config.bin %> mesh peers', '<%= config.bin %> mesh peers --json'];
  static override flags = {
    controller: Flags.string({
      description: 'Address of the controller; default the one found.',
      helpValue: 'URL',
    }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof MeshPeers>): Promise<MeshStanding> {
    return meshStanding(reader, { controller: flags.controller });
  }

  protected override render({ peers = [] }: MeshStanding, page: Page): void {
    renderPeers(peers, page);
    if (peers.every(({ role }) => role === 'client'))
      page.line('No runners; start one with: bit runner start');
  }
}

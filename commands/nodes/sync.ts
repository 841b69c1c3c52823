import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type NodesSynced, renderSynced, syncNodes } from '../../src/nodes/index.ts';

export default class NodesSync extends action({ action: 'nodes.sync', event: 'NODES_SYNC' })<NodesSynced> {
  static override summary = 'Send the orchestration files to the nodes that run them.';
  static override description =
    'The files each node of .bithub/nodes.yml accepts, with their digests and its token, tried again with backoff. A node has them only once it acknowledged each digest.';
  static override examples = [
    '<%= config.bin %> nodes sync',
    '<%= config.bin %> nodes sync staging-vsc --dry-run',
  ];
  static override strict = false;
  static override args = { node: Args.string({ description: 'Nodes; none: all.' }) };

  protected override effect(reader: Reader, { rest }: Input<typeof NodesSync>) {
    return syncNodes(reader, rest);
  }

  protected override render(out: NodesSynced, page: Page): void {
    renderSynced(out, page);
  }
}

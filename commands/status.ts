import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { type RepositoryStatus, readStatus, renderStatus } from '../src/repository/index.ts';

export default class Status extends Query<RepositoryStatus> {
  static override summary = 'Show where the work tree stands.';
  static override description =
    `Branch and upstream, what is staged, changed, untracked or in conflict, an operation in progress, and whether
the tree's policies differ from those in force. shallow does not look for untracked files. deep also verifies the
ledger and tells of unfinished operations, policy problems and the key in use.`;
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status deep',
    '<%= config.bin %> status shallow --json',
  ];
  static override args = {
    depth: Args.string({ description: 'How far to look.', options: ['shallow', 'deep'] }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { args }: Input<typeof Status>): Promise<RepositoryStatus> {
    const depth = args.depth === 'shallow' || args.depth === 'deep' ? args.depth : 'normal';
    return readStatus(reader, { depth });
  }

  protected override render(out: RepositoryStatus, page: Page): void {
    renderStatus(out, page);
  }

  protected override exitCode(out: RepositoryStatus): number {
    return out.deep?.ledger.ok === false ? 7 : 0;
  }
}

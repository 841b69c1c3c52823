import { Flags } from '@oclif/core';
import { action, count, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type Pruned, pruneBuilds } from '../../src/build/index.ts';

export default class BuildPrune extends action({ action: 'build.run', event: 'BUILD_PRUNE' })<Pruned> {
  static override summary = 'Make the build cache smaller; the longest unused goes first.';
  static override examples = ['<%= config.bin %> build prune', '<%= config.bin %> build prune --most 500MB'];
  static override flags = {
    most: Flags.string({
      description: 'Bytes to keep (default build.cache.most, 10 GiB).',
      helpValue: 'AMOUNT',
    }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof BuildPrune>) {
    return pruneBuilds(reader, { most: flags.most });
  }

  protected override render(out: Pruned, page: Page): void {
    page.line(`forgot ${count(out.entries, 'result')}, ${out.freed} bytes; ${out.kept} bytes stay`);
  }
}

import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { listAt, renderSharedListing, type SharedListing } from '../../src/sharing/index.ts';

export default class CacheList extends Query<SharedListing> {
  static override summary = 'List what others want and offer at a shared place.';
  static override examples = [
    '<%= config.bin %> cache list aln+ns://shared/team',
    '<%= config.bin %> cache list aln+s3://caches/team --json',
  ];
  static override args = {
    place: Args.string({
      description: 'file:///folder, aln+ns://shared/name or aln+s3://bucket/name.',
      required: true,
      ignoreStdin: true,
    }),
  };

  protected override execute(reader: Reader, { args }: Input<typeof CacheList>): Promise<SharedListing> {
    return listAt(reader, args.place);
  }

  protected override render(out: SharedListing, page: Page): void {
    renderSharedListing(out, page);
  }
}

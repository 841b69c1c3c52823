import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { offerAt, renderShared, type Shared } from '../../src/sharing/index.ts';

export default class CacheOffer extends action({ action: 'cache.offer', event: 'CACHE_OFFER' })<Shared> {
  static override summary = 'Offer what believed others ask for at a shared place.';
  static override description =
    'Puts the builds and artifacts that others want and this clone has; nothing that nobody asked for. Wants are believed from keys this repository trusts: bit key trust.';
  static override examples = [
    '<%= config.bin %> cache offer aln+ns://shared/team',
    '<%= config.bin %> cache offer aln+s3://caches/team --most 500000000',
  ];
  static override args = {
    place: Args.string({
      description: 'file:///folder, aln+ns://shared/name, aln+s3://bucket/name, or a URI of a plugin.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    most: Flags.integer({ description: 'Bytes in all.', default: 1_073_741_824, min: 0 }),
  };

  protected override async effect(_reader: Reader, { args, flags }: Input<typeof CacheOffer>) {
    return offerAt(args.place, flags.most);
  }

  protected override render(out: Shared, page: Page): void {
    renderShared('offered', out, page);
  }
}

import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { renderShared, type Shared, takeAt } from '../../src/sharing/index.ts';

export default class CacheTake extends action({ action: 'cache.take', event: 'CACHE_TAKE' })<Shared> {
  static override summary = 'Take what others offer of what is wanted here.';
  static override description =
    'Only from keys this repository trusts, only what would have to be built here or is named, each byte compared with its digest. A taken build is there for the next bit build; an artifact is unpacked in the local state.';
  static override examples = [
    '<%= config.bin %> cache take aln+ns://shared/team',
    '<%= config.bin %> cache take aln+ns://shared/team --most 500000000',
  ];
  static override args = {
    place: Args.string({
      description: 'file:///folder, aln+ns://shared/name or aln+s3://bucket/name.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    artifact: Flags.string({
      description: 'SHA-256 of an artifact; may be repeated.',
      multiple: true,
      helpValue: 'SHA256',
    }),
    most: Flags.integer({ description: 'Bytes in all.', default: 1_073_741_824, min: 0 }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof CacheTake>) {
    return takeAt(reader, args.place, { artifacts: flags.artifact ?? [], most: flags.most });
  }

  protected override render(out: Shared, page: Page): void {
    renderShared('taken', out, page);
  }
}

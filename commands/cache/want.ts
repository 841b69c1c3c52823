import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { renderShared, type Shared, wantAt } from '../../src/sharing/index.ts';

export default class CacheWant extends action({ action: 'cache.want', event: 'CACHE_WANT' })<Shared> {
  static override summary = 'Ask others at a shared place for what would have to be built here.';
  static override description =
    'Leaves the content keys of the builds that would have to run, and the digests of artifacts, signed. Who trusts this key and has them may offer them: bit cache offer.';
  static override examples = [
    '<%= config.bin %> cache want aln+ns://shared/team',
    '<%= config.bin %> cache want aln+ns://shared/team --artifact 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ];
  static override args = {
    place: Args.string({
      description: 'file:///folder, aln+ns://shared/name, aln+s3://bucket/name, or a URI of a plugin.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    artifact: Flags.string({
      description: 'SHA-256 of an artifact of another repository; may be repeated.',
      multiple: true,
      helpValue: 'SHA256',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof CacheWant>) {
    return wantAt(reader, args.place, flags.artifact ?? []);
  }

  protected override render(out: Shared, page: Page): void {
    renderShared('wanted', out, page);
  }
}

import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type DeleteTagResult, deleteTags } from '../../src/repository/index.ts';

export default class TagDelete extends action({ action: 'repo.tag', event: 'TAG_DELETE' })<DeleteTagResult> {
  static override summary = 'Delete tags.';
  static override examples = [
    '<%= config.bin %> tag delete v1.2.0',
    '<%= config.bin %> tag delete v1.2.0 --push --yes',
  ];
  static override strict = false;
  static override args = { names: Args.string({ required: true, description: 'The tags.' }) };
  static override flags = {
    push: Flags.boolean({ description: 'Delete them on the remote too.' }),
    remote: Flags.string({ description: 'Which remote; by default where the branch goes.' }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof TagDelete>) {
    return deleteTags(reader, { names: rest, push: flags.push, remote: flags.remote });
  }

  protected override render({ deleted, pushed }: DeleteTagResult, page: Page): void {
    const where = pushed === null ? '' : ` here and on ${page.safe(pushed)}`;
    for (const { tag, oid } of deleted)
      page.line(`Deleted ${page.safe(tag)} (was ${oid.slice(0, 10)})${where}`);
  }
}

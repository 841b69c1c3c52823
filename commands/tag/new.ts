import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type NewTagResult, newTag } from '../../src/repository/index.ts';

export default class TagNew extends action({ action: 'repo.tag', event: 'TAG_NEW' })<NewTagResult> {
  static override summary = 'Make an annotated tag.';
  static override examples = [
    '<%= config.bin %> tag new v1.2.0 -m "what is new"',
    '<%= config.bin %> tag new v1.2.0 abc1234 --sign --push',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'Name of the tag.' }),
    revision: Args.string({ description: 'What to tag; HEAD by default.' }),
  };
  static override flags = {
    message: Flags.string({
      char: 'm',
      multiple: true,
      multipleNonGreedy: true,
      description: 'The message; each further one is a paragraph. By default the name.',
    }),
    sign: Flags.boolean({ char: 's', description: 'Sign it with your git signing key.' }),
    push: Flags.boolean({ description: 'Push it.' }),
    remote: Flags.string({ description: 'Where to push it; by default where the branch goes.' }),
    force: Flags.boolean({ char: 'f', description: 'Move a tag that exists.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof TagNew>) {
    const { message = [], sign, push, remote, force } = flags;
    return newTag(reader, { ...args, revision: args.revision, messages: message, sign, push, remote, force });
  }

  protected override render({ tag, target, signed, pushed }: NewTagResult, page: Page): void {
    const went = pushed === null ? '' : `, pushed to ${page.safe(pushed)}`;
    page.line(
      `${signed ? 'Signed tag' : 'Tag'} ${page.style.yellow(page.safe(tag))} at ${target.slice(0, 10)}${went}`,
    );
  }
}

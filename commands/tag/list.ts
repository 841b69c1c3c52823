import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader, type Rendering } from '../../src/api/index.ts';
import { ago } from '../../src/cli/page.ts';
import { listTags, type TagListing } from '../../src/repository/index.ts';

export default class TagList extends Query<TagListing> {
  static override summary = 'List tags, newest first.';
  static override examples = ['<%= config.bin %> tag', `<%= config.bin %> tag list 'v1.*' --json`];
  static override strict = false;
  static override args = {
    patterns: Args.string({ description: 'Only those that match one of these (v1.*).' }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { rest }: Input<typeof TagList>): Promise<TagListing> {
    return listTags(reader, { patterns: rest });
  }

  protected override render({ patterns, tags }: TagListing, page: Page, { now }: Rendering): void {
    if (tags.length === 0 && patterns.length > 0) {
      page.line(`no tag matches ${page.safe(patterns.join(' '))}; make one with: bit tag new <name>`);
    }
    page.table(
      tags.map((tag) => [
        page.style.yellow(page.safe(tag.tag)),
        tag.target.slice(0, 10),
        tag.signed ? 'signed' : tag.annotated ? '' : 'light',
        page.style.dim(tag.date === '' ? '' : ago(tag.date, now)),
        page.safe(tag.subject),
      ]),
    );
  }
}

import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { type Diff, diff, renderDiff } from '../src/repository/index.ts';

export default class DiffCommand extends Query<Diff> {
  static override summary = 'Show what changed between two states.';
  static override description =
    `Without names: from the index to the work tree. With one: from that commit to the work tree, or to the index with
--staged. With two, or a..b, a...b: between them. Further words are paths.
contextual (the default) shows whole functions, what changed in a line word by word, and blocks that only moved with
where they went. raw is a patch for git apply, byte for byte.`;
  static override examples = [
    '<%= config.bin %> diff',
    '<%= config.bin %> diff raw main topic > topic.patch',
    '<%= config.bin %> diff --staged --stat',
  ];
  static override strict = false;
  static override args = {
    mode: Args.string({ description: 'contextual or raw; may be left out.' }),
    a: Args.string({ description: 'Revision, range or path.' }),
    b: Args.string({ description: 'Revision or path.' }),
  };
  static override flags = {
    staged: Flags.boolean({ description: 'Compare the index, not the work tree.', aliases: ['cached'] }),
    stat: Flags.boolean({ description: 'Only count lines by file.' }),
    path: Flags.string({ description: 'Only this path; may be repeated.', multiple: true }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { flags, rest }: Input<typeof DiffCommand>): Promise<Diff> {
    const [first] = rest;
    const named = first === 'raw' || first === 'contextual';
    const mode = flags.stat ? 'stat' : first === 'raw' ? 'raw' : 'contextual';
    return diff(reader, {
      mode,
      words: named ? rest.slice(1) : rest,
      paths: flags.path ?? [],
      staged: flags.staged,
    });
  }

  protected override render(out: Diff, page: Page): void {
    renderDiff(out, page, page.style.level > 0);
  }
}

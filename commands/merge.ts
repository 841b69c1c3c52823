import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { count } from '../src/cli/page.ts';
import { MERGE_STRATEGIES, type MergeResult, merge } from '../src/repository/index.ts';

export default class Merge extends action({ action: 'repo.merge', event: 'MERGE' })<MergeResult> {
  static override summary = 'Merge one branch into another, checked out or not.';
  static override description =
    'A conflict lists the files and leaves everything as before, unless told to leave it in them.';
  static override examples = [
    '<%= config.bin %> merge topic --preview',
    '<%= config.bin %> merge topic main --no-ff -m "take in the topic"',
    '<%= config.bin %> merge topic --leave-conflicts',
  ];
  static override args = {
    source: Args.string({ required: true, description: 'What to merge: a branch, tag or commit.' }),
    destination: Args.string({ description: 'The branch that takes it in; the current one by default.' }),
  };
  static override flags = {
    'ff-only': Flags.boolean({
      description: 'Refuse unless the branch only needs to move on.',
      exclusive: ['no-ff'],
    }),
    'no-ff': Flags.boolean({ description: 'Make a merge commit in any case.' }),
    squash: Flags.boolean({ description: 'Commit the changes as one commit, without the history.' }),
    strategy: Flags.string({ options: [...MERGE_STRATEGIES], description: 'The merge strategy of git.' }),
    message: Flags.string({ char: 'm', description: 'Message of the merge commit.' }),
    preview: Flags.boolean({ description: 'Only show what would change and where it conflicts.' }),
    'leave-conflicts': Flags.boolean({ description: 'Leave conflicts in the files, to be resolved there.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Merge>) {
    return merge(reader, {
      source: args.source,
      destination: args.destination,
      fastForward: flags['ff-only'] ? 'only' : flags['no-ff'] ? 'never' : 'allowed',
      squash: flags.squash,
      strategy: flags.strategy,
      message: flags.message,
      leaveConflicts: flags['leave-conflicts'],
      preview: flags.preview,
    });
  }

  protected override exitCode({ kind }: MergeResult): number {
    return kind === 'conflict' ? 1 : 0;
  }

  protected override render(out: MergeResult, page: Page): void {
    const branch = page.safe(out.branch ?? 'HEAD');
    const source = page.safe(out.source);
    for (const path of out.conflicts) page.line(`${page.style.red('conflict')} ${page.safe(path)}`);
    if (out.preview) {
      for (const { path, added, deleted } of out.files)
        page.line(`${page.safe(path)}  +${added ?? '?'} -${deleted ?? '?'}`);
    }
    if (out.kind === 'up-to-date') page.line(`${branch} holds ${source} already`);
    else if (out.preview)
      page.line(`${out.kind} of ${source} into ${branch}: ${count(out.files.length, 'file')} would change`);
    else if (out.kind === 'conflict') page.line('Resolve the files, bit add them, then: bit commit');
    else
      page.line(
        `${branch} is at ${page.style.yellow(out.after.slice(0, 10))} (${out.kind} of ${source}, ${count(out.files.length, 'file')})`,
      );
  }
}

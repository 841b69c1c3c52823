import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { goOn, type SyncResult, sync } from '../src/repository/index.ts';

export default class Sync extends action({ action: 'repo.sync', event: 'SYNC' })<SyncResult> {
  static override summary = 'Take in what a remote has, and push what you have.';
  static override description =
    `from fetches and fast-forwards the branch, or rebases it; with (the default) pushes after that. Local changes are set
aside meanwhile. A conflict stops in git's own state.`;
  static override examples = [
    '<%= config.bin %> sync',
    '<%= config.bin %> sync from upstream',
    '<%= config.bin %> sync --continue',
  ];
  static override args = {
    direction: Args.string({
      options: ['with', 'from'],
      default: 'with',
      description: 'Both ways, or only in.',
    }),
    remote: Args.string({ description: 'The remote; by default what the branch tracks.' }),
  };
  static override flags = {
    continue: Flags.boolean({ exclusive: ['abort'], description: 'Go on after conflicts were resolved.' }),
    abort: Flags.boolean({ description: 'Give it up; the branch is as it was.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Sync>) {
    const direction = args.direction === 'from' ? 'from' : 'with';
    const options = { direction, remote: args.remote } as const;
    return flags.continue || flags.abort
      ? goOn(reader, { ...options, abort: flags.abort })
      : sync(reader, options);
  }

  protected override render(out: SyncResult, page: Page): void {
    const moved = out.before === out.after ? '' : `, now at ${page.style.yellow(out.after.slice(0, 10))}`;
    page.line(`${page.safe(out.branch)}: ${out.taken.replaceAll('-', ' ')}${moved}`);
    if (out.pushed) page.line(`pushed to ${page.safe(out.remote)}`);
    if (out.stashed)
      page.line('Your local changes did not fit on what came; they are in the stash: bit stash pop');
  }
}

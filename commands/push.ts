import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type PushResult, push } from '../src/repository/index.ts';

export default class Push extends action({ action: 'repo.push', event: 'PUSH' })<PushResult> {
  static override summary = 'Push a branch, or all of them, and set what it tracks.';
  static override examples = [
    '<%= config.bin %> push',
    '<%= config.bin %> push topic origin --force-with-lease',
    '<%= config.bin %> push all backup',
  ];
  static override args = {
    branch: Args.string({ description: 'A branch, or all; the current one by default.' }),
    destination: Args.string({ description: 'A remote or address; by default where the branch goes.' }),
  };
  static override flags = {
    'force-with-lease': Flags.boolean({
      description: 'Overwrite what is there, if it is what was last seen.',
    }),
    force: Flags.boolean({
      char: 'f',
      exclusive: ['force-with-lease'],
      description: 'Overwrite whatever is there; only where a policy allows it.',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Push>) {
    const force = flags.force ? 'force' : flags['force-with-lease'] ? 'lease' : 'no';
    return push(reader, { branch: args.branch, destination: args.destination, force });
  }

  protected override render({ remote, branches }: PushResult, page: Page): void {
    page.table(
      branches.map(({ branch, before, oid, state, upstreamSet }) => [
        page.safe(branch),
        state === 'up-to-date'
          ? 'up to date'
          : `${state === 'new' ? 'new' : (before?.slice(0, 10) ?? state)} → ${page.style.yellow(oid.slice(0, 10))}`,
        state === 'forced' ? page.style.red('forced') : '',
        upstreamSet ? `tracks ${page.safe(remote)} now` : page.style.dim(page.safe(remote)),
      ]),
    );
  }
}

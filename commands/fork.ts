import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type ForkResult, forkRepository } from '../src/repository/index.ts';

export default class Fork extends action({ action: 'repo.fork', event: 'FORK' })<ForkResult> {
  static override summary = 'Clone a repository to go your own way, with the original as upstream.';
  static override examples = [
    '<%= config.bin %> fork https://example.org/team/app.git',
    '<%= config.bin %> fork ../app my-app --remote git@example.org:me/app.git',
  ];
  static override args = {
    repo: Args.string({ required: true, description: 'URL or path of the original.' }),
    dir: Args.string({ description: 'Folder to clone into; must not exist or be empty.' }),
  };
  static override flags = {
    remote: Flags.string({
      description: 'URL of your own copy; becomes origin, and pushes go there.',
      helpValue: 'URL',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Fork>) {
    return forkRepository(reader, { repo: args.repo, directory: args.dir, remote: flags.remote });
  }

  protected override render(out: ForkResult, page: Page): void {
    page.line(`Forked ${page.safe(out.upstream)} into ${page.safe(out.directory)}`);
    page.line(`upstream is the original${out.origin === null ? '' : `, origin is ${page.safe(out.origin)}`}`);
    if (out.origin === null) page.line('Say where your commits go with: git remote add origin <url>');
  }
}

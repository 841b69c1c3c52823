import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { count } from '../src/cli/page.ts';
import { type InitResult, initProject } from '../src/repository/index.ts';

export default class Init extends action({ action: 'repo.init', event: 'INIT' })<InitResult> {
  static override summary = 'Set up a repository: git, policies, workflows and manifests.';
  static override description =
    'Makes a git repository where there is none, then the files of a template. A file that exists is never changed; it is listed as left alone, and running it again is harmless. Policies it brings are in force when it ends.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init node --branch trunk',
    '<%= config.bin %> init https://example.org/team/template.git',
  ];
  static override args = {
    template: Args.string({
      default: 'minimal',
      description: 'minimal, node, runner, full, a folder, or a git URL.',
    }),
  };
  static override flags = {
    branch: Flags.string({ char: 'b', description: 'Name of the first branch.', helpValue: 'NAME' }),
    share: Flags.option({
      options: ['off', 'headers', 'all'] as const,
      description: 'What of the ledger travels with a push; asked on a terminal, else off.',
    })(),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Init>) {
    return initProject(reader, { template: args.template, branch: flags.branch, share: flags.share });
  }

  protected override render(out: InitResult, page: Page): void {
    if (out.initialized) page.line(`Made a git repository in ${page.safe(out.directory)}`);
    for (const path of out.created) page.line(`${page.style.green('created')}    ${page.safe(path)}`);
    for (const path of out.leftAlone) page.line(`${page.style.dim('left alone')} ${page.safe(path)}`);
    page.line(`${count(out.created.length, 'file')} created, ${out.leftAlone.length} left alone.`);
    if (out.policy === null) page.line('The policies of the tree are not in force yet: bit policy accept');
  }
}

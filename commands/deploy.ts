import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type Deployed, deployOrList, renderDeploy } from '../src/deploy/index.ts';

export default class Deploy extends action({ action: 'deploy.run', event: 'DEPLOY' })<Deployed> {
  static override summary =
    'Deploy to a target of .bithub.yml; back to the last good release where it fails.';
  static override description =
    `Its command runs in a sandbox, where this machine has one, with that target's secrets and no others, and counts when the
health check passes. Releases are recorded; bit rollback deployment goes back by hand.`;
  static override examples = [
    '<%= config.bin %> deploy staging',
    '<%= config.bin %> deploy production --dry-run',
    '<%= config.bin %> deploy production --releases',
  ];
  static override args = {
    target: Args.string({ description: 'A target of deploy.targets.', required: true }),
  };
  static override flags = {
    releases: Flags.boolean({ description: 'Show what was deployed there.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Deploy>) {
    return deployOrList(reader, args.target, { releases: flags.releases });
  }

  protected override render(out: Deployed, page: Page): void {
    renderDeploy(out, page);
  }
}

import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type DeploymentRollback, rollbackDeployment } from '../../src/deploy/index.ts';

export default class RollbackDeployment extends action({
  action: 'rollback.one',
  event: 'ROLLBACK',
})<DeploymentRollback> {
  static override summary = 'Put the good release before the one that stands back at a target.';
  static override examples = [
    '<%= config.bin %> rollback deployment staging --yes',
    '<%= config.bin %> rollback deployment production --to 01k2c9 --dry-run',
  ];
  static override args = {
    target: Args.string({ description: 'The target; default the only one deployed to.' }),
  };
  static override flags = {
    to: Flags.string({
      description: 'A release, or its beginning; default the one before.',
      helpValue: 'ID',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof RollbackDeployment>) {
    return rollbackDeployment(reader, { target: args.target, to: flags.to });
  }

  protected override render({ target, to, commit }: DeploymentRollback, page: Page): void {
    page.line(`release ${to}${commit === null ? '' : ` (${commit.slice(0, 12)})`} stands at ${target} again`);
  }
}

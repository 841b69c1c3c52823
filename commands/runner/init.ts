import { action, type Page, type Reader } from '../../src/api/index.ts';
import { initRunner } from '../../src/mesh/runner/index.ts';
import type { InitResult } from '../../src/repository/index.ts';

export default class RunnerInit extends action({ action: 'runner.init', event: 'RUNNER_INIT' })<InitResult> {
  static override summary = 'Set up a runner for this repository.';
  static override description =
    'Writes .bit/runner.manifest.yml (who it is, what it can, what a job may take), .bit/mesh/config.yml (which mesh, how found), hooks, the boot script, a policy for jobs and a GitHub workflow that runs one. Files that are there stay as they are.';
  static override examples = ['<%= config.bin %> runner init', '<%= config.bin %> runner init --dry-run'];

  protected override effect(reader: Reader) {
    return initRunner(reader);
  }

  protected override render(out: InitResult, page: Page): void {
    for (const path of out.created) page.line(page.safe(`created ${path}`));
    for (const path of out.leftAlone) page.line(page.safe(`left ${path} as it is`));
    if (out.policy === null) page.line('policies of the tree wait for: bit policy accept');
    page.line('start it with: bit runner start');
  }
}

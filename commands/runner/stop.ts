import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type StoppedRunner, stopRunner } from '../../src/mesh/runner/index.ts';

export default class RunnerStop extends action({
  action: 'runner.stop',
  event: 'RUNNER_STOP',
})<StoppedRunner> {
  static override summary = 'End this repository’s runner.';
  static override description =
    'It takes no more jobs and brings those it has to their end. --now gives them back: the mesh has others do them.';
  static override examples = ['<%= config.bin %> runner stop', '<%= config.bin %> runner stop --now'];
  static override flags = {
    now: Flags.boolean({ description: 'Give its jobs back at once.' }),
    wait: Flags.integer({ description: 'Seconds to wait for its jobs.', default: 60, min: 1, max: 86_400 }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof RunnerStop>) {
    return stopRunner(reader, { now: flags.now, wait: flags.wait });
  }

  protected override render(out: StoppedRunner, page: Page): void {
    if (out.state === 'none') page.line('no runner of this repository runs');
    else if (out.state === 'stopped') page.line(page.safe(`${out.id} has ended`));
    else page.line(page.safe(`${out.id} takes no more jobs, and works on ${count(out.jobs, 'job')} still`));
  }
}

import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import {
  type BackgroundRunner,
  type InstalledRunner,
  installRunner,
  type RunnerSession,
  startInBackground,
  startRunner,
} from '../../src/mesh/runner/index.ts';

type Out = RunnerSession | BackgroundRunner | InstalledRunner;

export default class RunnerStart extends action({ action: 'runner.start', event: 'RUNNER_START' })<Out> {
  static override summary = 'Run this repository’s runner: it joins the mesh and does jobs.';
  static override description =
    'It runs until Ctrl-C or SIGTERM: then it takes no more jobs, brings those it has to their end and ends; a second signal gives them back at once. The controller is the one named by --controller or BIT_MESH, one that runs in this repository, or what .bit/mesh/config.yml leads to. Each job runs in a sandbox, and is in the ledger.';
  static override examples = [
    '<%= config.bin %> runner start --idle-exit 1',
    '<%= config.bin %> runner start --controller wss://mesh.example:7443',
    '<%= config.bin %> runner start --background',
    '<%= config.bin %> runner start --install systemd',
  ];
  static override flags = {
    controller: Flags.string({ description: 'Address of the controller.', helpValue: 'wss://HOST:PORT' }),
    profile: Flags.string({ description: 'Profile of .bithub.yml it runs as.', helpValue: 'NAME' }),
    instance: Flags.string({
      description: 'One of several on this machine: its name ends in this.',
      helpValue: 'NAME',
      exclusive: ['background', 'install'],
    }),
    'idle-exit': Flags.integer({
      description: 'End after so many seconds without a job.',
      min: 1,
      helpValue: 'SECONDS',
    }),
    background: Flags.boolean({ description: 'Run it as a process of its own.' }),
    install: Flags.option({
      options: ['systemd'] as const,
      description: 'Have this run it, from now on.',
      exclusive: ['background'],
    })(),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof RunnerStart>): Promise<never> {
    const { controller, profile, instance } = flags;
    const request = { controller, profile, instance, idleExit: flags['idle-exit'] };
    const start = flags.background ? startInBackground : flags.install ? installRunner : startRunner;
    return start(reader, request) as Promise<never>;
  }

  protected override render(out: Out, page: Page): void {
    if ('unit' in out) page.line(page.safe(`systemd runs it: ${out.unit}\nstart it by: ${out.next}`));
    else if ('pid' in out) page.line(page.safe(`${out.id} runs as process ${out.pid}; it says: ${out.log}`));
    else
      page.line(
        page.safe(`${out.id}: ${count(out.done.succeeded, 'job')} succeeded, ${out.done.failed} failed`),
      );
  }
}

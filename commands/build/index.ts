import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import {
  type BuildMode,
  type BuildResult,
  buildTargets,
  renderBuild,
  type WorkPlace,
} from '../../src/build/index.ts';

export default class Build extends action({ action: 'build.run', event: 'BUILD' })<BuildResult> {
  static override summary = 'Build what the tree holds, and nothing twice.';
  static override description =
    `Targets stand in .bithub.yml under build.targets, or are found: packages with a build
script, a Makefile, Cargo.toml, go.mod. incremental (the default) takes from the cache whatever was built of the same
before; partial builds only what the changes since a commit touch; full runs everything. --on mesh has runners do it: the
work tree goes along, what each target leaves comes back and is kept as if it had been built here.`;
  static override examples = [
    '<%= config.bin %> build',
    '<%= config.bin %> build partial --since main',
    '<%= config.bin %> build full --target site --jobs 4',
    '<%= config.bin %> build --on mesh --network host',
    '<%= config.bin %> build --dry-run',
  ];
  static override ahead = false;
  static override args = {
    mode: Args.string({
      description: 'What to build.',
      options: ['full', 'partial', 'incremental'],
      default: 'incremental',
    }),
  };
  static override flags = {
    target: Flags.string({
      char: 't',
      description: 'Only this one, and what it depends on.',
      multiple: true,
      helpValue: 'NAME',
    }),
    since: Flags.string({ description: 'For partial: compare with this commit.', helpValue: 'REVISION' }),
    jobs: Flags.integer({ char: 'j', description: 'Most targets at a time.', min: 1, max: 1024 }),
    'no-cache': Flags.boolean({ description: 'Take nothing from the cache and put nothing into it.' }),
    timeout: Flags.integer({ description: 'Most seconds a target may take.', min: 1 }),
    on: Flags.string({
      description: 'Where what must be run runs.',
      options: ['local', 'mesh'],
      default: 'local',
    }),
    network: Flags.string({
      description: 'Of what runs on a mesh; default none.',
      options: ['none', 'host'],
    }),
    'keep-going': Flags.boolean({ char: 'k', description: 'Go on with the others when one fails.' }),
    logs: Flags.string({
      description: 'Whose output to show: of everything, of what is not unchanged, of what failed.',
      options: ['full', 'new', 'errors'],
      default: 'new',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Build>) {
    return buildTargets(reader, {
      mode: args.mode as BuildMode,
      targets: flags.target ?? [],
      since: flags.since,
      jobs: flags.jobs,
      noCache: flags['no-cache'],
      timeout: flags.timeout,
      keepGoing: flags['keep-going'],
      on: flags.on as WorkPlace,
      network: flags.network as 'none' | 'host' | undefined,
      logs: flags.logs as 'full' | 'new' | 'errors',
    });
  }

  protected override render(out: BuildResult, page: Page): void {
    renderBuild(out, page);
  }

  protected override exitCode(out: BuildResult): number {
    return out.ok ? 0 : 1;
  }
}

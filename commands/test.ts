import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import {
  renderTestRun,
  runTests,
  type TestKind,
  type TestResult,
  type WorkPlace,
} from '../src/testing/index.ts';

export default class Test extends action({ action: 'test.run', event: 'TEST' })<TestResult> {
  static override summary = 'Run the tests, count them, and list what failed.';
  static override description =
    `Suites stand in .bithub.yml under test, or are found: scripts of package.json, node:test,
pytest, go, cargo, make. Counts are read from JUnit XML, TAP and what the known runners print; where nothing can be read the
runner's own exit status is passed on. Words after -- go to the runner; after custom -- they are the command.`;
  static override examples = [
    '<%= config.bin %> test',
    '<%= config.bin %> test unit -- --grep login',
    '<%= config.bin %> test --changed --since main',
    '<%= config.bin %> test --on mesh',
    '<%= config.bin %> test custom -- node --test test/',
  ];
  static override args = {
    kind: Args.string({
      description: 'Which tests.',
      options: ['all', 'unit', 'integration', 'fuzz', 'custom'],
      default: 'all',
    }),
  };
  static override flags = {
    changed: Flags.boolean({ description: 'Only suites in whose folder something changed.' }),
    since: Flags.string({ description: 'For --changed: compare with this commit.', helpValue: 'REVISION' }),
    timeout: Flags.integer({ description: 'Most seconds a suite may take.', min: 1 }),
    on: Flags.string({
      description: 'Where they run; on a mesh each suite is a job of its own.',
      options: ['local', 'mesh'],
      default: 'local',
    }),
    network: Flags.string({
      description: 'Of what runs on a mesh; default none.',
      options: ['none', 'host'],
    }),
    bail: Flags.boolean({ description: 'Stop at the first suite that fails.' }),
  };
  static override strict = false;

  protected override effect(reader: Reader, { args, flags, rest }: Input<typeof Test>) {
    return runTests(reader, {
      kind: args.kind as TestKind,
      words: rest.slice(1),
      changed: flags.changed,
      since: flags.since,
      timeout: flags.timeout,
      bail: flags.bail,
      on: flags.on as WorkPlace,
      network: flags.network as 'none' | 'host' | undefined,
    });
  }

  protected override render(out: TestResult, page: Page): void {
    renderTestRun(out, page);
  }

  protected override exitCode(out: TestResult): number {
    return out.exit;
  }
}

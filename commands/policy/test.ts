import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { renderTests, type TestReport, testPolicies } from '../../src/guard/index.ts';

export default class PolicyTest extends Query<TestReport> {
  static override summary = 'Run the tests of the policies.';
  static override description = `Rules named test_* in files named *_test.rego; exits 1 when one fails.
A failure shows the literal it stopped at, actual and expected values, and what its operands were.
--coverage names each line of the policies that no test reached, and what stopped them before it.`;
  static override examples = [
    '<%= config.bin %> policy test',
    '<%= config.bin %> policy test --only force_push --coverage',
    '<%= config.bin %> policy test --least 90',
  ];
  static override flags = {
    accepted: Flags.boolean({ description: 'Test the accepted set, not the tree.' }),
    only: Flags.string({ description: 'Only tests whose name has this in it.', helpValue: 'TEXT' }),
    coverage: Flags.boolean({ description: 'Tell the lines no test reached, and why.' }),
    least: Flags.integer({
      description: 'Percent of lines the tests have to reach.',
      helpValue: 'PERCENT',
      min: 0,
      max: 100,
    }),
  };
  static override paged = true;

  #coverage = false;

  protected override async execute(reader: Reader, { flags }: Input<typeof PolicyTest>): Promise<TestReport> {
    this.#coverage = flags.coverage || flags.least !== undefined;
    return testPolicies(reader, { only: flags.only, accepted: flags.accepted, least: flags.least });
  }

  protected override render(out: TestReport, page: Page): void {
    renderTests(out, page, this.#coverage);
  }

  protected override exitCode(out: TestReport): number {
    return out.ok ? 0 : 1;
  }
}

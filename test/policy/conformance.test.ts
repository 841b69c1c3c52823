/** Open Policy Agent's own compliance cases, read in place. The floors are a ratchet: they only go up. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { isCore, mismatch, readCases, versionOf } from '../../scripts/conformance/rego.ts';
import { requireService, suite } from '../suite.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/conformance/rego/', import.meta.url));
const LISTED = readFileSync(new URL('../../docs/policy-conformance.md', import.meta.url), 'utf8');
/** Core cases that fail: the most there may be. */
const MOST_FAILURES = { v0: 2, v1: 2 } as const;

suite('Open Policy Agent conformance', (test) => {
  if (!requireService('the conformance data', existsSync(FOLDER))) {
    test('has no data here', () => assert.ok(true));
    return;
  }
  for (const version of ['v0', 'v1'] as const) {
    test(`${version} passes as many cases as ever`, () => {
      const cases = readCases(readFileSync(`${FOLDER}${version}.json`, 'utf8'));
      assert.is(versionOf(cases), version);
      const failed = cases.filter((item) => mismatch(item, version) !== undefined);
      const figure = (of: typeof cases, bad: typeof cases) =>
        `${of.length - bad.length} of ${of.length} (${((100 * (of.length - bad.length)) / of.length).toFixed(2)} %)`;
      console.log(
        `\nfigure: OPA conformance ${version}: core ${figure(cases.filter(isCore), failed.filter(isCore))}, all ${figure(cases, failed)}`,
      );
      assert.ok(failed.filter(isCore).length <= MOST_FAILURES[version], 'more core cases fail');
      const late = cases.filter((item) => mismatch(item, version, true) !== undefined);
      assert.equal(late, failed, 'compiled when first asked, a rule says what it says');
      const unlisted = failed.filter(({ note }) => !LISTED.includes(`\`${note}\``));
      assert.equal(
        unlisted.map(({ note }) => note),
        [],
        'cases that fail are listed in docs/policy-conformance.md',
      );
    });
  }
});

/** Open Policy Agent's own compliance cases, read in place. The floors are a ratchet: they only go up. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { isCore, mismatch, readCases, versionOf } from '../../scripts/conformance/rego.ts';
import { requireService, suite } from '../suite.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/conformance/rego/', import.meta.url));
/** Cases that fail: the most there may be. docs/policy-conformance.md lists them. */
const MOST_FAILURES = { v0: { core: 2, all: 20 }, v1: { core: 2, all: 7 } } as const;

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
      assert.ok(failed.filter(isCore).length <= MOST_FAILURES[version].core, 'more core cases fail');
      assert.ok(failed.length <= MOST_FAILURES[version].all, 'more cases fail');
    });
  }
});

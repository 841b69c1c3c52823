import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { parseSpecification } from '../../src/specification/index.ts';
import { suite } from '../suite.ts';

const HEAD = 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n';

function refusal(section: string): string {
  try {
    parseSpecification(HEAD + section);
  } catch (error) {
    if (error instanceof BitError) return `${error.message} (${error.hint})`;
    throw error;
  }
  return '';
}

suite('sections of .bithub.yml that single commands read', (test) => {
  const wrong: readonly (readonly [string, string])[] = [
    ['build: { targts: {} }', 'build has no key targts (did you mean: targets)'],
    ['build: { targets: { a: { comand: x } } }', 'build.targets.a has no key comand (did you mean: command)'],
    ['build: { targets: { a: { timeout: soon } } }', 'build.targets.a.timeout must be a number'],
    ['test: { unti: npm test }', 'test has no key unti (did you mean: unit)'],
    ['test: { unit: { comand: npm test } }', 'test.unit has no key comand (did you mean: command)'],
    ['test: { unit: { directory: x } }', 'test.unit lacks command'],
    ['check: { exclud: [x] }', 'check has no key exclud (did you mean: exclude)'],
    ['schedules: { a: { cron: "@daily" } }', 'schedules.a lacks workflow'],
    [
      'schedules: { a: { cron: "@daily", workflow: w, mised: once } }',
      'schedules.a has no key mised (did you mean: missed)',
    ],
    ['triggers: { a: { workflow: w, on: [comit] } }', 'triggers.a.on[0] must be one of'],
    ['vm: {}', 'there is no key vm'],
    ['mesh: {}', 'there is no key mesh'],
  ];
  for (const [section, words] of wrong)
    test(`refuse ${section}`, () => assert.ok(refusal(section).includes(words), refusal(section)));

  test('take all they know', () => {
    const whole = `build:
  targets:
    site: { command: [a, b], directory: x, inputs: src/**, outputs: [dist/**], depends: lib, env: [A, B_*], set: { C: 1 }, tools: node, cache: false, timeout: 1.5 }
    lib: { command: c }
  detect: true
  cache: { most: 2 GiB }
test: { unit: npm test, fuzz: { command: f, directory: d, report: r.xml, timeout: 10 } }
check: { exclude: ['fixtures/**'] }
schedules: { a: { workflow: w, cron: '0 3 * * *', timezone: Europe/Berlin, missed: once } }
triggers:
  b: { on: [commit, webhook], workflow: w, branches: main, tags: [v*], paths: x, kinds: push, if: 'true', inputs: { A: '' }, secret: HOOK, debounce: 100 }
`;
    assert.is(refusal(whole), '');
  });
});

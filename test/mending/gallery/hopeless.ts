/** Failures that nothing in a catalogue puts right: a person decides, or somebody else. */
import type { Exhibit } from './exhibit.ts';

const hopeless = (title: string, make: Exhibit['make']): Exhibit => ({
  fixer: '',
  title,
  make,
  cause: /^$/,
  end: 'known',
});

export const HOPELESS: readonly Exhibit[] = [
  hopeless('an assertion that does not hold', (place) => {
    place.write('add.mjs', 'export const add = (a, b) => a - b;\n');
    place.write(
      'add.test.mjs',
      "import assert from 'node:assert';\nimport { test } from 'node:test';\nimport { add } from './add.mjs';\ntest('adds', () => assert.equal(add(2, 2), 4));\n",
    );
    place.step('node --test add.test.mjs');
  }),
  hopeless('an algorithm that is wrong', (place) => {
    place.write(
      'sort.py',
      'def sort(xs):\n    return xs\n\nassert sort([3, 1, 2]) == [1, 2, 3], sort([3, 1, 2])\n',
    );
    place.step('python3 sort.py');
  }),
  hopeless('a service that is not there', (place) => {
    place.write('fetch.mjs', "await fetch('http://127.0.0.1:9/');\n");
    place.step('node fetch.mjs');
  }),
  hopeless('a name that nobody knows', (place) => {
    place.write(
      'resolve.mjs',
      "import dns from 'node:dns/promises';\nconsole.log(await dns.lookup('nowhere.invalid'));\n",
    );
    place.step('node resolve.mjs');
  }),
  hopeless('a value that is undefined', (place) => {
    place.write('main.mjs', 'const config = {};\nconsole.log(config.server.port);\n');
    place.step('node main.mjs');
  }),
  hopeless('code that is no code', (place) => {
    place.write('main.mjs', 'export function f( {\n  return 1;\n}\n');
    place.step('node --check main.mjs');
  }),
  hopeless('a program that ends with a status of its own', (place) => {
    place.ci(
      '      - run: |\n          echo "the invariant of the ledger does not hold"\n          exit 17\n',
    );
  }),
  hopeless('a crash', (place) => {
    place.step("sh -c 'kill -SEGV $$'");
  }),
  hopeless('conflict markers in what people wrote', (place) => {
    place.write(
      'main.mjs',
      '<<<<<<< ours\nexport const a = 1;\n=======\nexport const a = 2;\n>>>>>>> theirs\n',
    );
    place.step('node main.mjs');
  }),
  hopeless('a type that does not fit', (place) => {
    place.write('a.ts', "export const n: number = 'one';\n");
    place.step('tsc --noEmit --strict a.ts');
  }),
];

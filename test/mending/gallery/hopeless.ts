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
    place.ci('      - run: node --test add.test.mjs\n');
  }),
  hopeless('an algorithm that is wrong', (place) => {
    place.write(
      'sort.py',
      'def sort(xs):\n    return xs\n\nassert sort([3, 1, 2]) == [1, 2, 3], sort([3, 1, 2])\n',
    );
    place.ci('      - run: python3 sort.py\n');
  }),
  hopeless('a service that is not there', (place) => {
    place.write('fetch.mjs', "await fetch('http://127.0.0.1:9/');\n");
    place.ci('      - run: node fetch.mjs\n');
  }),
  hopeless('a name that nobody knows', (place) => {
    place.write(
      'resolve.mjs',
      "import dns from 'node:dns/promises';\nconsole.log(await dns.lookup('nowhere.invalid'));\n",
    );
    place.ci('      - run: node resolve.mjs\n');
  }),
  hopeless('a value that is undefined', (place) => {
    place.write('main.mjs', 'const config = {};\nconsole.log(config.server.port);\n');
    place.ci('      - run: node main.mjs\n');
  }),
  hopeless('code that is no code', (place) => {
    place.write('main.mjs', 'export function f( {\n  return 1;\n}\n');
    place.ci('      - run: node --check main.mjs\n');
  }),
  hopeless('a program that ends with a status of its own', (place) => {
    place.ci(
      '      - run: |\n          echo "the invariant of the ledger does not hold"\n          exit 17\n',
    );
  }),
  hopeless('a crash', (place) => {
    place.ci("      - run: sh -c 'kill -SEGV $$'\n");
  }),
  hopeless('conflict markers in what people wrote', (place) => {
    place.write(
      'main.mjs',
      '<<<<<<< ours\nexport const a = 1;\n=======\nexport const a = 2;\n>>>>>>> theirs\n',
    );
    place.ci('      - run: node main.mjs\n');
  }),
  hopeless('a type that does not fit', (place) => {
    place.write('a.ts', "export const n: number = 'one';\n");
    place.ci('      - run: tsc --noEmit --strict a.ts\n');
  }),
];

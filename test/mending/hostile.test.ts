import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Bench, type FailedStep, FIXERS } from '../../src/mending/index.ts';
import { suite } from '../suite.ts';

const FILES: Readonly<Record<string, string>> = {
  '.bithub/workflows/ci.yml':
    'jobs:\n  a:\n    steps:\n      - run: npm test\n      - uses: upload-artifact\n        with: { path: dist }\n',
  '.github/workflows/ci.yml': 'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@main\n',
  'package.json': '{"name":"app","scripts":{"test":"prettier --check ."}}',
  'package-lock.json': '<<<<<<< a\n=======\n>>>>>>> b\n',
};

/** A tree of a few files, on which no program does anything. */
const BENCH: Bench = {
  read: async (path) => (FILES[path] === undefined ? undefined : Buffer.from(FILES[path] ?? '')),
  mode: async (path) => (FILES[path] === undefined ? undefined : '100644'),
  list: async () => Object.keys(FILES),
  history: () => [],
  tool: async () => ({ status: 1, output: '', changes: [] }),
};

function failure(log: string, command: string | null = 'npm test'): FailedStep {
  return {
    ...{ run: 'r', job: 'a', step: '_1', index: 0, command, uses: null, shell: 'bash' },
    workflow: { path: '.bithub/workflows/ci.yml', kind: 'native', line: 4 },
    ...{ workingDirectory: '.', workspace: '/w', exit: 1, signal: null, timedOut: false },
    ...{ milliseconds: 10, log, commit: null },
  };
}

const MOST = 256 * 1024;
const fill = (part: string): string => part.repeat(Math.ceil(MOST / part.length)).slice(0, MOST);
/** What expressions over a log meet at their worst: one long line, and many short ones that nearly match. */
const PARTS: readonly string[] = [
  ...[
    'a',
    ' ',
    '/',
    '.',
    '-',
    ':',
    '1:',
    '(',
    "'",
    '"',
    '../',
    'a/',
    'a.',
    '@',
    'a@',
    '\t',
    '> ',
    'x=',
    '{',
    '*',
  ],
  ...[
    'npm error ',
    'npm error Missing: a from lock file ',
    'a/b@c ',
    'ENOSPC ',
    "ENOSPC '/a",
    'EADDRINUSE ::',
    'port ',
  ],
  ...[
    'not found ',
    ': Permission denied',
    'a: b: c: ',
    'File "/',
    'at /a:1',
    'the lock file ',
    'needs to be updated ',
  ],
  ...[
    'timed out after ',
    'A_B_C ',
    'missing ',
    '.lock',
    'lock file ',
    'pre-commit: ',
    'husky - ',
    'no file matches ',
  ],
  ...['x.yml:1:', '1.1.1.1', '--------', '########', '$(', '`', '\u00e9', '[warn] ', 'error[E0001]: '],
];

suite('fixers on hostile logs', (test) => {
  test('take time that a log’s length bounds, whatever stands in it', async () => {
    for (const part of PARTS)
      for (const log of [fill(part), fill(`${part}\n`), fill(`${part.repeat(150)}\n`)])
        for (const { name, detect } of FIXERS) {
          const started = process.cpuUsage();
          await detect(failure(log), BENCH);
          const { user } = process.cpuUsage(started);
          assert.ok(user < 3_000_000, `${name} took ${user / 1000} ms for ${JSON.stringify(part)}`);
        }
  });

  test('say something of the form they promise, or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(...PARTS, 'EADDRINUSE :::3000\n', 'ENOSPC\n', '\n'), fc.string()), {
          maxLength: 30,
        }),
        fc.option(fc.string(), { nil: null }),
        async (parts, command) => {
          for (const fixer of FIXERS)
            for (const found of await fixer.detect(failure(parts.join(''), command), BENCH)) {
              assert.is(found.fixer, fixer.name);
              assert.ok(found.confidence > 0 && found.confidence <= 1);
              assert.ok(found.cause !== '' && !found.cause.includes('\n'), found.cause);
              for (const { path } of found.changes ?? [])
                assert.ok(!path.startsWith('/') && !path.split('/').includes('..'), path);
            }
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
});

/** Logs, names and changes of strangers: bounded in time, and never out of the tree. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readInside } from '../../src/mending/bench.ts';
import { plainLog } from '../../src/mending/failed.ts';
import { cleanPath, inTree } from '../../src/mending/fixers/evidence.ts';
import { type Bench, type FailedStep, FIXERS } from '../../src/mending/index.ts';
import { applyChanges } from '../../src/mending/workshop.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const failure = (log: string, more: Partial<FailedStep> = {}): FailedStep => ({
  ...{
    run: 'r',
    job: 'main',
    step: '_1',
    index: 0,
    command: 'x',
    uses: null,
    shell: 'bash',
    workingDirectory: '.',
  },
  workflow: { path: '.bithub/workflows/ci.yml', kind: 'native', line: 4 },
  ...{ workspace: '/w', exit: 1, signal: null, timedOut: false, milliseconds: 1, log, commit: null },
  ...more,
});

/** A tree that holds one workflow, and is asked for nothing outside of itself. */
const asked: string[] = [];
const bench: Bench = {
  async read(path) {
    asked.push(path);
    return path === '.bithub/workflows/ci.yml'
      ? Buffer.from('jobs:\n  main:\n    steps:\n      - run: x\n')
      : Buffer.from('#!/bin/sh\n');
  },
  async mode(path) {
    asked.push(path);
    return '100644';
  },
  list: async () => [],
  moves: async () => [{ from: '../out', to: '/etc/passwd' }],
  history: () => [],
  tool: async () => ({ status: 1, output: '', changes: [] }),
};

const PIECES = [
  ...[
    'Permission denied',
    ': ',
    '/',
    'a',
    "'",
    '‘',
    ' ',
    'No such file or directory',
    'line 3',
    'not found',
    '../../etc/passwd',
  ],
  ...[
    '/w/../../x',
    'KeyError',
    'EACCES spawn',
    '.git/hooks/pre-commit',
    'lock',
    '.pid',
    'already running',
    'A_B',
    'ENOENT',
    '`',
    '$(',
  ],
];

suite('hostile logs and trees', (test) => {
  test('every fixer reads any log, in time, and asks for no path that leads out', async () => {
    const pieces = fc
      .array(fc.constantFrom(...PIECES, '\n'), { maxLength: 60 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(pieces, async (log) => {
        for (const fixer of FIXERS) {
          for (const finding of await fixer.detect(failure(log), bench))
            for (const { path } of finding.changes ?? [])
              assert.is(cleanPath(path), path, `${fixer.name}: ${path}`);
        }
      }),
      { numRuns: 60 },
    );
    for (const path of asked) assert.not.match(path, /^\/|(?:^|\/)\.\.(?:\/|$)|\0/);
  });

  test('256 kB of what an expression likes least takes no fixer a second', async () => {
    for (const piece of [
      'a',
      ' ',
      ': ',
      "'",
      'A_',
      './',
      ': line 1: ',
      '/a',
      'x: No such file or directory\n',
      'timeout -',
      '[',
    ]) {
      const log = piece.repeat(Math.floor((256 * 1024) / piece.length));
      for (const fixer of FIXERS) {
        const started = performance.now();
        await fixer.detect(failure(log, { command: log.slice(0, 65_536) }), bench);
        const took = performance.now() - started;
        assert.ok(took < 2500, `${fixer.name} takes ${Math.round(took)} ms of ${JSON.stringify(piece)}`);
      }
      const started = performance.now();
      plainLog(`\u001b[${log}`);
      assert.ok(performance.now() - started < 1000);
    }
  });

  test('a log has no control characters, colours or secrets', () => {
    const token = `ghp_${'a'.repeat(36)}`;
    assert.is(plainLog(`\u001b[31mred\u001b[0m\u0007\r\n\tnext ${token}\u009b`), 'red\n\tnext ***');
  });

  test('no change and no reading goes by a link, .. or .git out of the tree', () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'bit-mending-')));
    try {
      const tree = join(root, 'tree');
      mkdirSync(join(tree, '.git'), { recursive: true });
      mkdirSync(join(root, 'outside'));
      writeFileSync(join(root, 'outside', 'f'), 'theirs');
      symlinkSync('../outside', join(tree, 'link'));
      symlinkSync('../outside/f', join(tree, 'file'));
      for (const path of [
        '../outside/f',
        'link/f',
        '.git/config',
        'a/../../outside/f',
        '/etc/x',
        '.GIT/x',
        '',
        '.',
        'a//b',
        './a',
      ])
        assert.throws(
          () => applyChanges(tree, [{ path, content: Buffer.from('mine') }]),
          /is no file of the tree/,
          path,
        );
      applyChanges(tree, [{ path: 'file', content: Buffer.from('mine') }]);
      assert.is(readFileSync(join(root, 'outside', 'f'), 'utf8'), 'theirs', 'the link itself is replaced');
      assert.is(readFileSync(join(tree, 'file'), 'utf8'), 'mine');
      assert.is(readInside(tree, 'link/f'), undefined);
      assert.is(readInside(tree, '../outside/f'), undefined);
      assert.is(inTree(failure(''), '/w/src/a.sh'), 'src/a.sh');
      assert.is(inTree(failure(''), '/w/../x'), undefined);
      assert.is(inTree(failure('', { workingDirectory: 'sub' }), '../../x'), undefined);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

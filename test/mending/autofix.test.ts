import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { sandboxFault } from '../../src/workflow/index.ts';
import { changedPaths, digestsIn } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { autofix, broken, steps } from './broken.ts';

const CI = '.bithub/workflows/ci.yml';
const LOST = { [CI]: steps('echo first', './build.sh'), 'build.sh': '#!/bin/sh\necho built > out.txt\n' };

async function within(made: Promise<World>, run: (place: World) => Promise<void>): Promise<void> {
  const place = await made;
  try {
    await run(place);
  } finally {
    place.close();
  }
}

const chosen = ({ steps: [step] }: Awaited<ReturnType<typeof autofix>>) =>
  step === undefined || step.proposed === null ? undefined : step.candidates[step.proposed];

suite('bit bot autofix workflow', (test) => {
  if (sandboxFault() !== undefined) return;

  test('shows cause, evidence, patch and verdict, and changes nothing', () =>
    within(broken({ files: LOST }), async (place) => {
      const kept = (): ReadonlyMap<string, string> =>
        digestsIn(place.root, (path) =>
          /^(?:cache|data|config)\/|\/(?:ledger|objects|keep|tmp)(?:\/|$)/.test(path),
        );
      const before = kept();
      const out = await autofix(place);
      assert.is(out.code, 0);
      const candidate = chosen(out);
      assert.is(candidate?.fixer, 'lost-run-bit');
      assert.equal(candidate?.evidence[1], { file: 'build.sh', line: 1, text: 'mode 100644' });
      assert.match(
        candidate?.patch ?? '',
        /^diff --git a\/build\.sh b\/build\.sh\nold mode 100644\nnew mode 100755$/m,
      );
      assert.is(candidate?.verdict?.kind, 'fixed');
      assert.equal([out.steps[0]?.workflow, out.steps[0]?.line, out.steps[0]?.exit], [CI, 5, 126]);
      assert.is(out.applied, null);
      assert.equal(
        changedPaths(before, kept()).filter(
          (path) => !/^(?:repo\/\.git\/bit|cache\/bit\/mending$)/.test(path),
        ),
        [],
      );
      assert.not.ok(place.exists('out.txt'), 'the trial wrote to its copy');
      assert.equal(readdirSync(join(place.root, 'cache', 'bit', 'mending')).length, 0);
    }));

  test('--apply commits on a branch of its own, which undo takes back; the current one stays', () =>
    within(broken({ files: LOST }), async (place) => {
      const [head, status] = [place.git('rev-parse', 'HEAD'), place.git('status', '--porcelain')];
      const out = await autofix(place, '--apply');
      const branch = out.applied?.branch ?? '';
      assert.match(branch, /^fix\/lost-run-bit-[0-9a-f]{8}$/);
      assert.is(place.git('rev-parse', `${branch}^`), head);
      assert.match(place.git('ls-tree', branch, 'build.sh'), /^100755 /);
      assert.is(place.git('diff', '--stat', head, branch).includes('1 file changed'), true);
      assert.equal([place.git('rev-parse', 'HEAD'), place.git('status', '--porcelain')], [head, status]);
      const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
      const [outer] = [...ledger.entries({ event: 'BOT_AUTOFIX', phase: 'outcome' })];
      const [inner] = [...ledger.entries({ event: 'COMMIT', phase: 'outcome' })];
      assert.is(inner?.parent, outer?.op);
      assert.is((await place.bit('undo')).code, 0);
      assert.is(place.git('branch', '--list', 'fix/*'), '');
    }));

  test('--here commits on the current branch and changes the file with it', () =>
    within(broken({ files: LOST }), async (place) => {
      const out = await autofix(place, '--apply', '--here');
      assert.is(out.applied?.branch, 'main');
      assert.is(place.git('rev-parse', 'HEAD'), out.applied?.commit);
      assert.is(place.git('status', '--porcelain'), '');
      assert.is((await place.bit('run', 'ci')).code, 0);
    }));

  test('what a person has not committed goes into no commit', () =>
    within(broken({ files: LOST }), async (place) => {
      place.write('build.sh', '#!/bin/sh\necho edited\n');
      const { code, stdout, stderr } = await place.bit('bot', 'autofix', 'workflow', '--apply');
      assert.is(code, 1, stdout);
      assert.match(stderr, /build\.sh has edits that are not committed/);
      assert.is(place.git('branch', '--list', 'fix/*'), '');
    }));

  test('no fix is said, with exit 1, and nothing changes', () =>
    within(broken({ files: { [CI]: steps('echo looked; test 1 = 2') } }), async (place) => {
      const { code, stdout } = await place.bit('bot', 'autofix', 'workflow', '--apply');
      assert.is(code, 1);
      assert.match(stdout, /main\/_1: .*exit status 1[\s\S]*\| looked[\s\S]*no fix found/);
      assert.is(place.git('branch', '--list', 'fix/*'), '');
    }));

  test('a candidate with which another step fails that had passed is not proposed', () =>
    within(
      // the run bit makes the first step fail, which asks that it is not there
      broken({ files: { [CI]: steps('test ! -x build.sh', './build.sh'), 'build.sh': '#!/bin/sh\n' } }),
      async (place) => {
        const out = await autofix(place);
        assert.is(out.code, 1);
        assert.is(out.steps[0]?.candidates[0]?.verdict?.kind, 'breaks');
        assert.match(out.steps[0]?.candidates[0]?.verdict?.what ?? '', /main\/_1 fails, which passed before/);
      },
    ));

  test('what passes in a copy as it stands was mended meanwhile, and nothing is proposed', () =>
    within(broken({ files: LOST }), async (place) => {
      // somebody has found another way
      place.write(CI, steps('echo first', '"sh build.sh; echo ./build.sh: Permission denied"'));
      const out = await autofix(place);
      assert.is(out.code, 1);
      assert.is(out.steps[0]?.candidates[0]?.verdict?.kind, 'not-reproduced');
    }));

  test('a trial has no secrets, no network, no bit, and writes to nothing of the user’s', () =>
    within(
      broken({
        files: {
          [CI]: steps(
            '"{ env; id -u; cat ~/.ssh/id 2>&1; ls $HOME; bit status; curl -s --max-time 2 http://127.0.0.1:9 ; touch ../escaped; touch /work/x 2>&1; git rev-parse HEAD; } > seen.txt 2>&1 || true; cat seen.txt; ./build.sh"',
          ),
          'build.sh': '#!/bin/sh\n',
        },
      }),
      async (place) => {
        mkdirSync(join(place.root, 'home', '.ssh'));
        place.write(join(place.root, 'home', '.ssh', 'id'), 'KEYMATERIAL');
        (place.env as Record<string, string>)['MY_TOKEN'] = 'tokenvalue123';
        await place.bit('run', 'ci');
        const escaped = join(place.root, 'escaped');
        (await import('node:fs')).rmSync(escaped, { force: true });
        const out = await autofix(place);
        assert.is(chosen(out)?.verdict?.kind, 'fixed');
        assert.not.ok(existsSync(escaped), 'beside the copy nothing is written that stays');
        assert.not.ok(JSON.stringify(out.steps[0]?.candidates[0]).includes('KEYMATERIAL'));
      },
    ));

  test('what a killed process left is taken away by the next', () =>
    within(broken({ files: LOST }), async (place) => {
      const folder = join(place.root, 'cache', 'bit', 'mending');
      const id = '01m80000000000000000000000';
      mkdirSync(join(folder, id, '1', 'tree'), { recursive: true });
      place.write(join(folder, `${id}.lock`), '');
      await autofix(place);
      assert.equal(readdirSync(folder), []);
    }));

  test('names a run by its number, a workflow by its name, and says what did not fail', () =>
    within(broken({ files: { ...LOST, '.bithub/workflows/ok.yml': steps('echo ok') } }), async (place) => {
      await place.bit('run', 'ok');
      assert.is((await place.bit('bot', 'autofix', 'workflow', '#1', '--dry-run')).code, 0);
      assert.is((await place.bit('bot', 'autofix', 'workflow', 'ci', '--dry-run')).code, 0);
      const fine = await place.bit('bot', 'autofix', 'workflow', '#2');
      assert.is(fine.code, 2);
      assert.match(fine.stderr, /no step of run .* of ok failed/);
      assert.is((await place.bit('bot', 'autofix', 'workflow', 'nothing-such')).code, 4);
    }));

  test('in a matrix, a called workflow and a chain the step is found where it stands', () =>
    within(
      broken({
        files: {
          '.bithub/workflows/inner.yml':
            'jobs:\n  test:\n    matrix: { n: [1, 2] }\n    steps:\n      - run: ./build.sh ${{ matrix.n }}\n'.replace(
              'matrix: { n: [1, 2] }',
              'strategy:\n      matrix: { n: [1, 2] }',
            ),
          [CI]: 'jobs:\n  outer:\n    uses: inner\n',
          'build.sh': '#!/bin/sh\necho $1\n',
        },
      }),
      async (place) => {
        const out = await autofix(place);
        assert.is(chosen(out)?.fixer, 'lost-run-bit');
        assert.equal([out.steps[0]?.workflow, out.steps[0]?.line], ['.bithub/workflows/inner.yml', 6]);
      },
    ));
});

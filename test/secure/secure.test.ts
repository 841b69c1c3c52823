import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SecureReport } from '../../src/secure/index.ts';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, within } from '../world.ts';

const AWS = ['AKIA', 'Q3EGUKXBCZZ5WABD'].join('');
const GITHUB = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_');

async function scan(place: World, ...words: string[]): Promise<SecureReport & { code: number }> {
  const { stdout, code } = await place.bit('secure', 'scan', ...words, '--offline', '--json');
  return { ...(JSON.parse(stdout) as SecureReport), code };
}

suite('bit secure', (test) => {
  test('finds a secret that only the history still holds, with its commit and line', () =>
    within({}, async (place) => {
      place.write('old.env', `x\nKEY=${AWS}\n`);
      place.git('add', '.');
      place.git('commit', '-qm', 'leak');
      const leak = place.git('rev-parse', 'HEAD');
      place.git('rm', '-q', 'old.env');
      place.git('commit', '-qm', 'gone');
      place.git('switch', '-qc', 'other');
      place.write('b.txt', `${GITHUB}\n@@ -1 +1 @@\n+++ b/forged\n`);
      place.git('add', '.');
      place.git('commit', '-qm', 'on another branch');
      place.git('switch', '-q', 'main');
      const report = await scan(place, 'history');
      const [part] = report.parts;
      assert.equal(part?.findings.map(({ path, line, rule }) => [path, line, rule]).sort(), [
        ['b.txt', 1, 'github-token'],
        ['old.env', 2, 'aws-access-key-id'],
      ]);
      assert.is(part?.findings.find(({ path }) => path === 'old.env')?.commit, leak);
      assert.is(report.code, 1);
      assert.not.ok(JSON.stringify(report).includes(AWS));
      const few = await scan(place, 'history', '--most', '1');
      assert.match(few.parts[0]?.note ?? '', 'older commits');
    }));

  test('tells of modes, settings, policies and hooks that leave a door open', () =>
    within({}, async (place) => {
      chmodSync(join(place.dir, '.git/config'), 0o666);
      place.git('remote', 'add', 'origin', 'https://ada:hunter2222@example.org/x.git');
      place.git('config', 'http.sslVerify', 'false');
      const report = await scan(place, 'permissions');
      const rules = report.parts[0]?.findings.map(({ rule }) => rule);
      assert.equal(rules, [
        'writable-by-anybody',
        'password-in-url',
        'no-tls-check',
        'no-policy',
        'no-secret-hook',
      ]);
      assert.not.ok(JSON.stringify(report).includes('hunter2222'));
    }));

  test('puts every part in one report', () =>
    within({}, async (place) => {
      place.write(
        '.github/workflows/x.yml',
        'on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n',
      );
      const report = await scan(place);
      assert.equal(
        report.parts.map(({ part }) => part),
        ['tree', 'history', 'dependencies', 'workflows', 'permissions'],
      );
      assert.is(report.parts[3]?.outcome, 'failed');
    }));

  test('sets a hook that keeps a secret out of plain git’s commit, after the hook of before; undo takes it away', () =>
    within({}, async (place) => {
      const hook = join(place.dir, '.git/hooks/pre-commit');
      place.write('.git/hooks/pre-commit', '#!/bin/sh\necho before >> "$PWD/ran"\n');
      chmodSync(hook, 0o755);
      assert.is((await place.bit('secure', 'enable', 'hooks')).code, 0);
      assert.equal(JSON.parse((await place.bit('secure', 'enable', 'hooks', '--json')).stdout).left, [
        'the hook is there',
      ]);
      // the program as the hook finds it
      const bin = join(place.root, 'bin');
      place.write(
        join(bin, 'bit'),
        `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${BIT_PROGRAM}' "$@"\n`,
      );
      chmodSync(join(bin, 'bit'), 0o755);
      const commit = (): string => {
        try {
          place.git('-c', 'core.pager=cat', 'commit', '-qam', 'x');
          return 'committed';
        } catch (error) {
          return String((error as { stderr?: unknown }).stderr);
        }
      };
      writeFileSync(join(place.dir, 'a.txt'), `KEY=${AWS}\n`);
      assert.match(commit(), 'not on the PATH');
      place.git('config', 'alias.hooked', `!PATH='${bin}:'"$PATH" git commit -qam x`);
      try {
        place.git('hooked');
        assert.unreachable();
      } catch (error) {
        assert.match(String((error as { stderr?: unknown }).stderr), 'a.txt:1');
      }
      place.write('a.txt', 'no secret\n');
      place.git('hooked');
      assert.match(place.read('ran'), 'before');
      assert.is((await place.bit('undo')).code, 0);
      assert.is(place.read('.git/hooks/pre-commit').includes('echo before'), true);
      assert.not.ok(place.exists('.git/hooks/pre-commit.before-secure'));
    }));

  test('writes policies that hold together, and the reviews beside what .bithub.yml says', () =>
    within({}, async (place) => {
      place.write(
        '.bithub.yml',
        '# ours\napiVersion: bithub/v1\nkind: OrchestrationSpec\nledger: { share: off } # stays\n',
      );
      const { stdout } = await place.bit('secure', 'enable', 'all', '--reviews', '2', '--json');
      assert.match(stdout, 'branch protection on GitHub is not set');
      const text = place.read('.bithub.yml');
      for (const kept of ['# ours', 'share: off', '# stays', 'requiredReviews: 2']) assert.match(text, kept);
      assert.is((await place.bit('policy', 'check')).code, 0);
      assert.is((await place.bit('policy', 'accept', '--yes')).code, 0);
      const denied = await place.bit('push', 'main', 'origin', '--force', '--dry-run');
      assert.ok(denied.code === 3 || denied.code === 4, String(denied.code));
      assert.equal(JSON.parse((await place.bit('secure', 'enable', 'reviews', '--json')).stdout).set, []);
    }));
});

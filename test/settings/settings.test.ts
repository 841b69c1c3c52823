import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { keepSettings, readPolicySection, readSettings } from '../../src/settings/index.ts';
import { suite } from '../suite.ts';

function withRoot(text: string | undefined, use: (root: string, stateDirectory: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'bit-settings-'));
  try {
    const state = join(root, '.state');
    mkdirSync(state);
    if (text !== undefined) writeFileSync(join(root, '.bithub.yml'), text);
    use(root, state);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function refused(text: string): string {
  let message = '';
  withRoot(text, (root, stateDirectory) => {
    try {
      readSettings({ root, stateDirectory });
    } catch (error) {
      if (!(error instanceof BitError)) throw error;
      message = error.message + (error.hint ?? '');
    }
  });
  return message;
}

suite('settings of .bithub.yml', (test) => {
  test('are the frame’s own sections, whatever is wrong in the others', () => {
    withRoot(
      'ledger: { share: headers, keepDays: 0.5 }\npolicy: { mine: [1], nan: .nan }\nmine: true\norchestration: 7\n',
      (root, stateDirectory) => {
        const { settings } = readSettings({ root, stateDirectory });
        assert.equal(settings.ledger, { share: 'headers', mirror: null, keepDays: 0.5, anchors: {} });
        assert.equal(settings.policy, { mine: [1], nan: null });
        assert.equal(readPolicySection(root), settings.policy);
      },
    );
  });

  test('are refused by line and column, also for a section that is nearly one', () => {
    assert.match(
      refused('ledger:\n  share: some\n'),
      '.bithub.yml:2:10: ledger.share must be one of off, headers, all',
    );
    assert.match(
      refused('ledgr: { share: all }\n'),
      '.bithub.yml:1:1: there is no key ledgrdid you mean: ledger',
    );
    assert.match(refused('ledger: { mirror: ../x }\n'), 'leaves the repository');
    assert.match(refused('policy: [1]\n'), 'policy must be a mapping');
    assert.match(refused('policy: [unclosed'), '.bithub.yml:1:');
  });

  test('come from the cache while the file is as it was', () => {
    withRoot('ledger: { keepDays: 3 }\n', (root, stateDirectory) => {
      const first = readSettings({ root, stateDirectory });
      keepSettings(stateDirectory, first);
      const second = readSettings({ root, stateDirectory });
      assert.is(second.stamp, undefined);
      assert.equal(second.settings, first.settings);
      writeFileSync(join(root, '.bithub.yml'), 'ledger: { keepDays: 44 }\n');
      assert.is(readSettings({ root, stateDirectory }).settings.ledger.keepDays, 44);
    });
  });

  test('are defaults without a file, and the manifest’s ledger is the mirror', () => {
    withRoot(undefined, (root, stateDirectory) => {
      assert.is(readSettings({ root, stateDirectory }).settings.ledger.keepDays, 30);
      mkdirSync(join(root, '.bit'));
      writeFileSync(join(root, '.bit/runner.manifest.yml'), 'runner: { ledger: { path: .bithub/l.log } }\n');
      assert.is(readSettings({ root, stateDirectory }).settings.ledger.mirror, join(root, '.bithub/l.log'));
    });
  });
});

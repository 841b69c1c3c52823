/** The disk refuses, or the process is killed, at system calls that make an append durable. */
import * as assert from 'uvu/assert';
import { everyCall, SCENES, straceIsThere } from '../../scripts/campaign/faults.ts';
import { requireService, suite } from '../suite.ts';

const LEAST: Readonly<Record<string, number>> = {
  'an append': 50,
  'a ledger begun': 10,
  'renames and removals': 8,
  'the write-ahead log going into the file': 8,
};

suite('ledger faults', (test) => {
  for (const scene of SCENES) {
    test(`EIO and SIGKILL in ${scene.name} lose nothing acknowledged and damage nothing`, async () => {
      if (!requireService('strace', straceIsThere())) return;
      const { points, injected, wrong } = await everyCall(scene, true);
      assert.equal(wrong, []);
      assert.ok(injected >= points * 0.9, `${injected} of ${points} faults happened`);
      assert.ok(injected >= (LEAST[scene.name] ?? 1), `${injected} faults`);
    });
  }
});

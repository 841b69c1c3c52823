/** A job of a mesh that is told to end while nobody answers there. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { BitError, isBitError } from '../../../src/kernel/errors.ts';
import { MeshDelegate, type MeshJobs, type MeshNews } from '../../../src/mesh/workflow/index.ts';
import type { DelegateRequest } from '../../../src/workflow/index.ts';
import { suite } from '../../suite.ts';

const gone = (): Promise<never> =>
  sleep(20).then(() => Promise.reject(new BitError('remote', 'no controller answered in time')));

/** Its controller is gone for good: what was asked is never answered, and nothing more is said of a job. */
const silent: MeshJobs = {
  submit: gone,
  job: gone,
  cancel: gone,
  put: gone,
  get: gone,
  async *watch(_id, { signal }): AsyncGenerator<MeshNews> {
    await sleep(5000, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};

suite('a job that is told to end while nobody answers', (test) => {
  test('is given up as out of reach, and ends no process', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('unhandledRejection', note);
    const ending = new AbortController();
    const delegate = new MeshDelegate({
      run: '01J0000000000000000000000A',
      mesh: async () => silent,
      source: gone,
      repo: () => '',
    });
    const request = { handle: 'J-1', signal: ending.signal, onEvent: () => undefined };
    const running = delegate.run(request as unknown as DelegateRequest).then(
      () => assert.unreachable('it ended well'),
      (error: unknown) => error,
    );
    await sleep(20);
    ending.abort();
    assert.ok(isBitError(await running, 'remote'));
    await sleep(20);
    process.off('unhandledRejection', note);
    assert.equal(uncaught, []);
  });
});

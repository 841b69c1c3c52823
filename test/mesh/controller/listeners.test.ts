import * as assert from 'uvu/assert';
import { EmittedEvents } from '../../../src/mesh/controller/listeners.ts';
import type { OutcomeEvent } from '../../../src/operation/index.ts';
import { suite } from '../../suite.ts';
import { JOB, meshGround, until } from './ground.ts';
import { memoryStore } from './memory-store.ts';

suite('listeners of a controller', (test) => {
  test('hear what runners emit, as what it is', async () => {
    const heard: OutcomeEvent[] = [];
    const events = new EmittedEvents({
      tell: async (event) => void heard.push(event),
      now: () => new Date(0),
      notice: () => undefined,
    });
    const ground = await meshGround({
      store: memoryStore(),
      parts: { emitted: (event, job) => events.emit(event, job) },
    });
    try {
      const runner = await ground.runner();
      const client = await ground.client();
      const { job_id } = await client.submit(JOB, 'one');
      runner.link?.send('EVENT_EMIT', {
        source: runner.id,
        event: 'COMMIT',
        tags: ['success'],
        context: { job_id, mood: 'radi\u001b[31mant' },
      });
      await until(() => heard.length === 1);
      assert.equal(heard[0], {
        event: 'EVENT_EMIT',
        op: job_id,
        ok: true,
        summary: `COMMIT from ${runner.id}: ${job_id}, radi\\x1b[31mant, success`,
        ts: '1970-01-01T00:00:00.000Z',
        as: null,
      });
      // in nobody else's name
      runner.link?.send('EVENT_EMIT', { source: 'aln://runner/other', event: 'x', tags: [], context: {} });
      await until(() => runner.messages.some(({ type }) => type === 'ERROR'));
      assert.is(heard.length, 1);
    } finally {
      await ground.close();
    }
  });

  test('hear one after the other, as many as they can, and a broken one holds up nobody', async () => {
    const heard: string[] = [];
    const notices: string[] = [];
    let gate = Promise.resolve();
    const events = new EmittedEvents({
      async tell({ summary }) {
        await gate;
        heard.push(summary);
        if (heard.length === 2) throw new Error('it broke');
      },
      now: () => new Date(),
      notice: (line) => notices.push(line),
    });
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    for (let n = 0; n < 100; n++)
      events.emit({ source: 'aln://runner/a', event: `e${n}`, tags: [], context: {} }, undefined);
    open.resolve();
    await events.settled();
    assert.is(heard.length, 65);
    assert.is(heard[64], 'e64 from aln://runner/a');
    assert.equal(notices.sort(), [
      'listeners: 35 events came too fast and were left out',
      'listeners: it broke',
    ]);
  });
});

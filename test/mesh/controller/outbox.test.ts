import * as assert from 'uvu/assert';
import type { Entry } from '../../../src/ledger/index.ts';
import { Outbox } from '../../../src/mesh/controller/outbox.ts';
import type { LedgerEvent } from '../../../src/mesh/lifecycle/index.ts';
import type { Note } from '../../../src/operation/index.ts';
import { suite } from '../../suite.ts';
import { until } from './ground.ts';

const KINDS = ['JOB_SUBMIT', 'JOB_ASSIGN', 'JOB_RESULT'] as const;

suite('the outbox of a busy mesh', (test) => {
  test('shares entries among changes of one event, so that asking for the event finds all of them', async () => {
    const events = Array.from({ length: 500 }, (_, job) =>
      KINDS.map(
        (event, n): LedgerEvent => ({
          ...{ id: `J-${job}.${n}`, event, job_id: `J-${job}`, fence: 1, facts: {} },
          ts: new Date(1_800_000_000_000 + job).toISOString(),
        }),
      ),
    ).flat();
    let waiting = events;
    const notes: Note[] = [];
    const outbox = new Outbox({
      outbox: {
        take: async (limit) => waiting.slice(0, limit),
        done: async (done) => {
          waiting = waiting.slice(done.length);
        },
      },
      ledger: {
        note: async (given) => {
          notes.push(...given);
          return given.map((_, seq) => ({ chain: 'c', seq, entry_sha256: 'a'.repeat(64) }) as Entry);
        },
      },
      gatherMs: 1,
      onFailure: (error) => {
        throw error;
      },
      onWritten: () => {},
    });
    outbox.kick();
    await until(() => waiting.length === 0);
    await outbox.stop();
    for (const event of KINDS) {
      const told = notes
        .filter((note) => note.event === event)
        .flatMap(({ payload }) => (Array.isArray(payload['changes']) ? payload['changes'] : [payload]));
      assert.equal(
        told.map((change) => (change as { id: string }).id),
        events.filter((one) => one.event === event).map(({ id }) => id),
      );
    }
    assert.ok(notes.length < 30, `${notes.length} entries`);
    assert.is((await outbox.position('J-499', 1, 0))?.chain, 'c');
  });
});

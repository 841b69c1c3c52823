/** What every store does alike. */
import { randomUUID } from 'node:crypto';
import type { uvu } from 'uvu';
import * as assert from 'uvu/assert';
import type { JobRecord, LedgerEvent, Write } from '../../../src/mesh/lifecycle/index.ts';
import type { MeshStore } from '../../../src/mesh/store/index.ts';

export interface Made {
  readonly store: MeshStore;
  /** Ends it without a word to the store, and opens what it left behind. */
  again(): Promise<MeshStore>;
  clean(): Promise<void>;
}

export function recordOf(job_id: string, more: Partial<JobRecord> = {}): JobRecord {
  return {
    job_id,
    job: {
      job_id,
      repo: 'git+https://example.com/foo/bar.git#main',
      required: { capabilities: ['build'] },
      priority: 5,
      timeout_s: 60,
    },
    digest: 'd',
    idempotency_key: 'k',
    submitted_by: 'aln://client/a',
    submitted_at: '2026-11-21T00:00:00.000Z',
    fence: 0,
    attempt: 0,
    attempts: [],
    ...more,
  };
}

const ended = (job_id: string, at = '2026-11-21T00:00:01.000Z'): JobRecord =>
  recordOf(job_id, { end: { state: 'Failed', at, reason: 'no' } });

export function event(id: string): LedgerEvent {
  return { id, event: 'JOB_SUBMIT', ts: '2026-11-21T00:00:00.000Z', facts: {} };
}

export function jobWrite(record: JobRecord, after: number, events: readonly LedgerEvent[] = []): Write {
  return { kind: 'job', record, after, events };
}

export function contract(test: uvu.Test<object>, make: () => Promise<Made>): void {
  const check = (title: string, run: (made: Made) => Promise<void>) =>
    test(title, async () => {
      const made = await make();
      try {
        await run(made);
      } finally {
        await made.clean();
      }
    });
  const submit = async (store: MeshStore, ...ids: string[]) => {
    const outcomes = await store.commit(ids.map((id) => jobWrite(recordOf(id), 0, [event(`${id}.1`)])));
    return outcomes.map((outcome) => (outcome.stored ? outcome.revision : -1));
  };

  check('what was committed is there after it was opened again, oldest first', async ({ store, again }) => {
    const [, revision = 0] = await submit(store, 'J-B', 'J-A', 'J-C');
    await store.commit([
      jobWrite(ended('J-A'), revision, []),
      { kind: 'runner', record: { runner_id: 'aln://runner/a', drained: true }, events: [] },
      { kind: 'mesh', record: { draining: true }, events: [] },
    ]);
    const loaded = await (await again()).load();
    assert.equal(
      loaded.jobs.map(({ record }) => record.job_id),
      ['J-B', 'J-C'],
    );
    assert.equal(loaded.jobs[0]?.record, recordOf('J-B'));
    assert.equal(loaded.runners, [{ runner_id: 'aln://runner/a', drained: true }]);
    assert.equal(loaded.mesh, { draining: true });
  });

  check('a job is made once, and changed only after the revision that was seen', async ({ store }) => {
    const [revision = 0] = await submit(store, 'J-1');
    const [again] = await store.commit([jobWrite(recordOf('J-1', { digest: 'other' }), 0)]);
    assert.ok(again?.stored === false);
    assert.is(again.kept?.record.digest, 'd');
    assert.is(again.kept?.revision, revision);
    const [first] = await store.commit([jobWrite(recordOf('J-1', { fence: 1 }), revision)]);
    assert.ok(first?.stored === true && first.revision > revision);
    const [late] = await store.commit([jobWrite(recordOf('J-1', { fence: 9 }), revision)]);
    assert.ok(late?.stored === false);
    assert.is(late.kept?.record.fence, 1);
    assert.is((await store.job('J-1'))?.record.fence, 1);
    const [none] = await store.commit([jobWrite(recordOf('J-none'), 7)]);
    assert.ok(none?.stored === false && none.kept === undefined);
  });

  check('of many that want the same fence one gets it', async ({ store }) => {
    const [revision = 0] = await submit(store, 'J-1');
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map((n) =>
        store.commit([jobWrite(recordOf('J-1', { fence: 1, digest: `${n}` }), revision)]),
      ),
    );
    assert.is(outcomes.filter(([outcome]) => outcome?.stored === true).length, 1);
  });

  check(
    'a write that is refused leaves no event; the outbox keeps the others until they are told',
    async ({ store, again }) => {
      const [revision = 0] = await submit(store, 'J-1');
      await store.commit([jobWrite(recordOf('J-1', { fence: 1 }), revision, [event('J-1.2')])]);
      await store.commit([jobWrite(recordOf('J-1', { fence: 2 }), revision, [event('J-1.3')])]);
      await store.commit([{ kind: 'mesh', record: { draining: true }, events: [event('mesh')] }]);
      const events = await store.outbox.take(100);
      assert.equal(
        events.map(({ id }) => id),
        ['J-1.1', 'J-1.2', 'mesh'],
      );
      await store.outbox.done(events.slice(0, 2));
      const opened = await again();
      // One that was given out may be waited for.
      let rest: readonly LedgerEvent[] = [];
      for (let round = 0; round < 40 && rest.length === 0; round++) rest = await opened.outbox.take(100);
      assert.equal(
        rest.map(({ id }) => id),
        ['mesh'],
      );
      await opened.outbox.done(rest);
      assert.equal(await opened.outbox.take(100), []);
    },
  );

  check('jobs are listed newest first, by page, state and repository', async ({ store }) => {
    const revisions = await submit(store, 'J-1', 'J-2', 'J-3', 'J-4');
    await store.commit([jobWrite(ended('J-2'), revisions[1] ?? 0)]);
    const ids = async (filter: Omit<Parameters<MeshStore['list']>[0], 'limit'>, limit = 10) => {
      const { jobs, next } = await store.list({ ...filter, limit });
      return [...jobs.map(({ job_id }) => job_id), ...(next === undefined ? [] : [`next ${next}`])];
    };
    assert.equal(await ids({}), ['J-4', 'J-3', 'J-2', 'J-1']);
    assert.equal(await ids({}, 3), ['J-4', 'J-3', 'J-2', 'next J-2']);
    assert.equal(await ids({ after: 'J-2' }), ['J-1']);
    assert.equal(await ids({ standard: ['Failed'] }), ['J-2']);
    assert.equal(await ids({ standard: ['Pending'] }), ['J-4', 'J-3', 'J-1']);
    assert.equal(await ids({ repo: 'git+https://example.com/foo/bar.git#other' }, 1), ['J-4', 'next J-4']);
    assert.equal(await ids({ repo: 'git+https://example.com/none.git' }), []);
    assert.equal(await ids({ jobs: ['J-1', 'J-3', 'J-none'] }), ['J-3', 'J-1']);
  });

  check('jobs that ended since then are listed, by page, whenever they were submitted', async ({ store }) => {
    const names = ['J-1', 'J-2', 'J-3', 'J-4', 'J-5'];
    const revisions = await submit(store, ...names);
    // the oldest ended last, and one never
    for (const [n, id] of names.slice(0, 4).entries())
      await store.commit([jobWrite(ended(id, `2026-11-2${4 - n}T00:00:00.000Z`), revisions[n] ?? 0)]);
    const ids = async (ended_since: string, after?: string) => {
      const { jobs, next } = await store.list({
        ...{ ended_since, limit: 2 },
        ...(after === undefined ? {} : { after }),
      });
      return [...jobs.map(({ job_id }) => job_id), ...(next === undefined ? [] : [`next ${next}`])];
    };
    assert.equal(await ids('2026-11-22T00:00:00.000Z'), ['J-3', 'J-2', 'next J-2']);
    assert.equal(await ids('2026-11-22T00:00:00.000Z', 'J-2'), ['J-1']);
    assert.equal(await ids('2026-11-23T00:00:00.001Z'), ['J-1']);
    assert.equal(await ids('2026-11-25T00:00:00.000Z'), []);
  });

  check('old ended jobs go, with their logs', async ({ store }) => {
    const ids = ['J-1', 'J-2', 'J-3', 'J-4'];
    const revisions = await submit(store, ...ids);
    for (const [n, id] of ids.slice(0, 3).entries())
      await store.commit([jobWrite(ended(id, `2026-11-2${n + 1}T00:00:00.000Z`), revisions[n] ?? 0)]);
    await store.logs.append([{ job_id: 'J-1', fence: 1, offset: 0, stream: 'stdout', data: 'old' }]);
    assert.is(await store.prune({ keep: 1, before: '2026-11-22T00:00:00.000Z', most: 9 }), 1);
    assert.is(await store.job('J-1'), undefined);
    assert.is(await store.logs.end('J-1', 1), 0);
    const after = { keep: 1, before: '2027-01-01T00:00:00.000Z', most: 9 };
    assert.is(await store.prune({ ...after, keep: 2 }), 0);
    const going: string[] = [];
    const refused = await store
      .prune(after, async (jobs) => {
        going.push(...jobs.map(({ job_id }) => job_id));
        throw new Error('no');
      })
      .catch(() => 'failed');
    assert.is(refused, 'failed');
    assert.equal(going, ['J-2']);
    assert.is((await store.job('J-2'))?.record.job_id, 'J-2', 'what could not be cleared away stays');
    assert.is(await store.prune(after), 1);
    assert.equal(
      (await store.list({ limit: 9 })).jobs.map(({ job_id }) => job_id),
      ['J-4', 'J-3'],
    );
  });

  check('pruning goes on where it ended, the oldest first, and leaves what began anew', async ({ store }) => {
    const revisions = await submit(store, 'J-1', 'J-2', 'J-3');
    const end = async (id: string, day: number, after: number) => {
      const [outcome] = await store.commit([jobWrite(ended(id, `2026-11-2${day}T00:00:00.000Z`), after)]);
      return outcome?.stored === true ? outcome.revision : -1;
    };
    const second = await end('J-2', 1, revisions[1] ?? 0);
    await end('J-1', 2, revisions[0] ?? 0);
    await end('J-3', 3, revisions[2] ?? 0);
    const bounds = { keep: 0, before: '2027-01-01T00:00:00.000Z', most: 1 };
    const again = async () => {
      await store.commit([jobWrite(recordOf('J-2'), second)]);
    };
    assert.is(await store.prune(bounds, again), 0, 'it was asked for once more');
    assert.is((await store.job('J-2'))?.record.end, undefined);
    assert.is(await store.prune(bounds), 1);
    assert.is(await store.job('J-1'), undefined);
    assert.is(await store.prune(bounds), 1);
    assert.is(await store.prune(bounds), 0);
  });

  check(
    'a log goes on where it ended, whatever is sent twice, cut elsewhere or out of order',
    async ({ store, again }) => {
      const chunk = (offset: number, data: string, fence = 1) =>
        ({ job_id: 'J-1', fence, offset, stream: 'stdout', data }) as const;
      assert.equal(await store.logs.append([chunk(0, 'häl'), chunk(4, 'lo'), chunk(9, 'gap')]), [4, 6, 6]);
      assert.equal(await store.logs.append([chunk(0, 'hällo world'), chunk(6, ' wo')]), [12, 12]);
      assert.equal(await store.logs.append([chunk(0, 'other', 2)]), [5]);
      const opened = await again();
      assert.is(await opened.logs.end('J-1', 1), 12);
      const read = async (offset: number) =>
        (await opened.logs.read('J-1', 1, offset, 1000)).map(({ data }) => data).join('');
      assert.is(await read(0), 'hällo world');
      assert.is(await read(6), ' world');
      assert.equal(await opened.logs.read('J-1', 1, 12, 1000), []);
      assert.equal(await opened.logs.read('J-9', 1, 0, 1000), []);
    },
  );

  check('a large job is kept whole', async ({ store, again }) => {
    const argv = ['x'.repeat(32_000), randomUUID(), 'y'.repeat(150_000)];
    const base = recordOf('J-1');
    const record = { ...base, job: { ...base.job, task: { kind: 'command' as const, argv } } };
    await store.commit([jobWrite(record, 0)]);
    assert.equal((await (await again()).job('J-1'))?.record, record);
  });
}

/** What of a mesh's jobs a host hears of: its cursor, against a mesh that keeps what it was asked. */
import * as assert from 'uvu/assert';
import { MeshSource } from '../../src/bots/host/sources/mesh.ts';
import type { Looking } from '../../src/bots/host/sources/source.ts';
import type { DeployedBot } from '../../src/bots/model.ts';
import type { Json } from '../../src/kernel/json.ts';
import type { JobQuestion, JobRow } from '../../src/mesh/client/index.ts';
import type { Reader } from '../../src/operation/index.ts';
import { suite } from '../suite.ts';

const START = Date.parse('2026-11-20T10:00:00.000Z');
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

/** A mesh of that many ended jobs, and a host whose clock is moved. */
function ground() {
  const jobs: { job_id: string; ended_at?: string; summary?: string }[] = [];
  const asked: JobQuestion[] = [];
  const cursors = new Map<string, Json>();
  const taken: string[] = [];
  let now = START;
  const mesh = {
    async jobs(question: JobQuestion) {
      asked.push(question);
      const newest = [...jobs].reverse();
      const first = newest.findIndex(({ job_id }) => job_id === question.after) + 1;
      const rows = newest
        .slice(first)
        .filter(({ ended_at = '' }) => ended_at !== '' && ended_at >= (question.ended_since ?? ''));
      const page = rows.slice(0, question.limit);
      const last = page.at(-1)?.job_id;
      return {
        jobs: page as unknown as JobRow[],
        ...(rows.length > page.length && last !== undefined ? { next: last } : {}),
      };
    },
    close: async () => {},
  };
  const reader = { now: () => new Date(now) } as unknown as Reader;
  const bots = [{ manifest: { on: [{ event: 'mesh' }] }, links: [] }] as unknown as DeployedBot[];
  const looking: Looking = { reader, bots, since: () => START, cursor: (name) => cursors.get(name) };
  let source = new MeshSource(
    reader,
    () => {},
    async () => mesh,
  );
  return {
    ...{ jobs, asked, taken },
    end: (job_id: string, seconds: number, summary = 'workflow ci') =>
      void jobs.push({ job_id, ended_at: at(seconds), summary }),
    restart() {
      source = new MeshSource(
        reader,
        () => {},
        async () => mesh,
      );
    },
    /** What it tells that it had not told before; the queue takes each once. */
    async look(seconds: number): Promise<readonly string[]> {
      now = START + seconds * 1000;
      const found = await source.look(looking);
      for (const [name, value] of Object.entries(found.cursors)) cursors.set(name, value);
      const fresh = found.happenings.map(({ id }) => id).filter((id) => !taken.includes(id));
      taken.push(...fresh);
      return fresh.map((id) => id.replace(/^mesh:/, '').replace(/\/.*/, '')).sort();
    },
  };
}

suite('the cursor of jobs that ended', (test) => {
  test('passes what handled events of bots, which would lead to ever more of them', async () => {
    const { end, look, asked } = ground();
    end('J-1', 10, 'workflow bit bot triage');
    end('J-2', 20, 'workflow bit bots');
    end('J-3', 100, 'workflow bit bot other');
    assert.equal(await look(101), ['J-2']);
    assert.equal(await look(110), []);
    assert.is(asked.at(-1)?.ended_since, at(40), 'it has read on past it');
  });

  test('asks for what ended since, also after a restart, and hears of what a slower clock ended before', async () => {
    const { end, look, asked, restart } = ground();
    end('J-1', 10);
    end('J-2', 20);
    assert.equal(await look(21), ['J-1', 'J-2']);
    assert.is(asked.at(-1)?.ended_since, at(0));
    // submitted before and ended after; and one by another controller, whose clock is behind
    end('J-3', 15);
    assert.equal(await look(30), ['J-3']);
    end('J-4', 100);
    restart();
    assert.equal(await look(101), ['J-4']);
    end('J-5', 45);
    assert.equal(await look(110), ['J-5']);
    assert.is(asked.at(-1)?.ended_since, at(40), 'a minute before the last');
  });

  test('what ended a minute ago is not asked for any more, however long nothing else ends', async () => {
    const { end, look, asked, taken } = ground();
    end('J-1', 10);
    await look(11);
    await look(200);
    taken.length = 0;
    assert.equal(await look(300), [], 'a queue that has forgotten it long ago is not told again');
    assert.is(asked.at(-1)?.ended_since, new Date(Date.parse(at(10)) + 1).toISOString());
    end('J-2', 301);
    assert.equal(await look(310), ['J-2']);
  });

  test('a job that is asked for once more is heard of at its second end; all pages are read before the cursor moves', async () => {
    const { jobs, end, look, asked } = ground();
    for (let n = 0; n < 450; n++) end(`J-${n}`, 1000 - n);
    assert.is((await look(1001)).length, 450);
    assert.equal(
      asked.map(({ after }) => after),
      [undefined, 'J-250', 'J-50'],
    );
    const [first] = jobs;
    delete first?.ended_at;
    assert.equal(await look(1100), []);
    Object.assign(first ?? {}, { ended_at: at(1200) });
    assert.equal(await look(1201), ['J-0']);
    jobs.push({ job_id: 'J-x', ended_at: '2027-99-99T00:00:00Z' });
    assert.equal(await look(1300), [], 'no time at all');
  });
});

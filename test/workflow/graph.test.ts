import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { closure, Graph } from '../../src/workflow/graph.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

suite('the graph of jobs', (test) => {
  test('every job becomes ready once, and only after all it needs', () => {
    const dags = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 40 }).map((rows) =>
      rows.map((needs, at) => ({
        id: `j${at}`,
        needs: at === 0 ? [] : needs.map((need) => `j${need % at}`),
      })),
    );
    fc.assert(
      fc.property(dags, (nodes) => {
        const graph = new Graph(nodes);
        const ended = new Set<string>();
        const open = [...graph.takeReady()];
        for (let id = open.pop(); id !== undefined; id = open.pop()) {
          const { needs = [] } = nodes.find((node) => node.id === id) ?? {};
          assert.ok(
            needs.every((need) => ended.has(need)),
            `${id} before what it needs`,
          );
          assert.not(ended.has(id));
          ended.add(id);
          graph.end(id);
          open.push(...graph.takeReady());
        }
        assert.is(ended.size, nodes.length);
        assert.ok(graph.done);
      }),
    );
  });

  test('a cycle is named from end to end', () => {
    const nodes = [
      { id: 'free', needs: [] },
      { id: 'a', needs: ['c', 'free'] },
      { id: 'b', needs: ['a'] },
      { id: 'c', needs: ['b'] },
      { id: 'after', needs: ['c'] },
    ];
    try {
      new Graph(nodes);
      assert.unreachable();
    } catch (error) {
      assert.ok(isBitError(error, 'usage'));
      const cycle = error.details['cycle'] as string[];
      assert.is(cycle[0], cycle.at(-1));
      assert.equal([...new Set(cycle)].sort(), ['a', 'b', 'c']);
    }
  });

  test('an unknown need and a name that stands twice are refused, the nearest name told', () => {
    assert.throws(
      () =>
        new Graph([
          { id: 'build', needs: [] },
          { id: 'test', needs: ['biuld'] },
        ]),
      (error: { hint?: string }) => error.hint === 'did you mean: build',
    );
    assert.throws(
      () =>
        new Graph([
          { id: 'a', needs: [] },
          { id: 'a', needs: [] },
        ]),
      /two jobs/,
    );
  });

  test('the closure of jobs asked for holds what they need and no more', () => {
    const nodes = [
      { id: 'a', needs: [] },
      { id: 'b', needs: ['a'] },
      { id: 'c', needs: ['b'] },
      { id: 'd', needs: [] },
    ];
    assert.equal([...closure(nodes, ['b'])].sort(), ['a', 'b']);
    assert.throws(() => closure(nodes, ['x']), /no job/);
  });

  test('a chain of 100,000 jobs takes no recursion', () => {
    const nodes = Array.from({ length: 100_000 }, (_, at) => ({
      id: `j${at}`,
      needs: at === 0 ? [] : [`j${at - 1}`],
    }));
    const graph = new Graph(nodes);
    let seen = 0;
    for (let ready = graph.takeReady(); ready.length > 0; ready = graph.takeReady()) {
      for (const id of ready) {
        seen++;
        graph.end(id);
      }
    }
    assert.is(seen, 100_000);
  });
});

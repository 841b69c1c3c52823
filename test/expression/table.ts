import * as assert from 'uvu/assert';
import { evaluate, parseExpression, type Scope } from '../../src/expression/index.ts';
import type { Json } from '../../src/kernel/json.ts';
import { suite } from '../suite.ts';

export type Row = readonly [expression: string, value: Json];

export const CONTEXTS: Readonly<Record<string, Json>> = {
  github: {
    actor: 'octocat',
    ref: 'refs/heads/main',
    ref_name: 'main',
    repository: 'octo/hello',
    run_number: 17,
    event_name: 'push',
    event: {
      issue: { number: 5, title: 'It breaks', labels: [{ name: 'bug' }, { name: 'help wanted' }, { id: 3 }] },
      pull_request: { draft: false, head: { sha: 'abc123', ref: 'topic' } },
      commits: [
        { id: 'c1', message: 'one' },
        { id: 'c2', message: 'two' },
      ],
      nested: [[1, 2], [3], []],
      empty: '',
      constructor: 'ours',
    },
  },
  env: { NODE_ENV: 'test', FLAG: 'true', Zero: '0' },
  matrix: { os: 'ubuntu-latest', node: 20, experimental: true, 'with-dash': 'x' },
  fruits: {
    scallions: { colors: ['green', 'white'], ediblePortions: ['roots', 'stalks'] },
    beets: { colors: ['purple', 'red'], ediblePortions: ['roots', 'stems'] },
    artichokes: { colors: ['green', 'purple'], ediblePortions: ['hearts', 'leaves'] },
  },
  list: ['a', 'B', 'c', 3, true, null],
  none: null,
};

export const NAMES = {
  contexts: Object.keys(CONTEXTS).concat('steps', 'needs'),
  functions: { hashFiles: [1, 255], success: [0, 9], failure: [0, 9], always: [0, 0], cancelled: [0, 0] },
} as const;

export function answer(expression: string, scope: Partial<Scope> = {}): Json {
  return evaluate(parseExpression(expression, NAMES), { contexts: CONTEXTS, ...scope });
}

/** A suite with one test a row. */
export function table(name: string, rows: readonly Row[]): void {
  suite(name, (test) => {
    for (const [expression, value] of rows) {
      test(`${expression} is ${String(JSON.stringify(value))}`, () => {
        assert.equal(answer(expression), value);
      });
    }
  });
}

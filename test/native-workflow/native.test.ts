import * as assert from 'uvu/assert';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { nativeSource, readDefinition, readDocument } from '../../src/native-workflow/index.ts';
import { builtInTemplate } from '../../src/templates/index.ts';
import type { SourceFiles } from '../../src/workflow/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { bench, REQUEST } from '../workflow/engine.ts';

const PATH = '.bithub/workflows/w.yml';

function files(texts: Readonly<Record<string, string>>): SourceFiles {
  return {
    root: '/nowhere',
    read: (path) => texts[path],
    list: (folder) =>
      Object.keys(texts).flatMap((path) =>
        path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
      ),
  };
}

function load(text: string, inputs: Record<string, string> = {}) {
  return nativeSource.load({ ...REQUEST, source: 'native', workflow: 'w', inputs }, files({ [PATH]: text }));
}

async function faultOf(text: string): Promise<BitError> {
  try {
    const workflow = await load(text);
    workflow.inputs?.({});
  } catch (error) {
    if (isBitError(error)) return error;
    throw error;
  }
  throw new Error(`nothing was wrong with: ${text}`);
}

const BASE = 'jobs:\n  a:\n    steps:\n      - run: echo\n';

suite('native workflows', (test) => {
  const wrong: readonly (readonly [text: string, place: string, says: RegExp, hint?: RegExp])[] = [
    ['jobs: [', '1:8', /./],
    ['jobs:\n  a:\n    stpes: []\n', '3:5', /job a has no key stpes/, /steps/],
    ['nmae: x\njobs: {}', '1:1', /a workflow has no key nmae/, /name/],
    ['jobs:\n  a:\n    steps:\n      - rnu: x\n', '4:9', /step 1 has no key rnu/, /run/],
    ['jobs:\n  a:\n    steps:\n      - run: x\n        shell: bsh\n', '4:9', /no shell bsh/, /bash/],
    ['jobs:\n  a:\n    needs: zebra\n    steps: [{ run: x }]\n', '2:3', /needs zebra/, /its jobs are: a/],
    ['jobs:\n  a:\n    steps:\n      - uses: someone/thing@v1\n', '4:9', /no action someone\/thing@v1/],
    ['jobs:\n  a:\n    if: ${{ nope.x }}\n    steps: [{ run: x }]\n', '2:3', /nope/],
    ['jobs:\n  a:\n    steps:\n      - run: echo ${{ inputs.x\n', '4:9', /not closed/],
    ['jobs:\n  1a:\n    steps: [{ run: x }]\n', '2:3', /can't be called 1a/],
    ['jobs:\n  a: { timeout-minutes: soon, steps: [{ run: x }] }\n', '2:25', /must be a number/],
    ['jobs:\n  a: { steps: [{ run: x, id: s }, { run: y, id: s }] }\n', '2:35', /two steps s/],
    ['jobs:\n  a: {}\n', '2:6', /either steps or uses/],
    ['jobs:\n  a: { steps: [{ run: x }] }\n  a: { steps: [{ run: y }] }\n', '3:3', /unique/],
    ['', '1:1', /must be a map/],
  ];
  for (const [text, place, says, hint] of wrong) {
    test(`tells where it is wrong: ${says.source}`, async () => {
      const fault = await faultOf(text);
      assert.is(fault.code, 'usage');
      assert.ok(fault.message.startsWith(`${PATH}:${place}: `), fault.message);
      assert.match(fault.message, says);
      if (hint !== undefined) assert.match(fault.hint ?? '', hint);
    });
  }

  test('aliases can not make millions of values of a few', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let at = 1; at < 9; at++)
      lines.push(
        `a${at}: &a${at} [${Array(10)
          .fill(`*a${at - 1}`)
          .join(', ')}]`,
      );
    const started = performance.now();
    assert.throws(() => readDocument(lines.join('\n'), PATH), /more than 100000 values/);
    assert.ok(performance.now() - started < 5000);
    assert.throws(() => readDocument('a: &a [*a]', PATH));
    assert.throws(() => readDocument('['.repeat(5000), PATH));
  });

  test('no text makes it fail in another way than a fault with its place', () => {
    const words = [
      'jobs',
      'steps',
      'run',
      ':',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '"',
      "'",
      '|',
      '${{',
      '}}',
      'if',
      '1',
      '#',
      '!',
      '%',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 60 }),
        (parts) => {
          try {
            readDefinition(BASE + parts.join(''), PATH);
          } catch (error) {
            assert.ok(isBitError(error, 'usage'), String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('inputs are checked before anything runs', async () => {
    const text = `inputs:\n  who: { required: true }\n  how: { default: loud, options: [loud, low] }\n${BASE}`;
    const { inputs } = await load(text);
    assert.equal(inputs?.({ who: 'Ada' }), { who: 'Ada', how: 'loud' });
    assert.throws(() => inputs?.({}), /needs the input who/);
    assert.throws(() => inputs?.({ who: 'x', how: 'no' }), /can't be no/);
    assert.throws(
      () => inputs?.({ who: 'x', hwo: 'no' }),
      (error: BitError) => error.hint?.includes('how') === true,
    );
  });

  test('a matrix made by an earlier job runs, with conditions, outputs and secrets', async () => {
    const place = bench();
    try {
      const text = `
env: { GREETING: hi }
jobs:
  list:
    outputs: { all: "\${{ steps.l.outputs.all }}" }
    steps:
      - id: l
        run: echo 'all=["a","b"]' >> "$BIT_OUTPUT"
  each:
    needs: list
    strategy: { matrix: { x: "\${{ fromJSON(needs.list.outputs.all) }}" } }
    outputs: { "seen-\${{ 1 }}": "x" }
    steps:
      - run: test "$GREETING \${{ matrix.x }} \${{ secrets.TOKEN }}" = "hi \${{ matrix.x }} tok-en-1"
      - if: failure()
        run: exit 9
      - if: matrix.x == 'b'
        run: touch was-b
  last:
    needs: [each]
    if: always() && needs.each.result == 'success'
    steps:
      - uses: actions/checkout@v4
      - run: test -e was-b
        working-directory: .
        shell: sh
`.replace('outputs: { "seen-${{ 1 }}": "x" }', 'outputs: { seen: "x" }');
      const workflow = await load(text);
      assert.equal(workflow.secrets, ['TOKEN']);
      const end = await place.run(workflow, { secrets: async () => () => 'tok-en-1' });
      assert.is(end.result, 'success', JSON.stringify(end.failed));
      assert.equal(
        end.jobs.map(({ id, instances }) => [id, Object.keys(instances)]),
        [
          ['list', ['']],
          ['each', ['a', 'b']],
          ['last', ['']],
        ],
      );
    } finally {
      place.close();
    }
  });

  test('a workflow that calls itself is refused', async () => {
    const fault = await faultOf('jobs:\n  a: { uses: w }\n');
    assert.match(fault.message, /calls itself/);
  });

  test('the workflows that bit init writes are read', async () => {
    for (const { path, content } of builtInTemplate('full', {
      name: 'n',
      owner: 'o',
      branch: 'main',
      share: 'off',
    })) {
      if (!/workflows\/.*\.yml$/.test(path)) continue;
      const definition = readDefinition(Buffer.from(content).toString('utf8'), path);
      assert.ok(definition.jobs.length > 0);
    }
  });
});

suite('the schema of native workflows', (test) => {
  test('agrees with the reader on what is a workflow', async () => {
    const { default: Ajv } = await import('ajv/dist/2020.js');
    const { readFileSync } = await import('node:fs');
    const { parse } = await import('yaml');
    const { join } = await import('node:path');
    const text = readFileSync(join(import.meta.dirname, '../../docs/schema/workflow-v1.json'), 'utf8');
    const valid = new Ajv.default({ strict: false }).compile(JSON.parse(text) as object);
    const [, documented = ''] =
      /```yaml\n([\s\S]*?)```/.exec(
        readFileSync(join(import.meta.dirname, '../../docs/workflows.md'), 'utf8'),
      ) ?? [];
    assert.ok(valid(parse(documented)), JSON.stringify(valid.errors));
    assert.is(readDefinition(documented, PATH).jobs.length, 3);
    for (const bad of [
      'jobs: {}',
      'jobs: { a: {} }',
      'jobs: { a: { stpes: [] } }',
      'jobs: { a: { steps: [{}] } }',
    ]) {
      assert.not(valid(parse(bad)), bad);
      assert.throws(() => readDefinition(bad, PATH));
    }
  });
});

import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { BitError } from '../../src/kernel/errors.ts';
import {
  type Fault,
  jsonSchema,
  parseSpecification,
  SPECIFICATION_SHAPE,
  type Specification,
} from '../../src/specification/index.ts';
import fc from '../property.ts';
import { processorTime, suite } from '../suite.ts';

const WHOLE = readFileSync(new URL('fixtures/whole.yml', import.meta.url), 'utf8');
const HEAD = 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n';

function refused(text: string): BitError {
  try {
    parseSpecification(text);
  } catch (error) {
    if (error instanceof BitError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

const faults = (text: string): readonly Fault[] => refused(text).details['faults'] as readonly Fault[];

suite('.bithub.yml', (test) => {
  test('with every key of the first specification is read as it stands', () => {
    const { specification } = parseSpecification(WHOLE);
    assert.equal(specification, parse(WHOLE) as Specification);
  });

  test('says where each value stands', () => {
    const { places } = parseSpecification(WHOLE);
    const line = (text: string): number => WHOLE.slice(0, WHOLE.indexOf(text)).split('\n').length;
    assert.is(
      places.get('orchestration.flows[0].sequence[4].condition')?.line,
      line('files.changed matches'),
    );
    assert.is(places.get('clusters.profiles.vsc-gpu.resources.gpus')?.line, line('A10:1'));
  });

  test('tells everything that is wrong at once, by line and column, with the nearest name', () => {
    const error = refused(
      'apiVersion: bithub/v2\nkinde: x\norchestration:\n  flowz: []\npolicy:\n  securty: {}\nmetadata: [1]\n',
    );
    assert.is(error.code, 'usage');
    assert.equal(error.message.split('\n'), [
      '.bithub.yml has 6 faults:',
      '.bithub.yml:1:1: the document lacks kind',
      '.bithub.yml:1:13: apiVersion must be bithub/v1, and is bithub/v2 (did you mean: bithub/v1)',
      '.bithub.yml:2:1: there is no key kinde (did you mean: kind)',
      '.bithub.yml:4:3: orchestration has no key flowz (did you mean: flows)',
      '.bithub.yml:6:3: policy has no key securty (did you mean: security)',
      '.bithub.yml:7:11: metadata must be a mapping',
    ]);
  });

  test('refuses a key misspelled anywhere, and takes it rightly spelled', () => {
    const known = parseSpecification(WHOLE).places;
    const paths = [...known.keys()].filter(
      (path) => /\.[A-Za-z]+$/.test(path) && !/annotations|profiles\.\w+$/.test(path),
    );
    assert.ok(paths.length > 40);
    for (const path of paths) {
      const { line = 0 } = known.get(path) ?? {};
      const key = path.split('.').at(-1) ?? '';
      const lines = WHOLE.split('\n');
      const at = [line - 1, line - 2].find((n) => lines[n]?.includes(`${key}:`)) ?? 0;
      lines[at] = lines[at]?.replace(`${key}:`, `${key}x:`) ?? '';
      const found = faults(lines.join('\n'));
      assert.ok(
        found.some(({ line: where, hint = '' }) => where === at + 1 && hint.includes(key)),
        `${path}: ${JSON.stringify(found)}`,
      );
    }
  });

  test('tells a fault of YAML itself by line and column, and what to do about the commonest', () => {
    const error = refused(`${HEAD}images:\n  defaults:\n    testCommand: sh -c 'echo "OK: $X"'\n`);
    assert.match(error.message, /^\.bithub\.yml:5:18: /);
    assert.match(error.hint ?? '', 'quotes');
    assert.match(refused('a: 1\na: 2\n').message, /:2:1: a stands twice/);
  });

  test('wants exactly one kind of step', () => {
    const step = (text: string): string =>
      refused(`${HEAD}orchestration:\n  flows:\n    - name: a\n      sequence:\n        - ${text}\n`).message;
    assert.match(step('{ gate: policy, barrier: b }'), 'has gate and barrier, and may have one of');
    assert.match(step('{ retries: 1 }'), 'needs one of gate, action, barrier, workflows');
    assert.match(step('{ action: bit-imag }'), 'must be one of');
  });

  test('takes anchors, merges and keys of the user’s own', () => {
    const { specification } = parseSpecification(
      `${HEAD}x-common: &common { retries: 2, backoffSeconds: 1 }\norchestration:\n  flows:\n    - name: a\n      sequence:\n        - { gate: policy, <<: *common, retries: 5 }\npolicy:\n  max_priority: 5\n`,
    );
    assert.equal(specification.orchestration?.flows?.[0]?.sequence[0], {
      gate: 'policy',
      retries: 5,
      backoffSeconds: 1,
    });
    assert.equal(specification.policy, { max_priority: 5 } as never);
  });

  test('bounds depth, size and what aliases come to', () => {
    const started = processorTime();
    assert.match(refused('['.repeat(100_000)).message, 'nested deeper');
    assert.match(refused('- '.repeat(60_000)).message, 'nested deeper');
    assert.match(
      refused(Array.from({ length: 400 }, (_, n) => `${' '.repeat(n)}a:\n`).join('')).message,
      'nested deeper',
    );
    const layers = 'abcdefgh'.split('').map((name, n) => {
      const of = n === 0 ? '1' : `*${'abcdefgh'[n - 1]}`;
      return `  ${name}: &${name} [${Array(10).fill(of).join(', ')}]`;
    });
    assert.match(refused(`${HEAD}policy:\n${layers.join('\n')}\n`).message, 'comes to more than');
    const merges = 'abcdefgh'.split('').map((name, n) => {
      const of =
        n === 0
          ? ''
          : `<<: [${Array(10)
              .fill(`*${'abcdefgh'[n - 1]}`)
              .join(', ')}], `;
      return `  ${name}: &${name} { ${of}${name}: 1 }`;
    });
    refused(`${HEAD}nothing: 1\npolicy:\n${merges.join('\n')}\n`);
    assert.match(refused(`${HEAD}policy: &a { b: *a }\n`).message, 'holds itself');
    refused(`a: 1\n${Array.from({ length: 10_000 }, (_, n) => `k${n}: 1\n`).join('')}`);
    assert.match(refused(`# ${'x'.repeat(200_000)}`).message, 'larger than');
    assert.ok(processorTime() - started < 5000);
  });

  test('has no member that came from a prototype', () => {
    const { specification } = parseSpecification(
      `${HEAD}policy: { __proto__: { evil: 1 }, constructor: 2 }\n`,
    );
    assert.is(({} as Record<string, unknown>)['evil'], undefined);
    assert.equal(Object.keys(specification.policy as object), ['__proto__', 'constructor']);
    assert.match(refused(`${HEAD}toString: 1\n`).message, 'there is no key toString');
  });

  test('is parsed or refused with a place whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 300 }),
          fc.json({ maxDepth: 6 }),
          fc
            .tuple(fc.nat(WHOLE.length), fc.nat(20), fc.string({ maxLength: 4 }))
            .map(([at, cut, put]) => WHOLE.slice(0, at) + put + WHOLE.slice(at + cut)),
        ),
        (text) => {
          try {
            parseSpecification(text);
          } catch (error) {
            assert.instance(error, BitError);
            assert.ok(Number((error as BitError).details['line']) >= 1);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

suite('the published schema', (test) => {
  const published = JSON.parse(
    readFileSync(new URL('../../docs/schema/bithub-v1.json', import.meta.url), 'utf8'),
  ) as object;
  const valid = new Ajv2020.default({ strict: false }).compile(published);

  test('is the one the shapes make', () => {
    assert.equal(published, jsonSchema(SPECIFICATION_SHAPE, '.bithub.yml'));
  });

  test('agrees with the validator on what is right and what is wrong', () => {
    assert.ok(valid(parse(WHOLE)), JSON.stringify(valid.errors));
    const wrong: readonly [path: readonly string[], value: unknown][] = [
      [['kind'], 'Other'],
      [['metadata', 'nam'], 'x'],
      [['orchestration', 'defaults', 'retries'], -1],
      [['orchestration', 'defaults', 'retries'], 1.5],
      [['orchestration', 'flows'], {}],
      [['identity', 'tokenSources'], ['file:x']],
      [['clusters', 'profiles', 'a b'], {}],
      [['images', 'services'], [{}]],
      [['artifacts', 'bundles'], [{ name: 'a' }]],
    ];
    for (const [path, value] of wrong) {
      const document = parse(WHOLE) as Record<string, never>;
      let at: Record<string, unknown> = document;
      for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
      at[path.at(-1) ?? ''] = value;
      assert.not.ok(valid(document), `the schema takes ${path.join('.')}`);
      assert.is(refused(stringify(document)).code, 'usage', path.join('.'));
    }
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { perform } from '../../src/operation/index.ts';
import type { PolicyInput } from '../../src/policy/index.ts';
import { bench } from '../operation/fixture.ts';
import { suite } from '../suite.ts';

const path = join(import.meta.dirname, '../../docs/schema/policy-input-v1.json');
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT.*Z$/ },
});
const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object);

function holds(input: unknown): void {
  assert.ok(validate(input), JSON.stringify(validate.errors?.slice(0, 3)));
}

/** What the policy is asked, without changing its answer. */
function overhear(context: Context): PolicyInput[] {
  const heard: PolicyInput[] = [];
  const set = context.reader.policy;
  const { decide } = set;
  Object.assign(set, {
    decide: (input: PolicyInput) => {
      heard.push(input);
      return decide(input);
    },
  });
  return heard;
}

suite('policy input', (test) => {
  test('of an action holds the published schema', async () => {
    const place = await bench();
    try {
      const heard = overhear(place.context);
      const effect = {
        summary: 'try',
        target: { password: 'x', paths: ['a'] },
        plan: [],
        touches: { refs: [] },
        irreversible: ['sent'],
        run: async () => ({}),
      };
      const request = { action: 'acme.try', event: 'TRY', command: 'tag.new', args: { name: 'v1' } };
      await perform(place.context.world, request, effect);
      place.world.git('checkout', '-q', '--detach');
      await perform(place.context.world, request, effect, { dryRun: true });
      assert.is(heard.length, 2);
      for (const input of heard) holds(input);
      assert.is(heard[0]?.target['password'], '***');
      assert.is(heard[1]?.repo['branch'], null);
    } finally {
      place.close();
    }
  });

  test('of a query holds it too', async () => {
    const place = await bench();
    try {
      place.world.write(
        '.bithub/policies/r.rego',
        'package r\nimport rego.v1\ndeny contains "x" if input.action == "read.secret"\n',
      );
      await place.world.bit('policy', 'accept');
      const heard = overhear(place.context);
      await place.context.gateRead('status', { depth: 'deep' });
      assert.is(heard.length, 1);
      for (const input of heard) holds(input);
    } finally {
      place.close();
    }
  });

  test('tried out by --explain holds it, for an action and for a past denial', async () => {
    const place = await bench();
    try {
      place.world.write(
        '.bithub/policies/r.rego',
        'package r\nimport rego.v1\ndeny contains "x" if input.action == "repo.branch"\n',
      );
      await place.world.bit('policy', 'accept');
      await place.world.bit('branch', 'new', 'x');
      for (const words of [[], ['--action', 'repo.branch', '--arg', 'name=x']]) {
        const { stdout } = await place.world.bit('policy', 'check', '--explain', ...words, '--json');
        holds((JSON.parse(stdout) as { input: unknown }).input);
      }
    } finally {
      place.close();
    }
  });

  test('that lacks a member, or has one of another shape, does not', () => {
    assert.not.ok(validate({}));
    assert.not.ok(validate({ action: 1 }));
  });
});

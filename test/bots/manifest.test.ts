import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import {
  BOT_SCHEMA_ID,
  BOT_SHAPE,
  checkBotCapability,
  handlerText,
  parseBot,
  parseHandler,
} from '../../src/bots/index.ts';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { jsonSchema } from '../../src/specification/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const WHOLE = `name: triage
description: Looks at what failed.
handler: script:main.scm
on:
  - ledger: COMMIT
  - event: workflow
    kinds: [failed, waiting]
    workflows: [ci]
    branches: main
    if: event.branch == 'main'
  - schedule: "0 6 * * 1"
  - github: [issues.opened, pull_request]
  - git
capabilities: [repo:commit, "query:*", tree:read, "network:api.github.com:443"]
limits:
  seconds: 20
settings:
  labels: [a, {b: 1}]
`;

function refused(text: string, name = 'triage'): BitError {
  try {
    parseBot('.bithub/bots/triage.yml', text, name);
  } catch (error) {
    if (isBitError(error, 'usage')) return error;
    throw error;
  }
  throw new Error('it was taken');
}

suite('a manifest of a bot', (test) => {
  test('is read whole, with its defaults and the short forms of what it listens to', () => {
    const bot = parseBot('x.yml', WHOLE, 'triage');
    assert.equal(bot.handler, { kind: 'script', path: 'main.scm', language: 'lisp' });
    assert.equal(bot.limits, { memory_mb: 512, seconds: 20, processes: 64, output_mb: 8, attempts: 3 });
    assert.equal(bot.settings, { labels: ['a', { b: 1 }] });
    assert.equal(bot.on, [
      { event: 'ledger', kinds: ['COMMIT'], workflows: [], branches: [], paths: [] },
      {
        ...{
          event: 'workflow',
          kinds: ['failed', 'waiting'],
          workflows: ['ci'],
          branches: ['main'],
          paths: [],
        },
        condition: "event.branch == 'main'",
      },
      { event: 'schedule', kinds: [], workflows: [], branches: [], paths: [], cron: '0 6 * * 1' },
      { event: 'github', kinds: ['issues.opened', 'pull_request'], workflows: [], branches: [], paths: [] },
      { event: 'git', kinds: [], workflows: [], branches: [], paths: [] },
    ]);
  });

  test('tells everything that is wrong at once, each with its line and column', () => {
    const { message } = refused(`name: other
handler: script:../../etc/passwd.sh
on:
  - workflow: fialed
  - schedule: 61 * * * *
  - event: mesh
    cron: 0 0 * * *
  - github: issues.opened
    if: event.(
capabilities: [repo commit, "network:a b"]
`);
    for (const told of [
      'triage.yml:1:7: the bot of this file must be called triage, and is called other',
      'triage.yml:2:10: ../../etc/passwd.sh is no file of a bot',
      'triage.yml:4:15: workflow has no kind fialed (did you mean: failed)',
      'triage.yml:5:15: ',
      'triage.yml:7:11: mesh has no cron line',
      'triage.yml:9:9: ',
      "triage.yml:10:16: 'repo commit' is no capability",
      "triage.yml:10:29: 'network:a b' is no capability",
    ])
      assert.ok(message.includes(told), `${told}\n${message}`);
  });

  test('refuses a key it does not know, with the nearest', () => {
    const { message, hint } = refused('name: triage\nhandler: bundled:audit\ncapabilites: []\n');
    assert.match(message, 'triage.yml:3:1: there is no key capabilites');
    assert.is(hint, 'did you mean: capabilities');
  });

  test('has one event a subscription, and narrows only what can be narrowed', () => {
    assert.match(
      refused('name: triage\nhandler: bundled:audit\non: [{ledger: COMMIT, git: commit}]\n').message,
      /ledger and git, and may have one/,
    );
    assert.match(
      refused('name: triage\nhandler: bundled:audit\non: [{mesh: HELLO, paths: src/**}]\n').message,
      'mesh is not narrowed by paths',
    );
    assert.match(refused('name: triage\nhandler: bundled:audit\non: [schedule]\n').message, 'cron line');
  });

  test('takes no handler but a bundled one, a plugin’s or a script below its folder', () => {
    for (const handler of ['bundled:planner', 'plugin:@acme/bots#triage', 'script:lib/a.mjs'])
      assert.is(handlerText(parseHandler(handler)), handler);
    for (const handler of [
      ...['script:/etc/passwd.sh', 'script:a/../b.sh', 'script:./a.sh', 'script:a.exe', 'script:a//b.sh'],
      ...['plugin:acme', 'plugin:../x#a', 'bundled:A', 'file:x.sh', 'script:a\u0000.sh', 'script:-', ''],
    ])
      assert.throws(
        () => parseHandler(handler),
        (error: unknown) => isBitError(error, 'usage'),
        handler,
      );
  });

  test('asks for capabilities of a token, and for hosts with their ports', () => {
    for (const good of [
      '*',
      'query:*',
      'repo:commit',
      'network:*',
      'network:a.example',
      'network:10.0.0.1:8080',
    ])
      assert.is(checkBotCapability(good), good);
    for (const bad of [
      '',
      'network:',
      'network:a:0',
      'network:a:65536',
      'network:a:1:2',
      'network:-a',
      'a:',
      'a b',
    ])
      assert.throws(
        () => checkBotCapability(bad),
        (error: unknown) => isBitError(error, 'usage'),
        bad,
      );
  });

  test('whatever is in the file, either is a bot or says by line what is wrong', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string({ maxLength: 200 }), (value, rest) => {
        for (const text of [
          JSON.stringify({ name: 'a', handler: 'bundled:a', on: value }),
          `${WHOLE}${rest}`,
          rest,
        ])
          try {
            parseBot('a.yml', text);
          } catch (error) {
            if (!isBitError(error, 'usage')) throw error;
            assert.match(error.message, 'a.yml');
          }
      }),
      { numRuns: 300 },
    );
  });
});

suite('the published schema of a bot', (test) => {
  const published = JSON.parse(
    readFileSync(new URL('../../docs/schema/bot-v1.json', import.meta.url), 'utf8'),
  ) as object;

  test('is the one the shape makes, and takes what the parser takes', () => {
    assert.equal(published, jsonSchema(BOT_SHAPE, '.bithub/bots/<name>.yml', BOT_SCHEMA_ID));
    const valid = new Ajv2020.default({ strict: false }).compile(published);
    assert.ok(valid(parse(WHOLE)), JSON.stringify(valid.errors));
    assert.not.ok(valid({ ...(parse(WHOLE) as object), capabilites: [] }));
  });
});

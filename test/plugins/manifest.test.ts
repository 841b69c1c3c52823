import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BitError, type ErrorCode } from '../../src/kernel/errors.ts';
import { parseManifest, parseSource } from '../../src/plugins/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const good = { name: 'p', version: '1.0.0', bit: { commands: './commands' } };
const parse = (value: unknown) => parseManifest(JSON.stringify(value));

function refused(run: () => unknown, code: ErrorCode, said: string): void {
  try {
    run();
  } catch (error) {
    assert.instance(error, BitError, String(error));
    assert.is((error as BitError).code, code, (error as BitError).message);
    assert.match((error as BitError).message, said);
    return;
  }
  assert.unreachable(`not refused: ${said}`);
}

suite("a plugin's manifest", (test) => {
  test('names its commands, listeners, capabilities and whether it needs packages', () => {
    const manifest = parse({
      ...good,
      name: '@acme/p',
      bit: {
        api: 1,
        commands: './commands',
        listeners: 'l.js',
        capabilities: ['git.write', 'action:a.b', 'git.write'],
      },
      dependencies: { '@bithub/cli': '*', ms: '2' },
    });
    assert.is(manifest.commands, 'commands');
    assert.is(manifest.listeners, 'l.js');
    assert.equal(manifest.capabilities, ['action:a.b', 'git.write']);
    assert.is(manifest.dependencies, true);
    assert.is(parse({ ...good, peerDependencies: { '@bithub/cli': '*' } }).dependencies, false);
  });

  test('that is wrong is refused by the member that is', () => {
    refused(() => parseManifest('{'), 'usage', 'not JSON');
    refused(() => parse([]), 'usage', 'not an object');
    refused(() => parse({ ...good, name: '../evil' }), 'usage', 'name is no package name');
    refused(() => parse({ ...good, version: 'latest' }), 'usage', 'version is none');
  });

  test('may not lead out of its package, or ask for what there is not', () => {
    for (const commands of ['..', '../x', 'a/../../x', '/etc', 'x\0y', '', 7])
      refused(() => parse({ ...good, bit: { commands } }), 'usage', 'bit.commands');
    refused(() => parse({ ...good, bit: { listeners: '../x.js' } }), 'usage', 'bit.listeners');
    refused(
      () => parse({ ...good, bit: { ...good.bit, capabilities: ['root'] } }),
      'usage',
      'no capability root',
    );
    refused(
      () => parse({ ...good, bit: { ...good.bit, capabilities: ['__proto__'] } }),
      'usage',
      'no capability __proto__',
    );
    refused(() => parse({ ...good, bit: { ...good.bit, api: 4 } }), 'unsupported', 'version 4 of the seam');
    refused(() => parse({ name: 'p', version: '1.0.0' }), 'usage', 'p is no plugin');
  });

  test('with __proto__ in it changes no prototype and grants nothing', () => {
    const manifest = parseManifest(
      '{"name":"p","version":"1.0.0","__proto__":{"bit":{"commands":"x"}},"bit":{"commands":"c","__proto__":{"capabilities":["git.write"]}}}',
    );
    assert.equal(manifest.capabilities, []);
    assert.is(manifest.commands, 'c');
    assert.is(({} as Record<string, unknown>)['bit'], undefined);
  });

  test('of any shape is read or refused by name', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (bit, name) => {
        try {
          parse({ ...good, name, bit });
        } catch (error) {
          assert.instance(error, BitError, String(error));
        }
      }),
      { numRuns: 500 },
    ));
});

suite('where a plugin comes from', (test) => {
  test('is a path only where it looks like one, and no word becomes an option of npm', () => {
    const place = mkdtempSync(join(tmpdir(), 'bit-source-'));
    try {
      mkdirSync(join(place, 'lodash'));
      writeFileSync(join(place, 'p.tgz'), '');
      assert.is(parseSource('./lodash', place).kind, 'folder');
      assert.is(parseSource('file:lodash', place).kind, 'folder');
      assert.is(parseSource('p.tgz', place).kind, 'archive');
      assert.is(parseSource('lodash', place).kind, 'npm');
      assert.is(parseSource('@acme/p@^2', place).kind, 'npm');
      const git = parseSource('git+https://me:hunter2@example.org/p.git', place);
      assert.is(git.kind, 'git');
      assert.not.match(git.shown, 'hunter2');
      for (const word of [
        '',
        '-g',
        '--registry=http://x',
        'a b',
        'a@--x',
        '@/x',
        'x\n',
        'git+https://-x',
        'git+ext::sh -c x',
      ])
        refused(() => assert.not.ok(parseSource(word, place), word), 'usage', '');
      refused(() => parseSource('./none', place), 'not-found', 'there is no');
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

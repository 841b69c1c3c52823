import { symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { CheckResult, OneCheck } from '../../src/check/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

async function checks(
  place: World,
  ...words: string[]
): Promise<CheckResult & { code: number; by: (name: string) => OneCheck | undefined }> {
  const { stdout, code } = await place.bit('check', ...words, '--json');
  const result = JSON.parse(stdout) as CheckResult;
  return { ...result, code, by: (name) => result.checks.find(({ check }) => check === name) };
}

/** Put together here, so that no scanner takes this file for a leak. */
const AWS = ['AKIA', 'Q3EGUKXBCZZ5WABD'].join('');
const SLACK = ['xoxb', '1234567890123', '1234567890123', 'AbCdEfGhIjKlMnOpQrStUvWx'].join('-');
const SHOPIFY = ['shpat', 'a1b2c3d4e5f60718293a4b5c6d7e8f90'].join('_');

const LOCK = `{
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "x" },
    "node_modules/left": {
      "version": "1.2.3",
      "license": "MIT"
    },
    "node_modules/left/node_modules/right": {
      "version": "2.0.0-rc.1",
      "license": "GPL-3.0-only",
      "dev": true
    }
  }
}
`;

function registry(answer: unknown, status = 200): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      asked.push(`${request.url} ${body}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked }),
    ),
  );
}

suite('bit check', (test) => {
  test('finds secrets by our rules and by secretlint’s, each once, and tells none', () =>
    within(
      {
        'a.env': `KEY=${AWS}\n\nSLACK=${SLACK}\n`,
        'b.txt': `shop: ${SHOPIFY}\n${AWS} bit:allow-secret\n`,
        'c.bin': `\u0000${AWS}`,
      },
      async (place) => {
        symlinkSync('/etc', join(place.dir, 'link'));
        symlinkSync('.', join(place.dir, 'loop'));
        const result = await checks(place, 'security', '--offline');
        const found = result.by('secrets')?.findings.map(({ path, line, rule }) => [path, line, rule]);
        assert.equal(found, [
          ['a.env', 1, 'aws-access-key-id'],
          ['a.env', 3, 'slack-token'],
          ['b.txt', 1, 'secretlint-shopify'],
        ]);
        assert.is(result.code, 1);
        const said = JSON.stringify(result);
        for (const secret of [AWS, SLACK, SHOPIFY]) assert.not.ok(said.includes(secret));
      },
    ));

  test('leaves out what check.exclude names, and looks at it all the same once it is staged', () =>
    within({}, async (place) => {
      const key = `key = ${AWS}\n`;
      place.write('fixtures/one.txt', key);
      place.write('src/two.txt', key);
      place.write(
        '.bithub.yml',
        "apiVersion: bithub/v1\nkind: OrchestrationSpec\ncheck: { exclude: ['fixtures/**'] }\n",
      );
      const { by } = await checks(place, 'security', '--offline');
      assert.equal(
        by('secrets')?.findings.map(({ path }) => path),
        ['src/two.txt'],
      );
      place.git('add', 'fixtures');
      const staged = await checks(place, 'security', '--staged');
      assert.equal(
        staged.by('secrets')?.findings.map(({ path }) => path),
        ['fixtures/one.txt'],
      );
    }));

  test('keeps a staged secret that only secretlint knows out of a commit', () =>
    within({}, async (place) => {
      place.write('a.txt', `one\nshop: ${SHOPIFY}\n`);
      const { code, stderr } = await place.bit('commit', 'a.txt', '-m', 'x', '--auto-validate');
      assert.is(code, 1);
      assert.match(stderr, 'a.txt:2');
    }));

  test('tells of packages with known faults, where they stand in the lock file', async () => {
    const { server, url, asked } = await registry({
      left: [
        {
          id: 1,
          url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
          title: 'it falls',
          severity: 'high',
          vulnerable_versions: '>=1.0.0 <1.3.0',
        },
        { id: 2, title: 'not this one', severity: 'critical', vulnerable_versions: '<1.2.0 || >=2' },
      ],
      right: [{ id: 3, title: 'a little', severity: 'low', vulnerable_versions: '<2.0.0' }],
    });
    try {
      await within(
        { 'package-lock.json': LOCK },
        async (place) => {
          const result = await checks(place, 'security');
          const check = result.by('dependencies');
          assert.equal(
            check?.findings.map(({ rule, level, line }) => [rule, level, line]),
            [
              ['GHSA-aaaa-bbbb-cccc', 'error', 5],
              ['advisory-3', 'note', 9],
            ],
          );
          assert.is(check?.outcome, 'failed');
          assert.equal(asked, [
            '/-/npm/v1/security/advisories/bulk {"left":["1.2.3"],"right":["2.0.0-rc.1"]}',
          ]);
          place.write(
            '.bithub.yml',
            'apiVersion: bithub/v1\nkind: OrchestrationSpec\npolicy:\n  security: { vulnThreshold: high }\n',
          );
          assert.is((await checks(place, 'security')).by('dependencies')?.outcome, 'passed');
        },
        { npm_config_registry: url },
      );
    } finally {
      server.close();
    }
  });

  test('takes a registry that does not answer for no pass', async () => {
    const { server, url } = await registry({}, 503);
    try {
      await within(
        { 'package-lock.json': LOCK },
        async (place) => {
          const result = await checks(place, 'security');
          assert.equal([result.code, result.ok, result.by('dependencies')?.outcome], [6, false, 'unknown']);
          assert.match(result.by('dependencies')?.note ?? '', 'HTTP 503');
          const offline = await checks(place, 'security', '--offline');
          assert.equal([offline.code, offline.by('dependencies')?.outcome], [0, 'skipped']);
        },
        { npm_config_registry: url },
      );
    } finally {
      server.close();
    }
  });

  test('asks no registry without encryption, and none with a password', () =>
    within({ 'package-lock.json': LOCK, '.npmrc': 'registry=http://example.org/\n' }, async (place) => {
      assert.is((await place.bit('check', 'security')).code, 2);
      place.write('.npmrc', 'registry=https://u:hunter22@example.org/\n');
      const { code, stderr } = await place.bit('check', 'security');
      assert.is(code, 2);
      assert.not.match(stderr, 'hunter22');
    }));

  test('holds licences against the policy, expression by expression', () =>
    within(
      {
        '.bithub.yml':
          'apiVersion: bithub/v1\nkind: OrchestrationSpec\npolicy:\n  compliance:\n    licensesAllow: [MIT, Apache-2.0, GPL-2.0-or-later]\n    licensesDeny: [GPL-3.0-only]\n',
        'node_modules/a/package.json': '{"version":"1.0.0","license":"(MIT OR GPL-3.0-only)"}',
        'node_modules/b/package.json': '{"version":"1.0.0","license":"MIT AND GPL-3.0-only"}',
        'node_modules/@s/c/package.json': '{"version":"1.0.0","licenses":[{"type":"MIT"},{"type":"BSD"}]}',
        'node_modules/d/package.json': '{"version":"1.0.0","license":"SEE LICENSE IN x"}',
        'node_modules/e/package.json': '{"version":"1.0.0","license":{"type":"Apache-2.0"}}',
        'node_modules/e/node_modules/f/package.json': '{"name":"a","version":"9.0.0"}',
        'node_modules/.pnpm/g@1/node_modules/g/package.json': '{"license":"BSD-3-Clause"}',
        'node_modules/h/package.json': '{"license":"GPL-2.0-only"}',
      },
      async (place) => {
        const result = await checks(place, 'license');
        assert.equal(
          result
            .by('licenses')
            ?.findings.map(({ path, rule }) => [path.replace(/^node_modules\/|\/package.json$/g, ''), rule]),
          [
            ['.pnpm/g@1/node_modules/g', 'license-denied'],
            ['@s/c', 'license-unknown'],
            ['b', 'license-denied'],
            ['d', 'license-unknown'],
            ['e/node_modules/f', 'license-unknown'],
          ],
        );
        assert.is(result.code, 1);
      },
    ));

  test('reads licences from the lock file where nothing is installed, and refuses a policy of no licence', () =>
    within(
      {
        'package-lock.json': LOCK,
        '.bithub.yml':
          'apiVersion: bithub/v1\nkind: OrchestrationSpec\npolicy:\n  compliance:\n    licensesDeny: [GPL-3.0-only]\n',
      },
      async (place) => {
        const [finding] = (await checks(place, 'license')).by('licenses')?.findings ?? [];
        assert.equal([finding?.rule, finding?.line], ['license-denied', 9]);
        place.write(
          '.bithub.yml',
          'apiVersion: bithub/v1\nkind: OrchestrationSpec\npolicy:\n  compliance:\n    licensesDeny: [MITT]\n',
        );
        assert.is((await place.bit('check', 'license')).code, 2);
      },
    ));

  test('finds what is not formatted, formats it, and undo puts it back', () =>
    within(
      { 'biome.json': '{}\n', 'src/a.js': 'const   a=1\n', 'src/b.js': 'const b = 1;\n' },
      async (place) => {
        const found = await checks(place, 'format');
        assert.equal(
          found.by('format')?.findings.map(({ path, rule }) => [path, rule]),
          [['src/a.js', 'biome']],
        );
        assert.is(found.code, 1);
        const fixed = await checks(place, 'format', '--fix');
        assert.equal([fixed.code, fixed.fixed], [0, ['src/a.js']]);
        assert.is(place.read('src/a.js'), 'const a = 1;\n');
        assert.is((await place.bit('undo')).code, 0);
        assert.is(place.read('src/a.js'), 'const   a=1\n');
      },
    ));

  test('formats what can be, and tells of what no formatter can read', () =>
    within({ 'biome.json': '{}\n', 'a.js': 'a( )\n', 'b.js': 'this is no program {\n' }, async (place) => {
      const fixed = await checks(place, 'format', '--fix');
      assert.equal(
        [fixed.code, fixed.fixed, fixed.by('format')?.findings.map(({ path }) => path)],
        [1, ['a.js'], ['b.js']],
      );
      assert.is(place.read('b.js'), 'this is no program {\n');
    }));

  test('takes a formatter that is not there for no pass', () =>
    within(
      { '.prettierrc': '{}\n' },
      async (place) => {
        const result = await checks(place, 'format');
        assert.equal([result.by('format')?.outcome, result.code], ['unknown', 1]);
        assert.match(result.by('format')?.note ?? '', 'not installed: prettier');
      },
      { PATH: '/usr/bin:/bin' },
    ));

  test('prints SARIF 2.1.0', () =>
    within({ 'a b.env': `KEY=${AWS}\n` }, async (place) => {
      const { stdout } = await place.bit('check', 'security', '--offline', '--format', 'sarif');
      const log = JSON.parse(stdout) as {
        version: string;
        runs: {
          tool: { driver: { name: string; rules: { id: string }[] } };
          results: {
            ruleId: string;
            ruleIndex: number;
            level: string;
            message: { text: string };
            locations: {
              physicalLocation: {
                artifactLocation: { uri: string };
                region: { startLine: number; startColumn: number };
              };
            }[];
          }[];
        }[];
      };
      assert.is(log.version, '2.1.0');
      const [run] = log.runs;
      const [result] = run?.results ?? [];
      assert.is(run?.tool.driver.rules[result?.ruleIndex ?? -1]?.id, result?.ruleId);
      assert.ok(['none', 'note', 'warning', 'error'].includes(result?.level ?? ''));
      assert.ok((result?.message.text ?? '') !== '');
      assert.equal(result?.locations[0]?.physicalLocation.artifactLocation.uri, 'a%20b.env');
      assert.equal(result?.locations[0]?.physicalLocation.region, { startLine: 1, startColumn: 5 });
    }));

  test('takes the blueprint’s auto-remediate for --fix, and refuses to fix what needs a person', () =>
    within({ 'biome.json': '{}\n', 'a.js': 'a( )\n' }, async (place) => {
      assert.is((await place.bit('check.format', 'auto-remediate')).code, 0);
      assert.is(place.read('a.js'), 'a();\n');
      assert.is((await place.bit('check', 'security', '--fix')).code, 2);
    }));
});

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { askpassHost, parseCredentialRequest } from '../../src/broker/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { builtBit } from '../e2e/built.ts';
import { type GitHttp, startGitHttp } from '../git/http-backend.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { mint } from './running.ts';

const CREDENTIAL = 'ghp_realCredential0123456789abcdefABCD';
const ROOT = join(import.meta.dirname, '../..');

interface Place {
  world: World;
  server: GitHttp;
  /** Host of the server, with its port. */
  host: string;
  env: Record<string, string>;
}

/** Git as a process beside this one, which serves it. */
const git = async (place: Place, args: readonly string[], env: Record<string, string> = {}) => {
  const { spawn } = await import('node:child_process');
  const child = spawn('git', args, {
    cwd: place.world.dir,
    env: { ...place.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
};

suite<Place>('git asks bit for the GitHub credential', (test) => {
  test.before.each(async (place) => {
    place.world = world();
    place.world.start();
    place.world.git('clone', '-q', '--bare', '.', join(place.world.root, 'served', 'r.git'));
    place.server = await startGitHttp(join(place.world.root, 'served'), {
      user: 'x-access-token',
      password: CREDENTIAL,
    });
    place.host = new URL(place.server.url).host;
    place.env = { ...place.world.env, GH_ENTERPRISE_TOKEN: CREDENTIAL };
    const bit = `"${process.execPath}" "${builtBit()}"`;
    place.world.git(
      'config',
      `credential.${place.server.url}.helper`,
      `!${bit} token github --git-credential-helper --host ${place.host}`,
    );
    place.world.git('remote', 'add', 'origin', `${place.server.url}/r.git`);
  });
  test.after.each(async (place) => {
    await place.server.close();
    place.world.close();
  });

  test('fetch and push work through the helper, each time on record, the credential nowhere', async (place) => {
    const fetched = await git(place, ['fetch', 'origin'], { GIT_TRACE: '1' });
    assert.is(fetched.code, 0, fetched.output);
    place.world.write('b.txt', 'b\n');
    place.world.git('add', '.');
    place.world.git('commit', '-q', '-m', 'b');
    const pushed = await git(place, ['push', '-q', 'origin', 'main']);
    assert.is(pushed.code, 0, pushed.output);
    assert.is(
      place.world.gitIn(join(place.world.root, 'served', 'r.git'), 'rev-parse', 'main'),
      place.world.git('rev-parse', 'main'),
    );
    const list = await place.world.bit('ledger', 'list', '--json');
    assert.ok(/"TOKEN_GITHUB"/.test(list.stdout));
    for (const bytes of [
      fetched.output,
      pushed.output,
      readFileSync(join(place.world.dir, '.git/bit/ledger/ledger.db'), 'latin1'),
    ])
      assert.not(bytes.includes(CREDENTIAL));
  });

  test('the holder of a token is refused, and git asks nobody else', async (place) => {
    const { token } = await mint(place.world, '*');
    place.world.git(
      'config',
      '--add',
      `credential.${place.server.url}.helper`,
      '!echo asked >&2; echo password=x; echo username=x',
    );
    const { code, output } = await git(place, ['fetch', 'origin'], { BITHUB_TOKEN: token });
    assert.is.not(code, 0);
    assert.match(output, /is not given to the holder of a token/);
    assert.match(output, /told us to quit/);
    assert.not.match(output, /asked/);
  });

  test('a policy that says no makes git quit', async (place) => {
    place.world.write(
      '.bithub/policies/t.rego',
      'package t\nimport rego.v1\ndeny contains "not today" if input.action == "token.github"\n',
    );
    assert.is((await place.world.bit('policy', 'accept', '--yes')).code, 0);
    const { code, output } = await git(place, ['fetch', 'origin']);
    assert.is.not(code, 0);
    assert.match(output, /not today/);
    assert.match(output, /told us to quit/);
  });

  test('other hosts, plain http and what git wants kept are none of its business', async (place) => {
    const ask = (word: string, host: string, input: string) => {
      const run = spawnSync(
        process.execPath,
        [builtBit(), 'token', 'github', '--git-credential-helper', '--host', host, word],
        { cwd: place.world.dir, env: { ...place.env, GH_TOKEN: CREDENTIAL }, input, encoding: 'utf8' },
      );
      return { code: run.status, stdout: run.stdout };
    };
    const nothing = { code: 0, stdout: '' };
    assert.equal(ask('get', 'github.com', 'protocol=https\nhost=evil.example\n\n'), nothing);
    assert.equal(ask('get', 'github.com', 'protocol=https\nhost=github.com.evil.example\n\n'), nothing);
    assert.equal(ask('get', 'github.com', 'protocol=https\nhost=github.com:444\n\n'), nothing);
    assert.equal(ask('get', 'github.com', 'protocol=http\nhost=github.com\n\n'), nothing);
    assert.equal(
      ask('store', 'github.com', `protocol=https\nhost=github.com\npassword=${CREDENTIAL}\n`),
      nothing,
    );
    const good = ask('get', 'github.com', 'protocol=https\nhost=github.com\nwwwauth[]=Basic\n\n');
    assert.equal(good, { code: 0, stdout: `username=x-access-token\npassword=${CREDENTIAL}\n` });
    assert.equal(ask('get', 'github.com', 'protocol=https\nhost=github.com\nhost=evil.example\n\n'), {
      code: 2,
      stdout: 'quit=1\n',
    });
    assert.equal(ask('get', 'github.com', `protocol=https\n${'a'.repeat(70_000)}`), {
      code: 2,
      stdout: 'quit=1\n',
    });
  });

  test('as GIT_ASKPASS it answers git, and neither other hosts nor ssh', async (place) => {
    place.world.git('config', '--unset-all', `credential.${place.server.url}.helper`);
    const program = join(place.world.root, 'askpass');
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/askpass.js')}" "$@"\n`);
    chmodSync(program, 0o755);
    const env = { GIT_ASKPASS: program, GH_HOST: place.host };
    const fetched = await git(place, ['fetch', 'origin'], env);
    assert.is(fetched.code, 0, fetched.output);
    const other = await git(place, ['fetch', 'origin'], { ...env, GH_HOST: 'github.com' });
    assert.is.not(other.code, 0);
    assert.not(other.output.includes(CREDENTIAL));
    const ask = (prompt: string): string => {
      try {
        return execFileSync(program, [prompt], {
          cwd: place.world.dir,
          env: { ...place.env, ...env },
          stdio: ['ignore', 'pipe', 'ignore'],
        }).toString();
      } catch {
        return 'refused';
      }
    };
    assert.is(ask("ada@github.com's password: "), 'refused');
    assert.is(ask(`Password for 'http://${place.host}/x' at 'evil': `), 'refused');
    assert.is(ask(`Username for 'http://${place.host}': `), 'x-access-token\n');
  });

  test('printed, it is for the owner alone', async (place) => {
    Object.assign(place.world.env, { GH_TOKEN: CREDENTIAL });
    const run = await place.world.bit('token', 'github');
    assert.is(run.stdout, `${CREDENTIAL}\n`);
    const { token } = await mint(place.world, '*');
    Object.assign(place.world.env, { BITHUB_TOKEN: token });
    const child = await place.world.bit('token', 'github');
    assert.is(child.code, 3);
    assert.not((child.stdout + child.stderr).includes(CREDENTIAL));
    const broker = await place.world.bit('token', 'github', '--broker');
    assert.is(broker.code, 3);
  });

  test('without one it says how to keep one, and a secret serves', async (place) => {
    const none = await place.world.bit('token', 'github');
    assert.is(none.code, 5);
    assert.match(none.stderr, /bit secret set GITHUB_TOKEN --user/);
    assert.is(
      (await place.world.bitWith({ input: `${CREDENTIAL}\n` }, 'secret', 'set', 'GITHUB_TOKEN', '--user'))
        .code,
      0,
    );
    assert.is((await place.world.bit('token', 'github')).stdout, `${CREDENTIAL}\n`);
    // the credential of github.com goes to no other host
    assert.is((await place.world.bit('token', 'github', '--host', 'git.example.org')).code, 5);
  });

  test('property: no prompt and no request makes the parsers answer for a host that was not asked about', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom(
            'protocol=',
            'host=',
            'https',
            'github.com',
            '\n',
            '@',
            "'",
            '/',
            ' for ',
            'Password',
            '://',
            ': ',
            '\0',
            'x',
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const asked = askpassHost(given);
        if (asked !== undefined)
          assert.ok(given.toLowerCase().includes(asked.host) && !/['@/\s]/.test(asked.host));
        try {
          const { host } = parseCredentialRequest(given);
          assert.ok(host === '' || given.toLowerCase().includes(`host=${host}`));
        } catch (error) {
          assert.ok(isBitError(error, 'usage'));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Octokit } from '@octokit/rest';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { type Github, startGithub } from './github.ts';
import { mint, type Running, startBroker } from './running.ts';

const CREDENTIAL = 'ghp_realCredential0123456789abcdefABCD';

interface Place {
  world: World;
  github: Github;
  broker: Running;
}

const call = async (
  { broker }: Place,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; headers: Headers; text: string }> => {
  const response = await fetch(`${broker.address}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

const writes = async (
  place: Place,
): Promise<{ phase: string; parent: string | null; payload: Record<string, unknown> }[]> => {
  const run = await place.world.bit('ledger', 'list', '--json', '-n', '500');
  const listed = (JSON.parse(run.stdout) as { entries: { event: string; entry_sha256: string }[] }).entries;
  const shown = [];
  for (const { event, entry_sha256 } of listed) {
    if (event !== 'GITHUB_WRITE') continue;
    const { stdout } = await place.world.bit('ledger', 'show', entry_sha256, '--json');
    shown.push(JSON.parse(stdout).entry ?? JSON.parse(stdout));
  }
  return shown;
};

/** Bytes on a connection of their own; all that came back. */
const raw = ({ broker }: Place, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(broker.address).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    // left open: the broker ends what it refuses, and what says Connection: close
    socket.write(bytes, 'latin1');
    setTimeout(() => socket.destroy(), 5_000).unref();
  });

function* filesUnder(folder: string): IterableIterator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) yield* filesUnder(path);
    else if (stat?.isFile()) yield path;
  }
}

suite<Place>('the GitHub broker', (test) => {
  test.before.each(async (place) => {
    place.world = world();
    place.world.start();
    place.github = await startGithub(CREDENTIAL);
    place.broker = await startBroker(place.world, { api: place.github.url, credential: CREDENTIAL });
  });
  test.after.each(async (place) => {
    await place.broker.end();
    await place.github.close();
    place.world.close();
  });

  test('an unmodified Octokit reads every page and writes, with no more than a token', async (place) => {
    const { token } = await mint(place.world, 'github:rw:octo/hello');
    const octokit = new Octokit({ auth: token, baseUrl: place.broker.address });
    const repo = { owner: 'octo', repo: 'hello' };
    const issues = await octokit.paginate(octokit.rest.issues.listForRepo, repo);
    assert.is(issues.length, 3);
    const made = await octokit.rest.issues.create({ ...repo, title: 'from a child' });
    assert.is(made.data.number, 4);
    const file = await octokit.rest.repos.getContent({ ...repo, path: 'a/b' });
    assert.is(file.status, 200);
    for (const { headers } of place.github.asked) {
      assert.is(headers.authorization, `Bearer ${CREDENTIAL}`);
      assert.not.match(JSON.stringify(headers), /eyJ/);
    }
    const [intent, outcome] = (await writes(place)).sort((a, b) => (a.phase < b.phase ? -1 : 1));
    assert.equal([intent?.phase, outcome?.phase], ['intent', 'outcome']);
    assert.ok(intent?.parent !== null);
    const target = intent?.payload['target'] as Record<string, unknown>;
    assert.is(target['capability'], 'github:write:octo/hello:issues');
    assert.is(target['subject'], 'ci');
    assert.match(String(target['body_sha256']), /^[0-9a-f]{64}$/);
    assert.equal(outcome?.payload['result'], { status: 201, request: 'ABCD:1' });
  });

  test('what a token does not carry is refused before GitHub hears of it, changes on record', async (place) => {
    const { token, jti } = await mint(
      place.world,
      'github:read:octo/hello:issues',
      'github:write:octo/hello:pulls',
    );
    assert.is((await call(place, token, 'GET', '/repos/octo/hello/issues')).status, 200);
    const asked = place.github.asked.length;
    for (const [method, path] of [
      ['GET', '/repos/octo/hello'],
      ['GET', '/repos/octo/other/issues'],
      ['POST', '/repos/octo/hello/issues'],
      ['DELETE', '/repos/octo/hello'],
      ['POST', '/graphql'],
      ['GET', '/user'],
    ] as const) {
      const { status, text } = await call(place, token, method, path);
      assert.is(status, 403, `${method} ${path}: ${text}`);
      assert.match(text, new RegExp(`token ${jti} of ci does not carry`));
    }
    assert.is(place.github.asked.length, asked);
    assert.is((await writes(place)).filter(({ phase }) => phase === 'denied').length, 3);
  });

  test('GitHub’s own refusal comes back as it is, and stands in the ledger as failed', async (place) => {
    const { token } = await mint(place.world, 'github:*');
    const { status, text } = await call(place, token, 'POST', '/repos/octo/hello/issues', {});
    assert.is(status, 422);
    assert.match(text, /missing_field/);
    const outcome = (await writes(place)).find(({ phase }) => phase === 'outcome');
    assert.is(outcome?.payload['ok'], false);
    assert.match(JSON.stringify(outcome?.payload['error']), /GitHub answered 422/);
  });

  test('policies judge each change by its token and target, and one accepted meanwhile counts at once', async (place) => {
    const { token } = await mint(place.world, 'github:*');
    const lock = () => call(place, token, 'DELETE', '/repos/octo/hello/issues/4/lock');
    assert.is((await lock()).status, 204);
    place.world.write(
      '.bithub/policies/gh.rego',
      'package gh\nimport rego.v1\ndeny contains "no locks for ci" if { input.action == "github.write"; input.token.sub == "ci"; input.target.area == "issues" }\ndeny contains "not this one" if { input.action == "read.github"; input.target.scope == "octo/hello" }\n',
    );
    assert.is((await place.world.bit('policy', 'accept', '--yes')).code, 0);
    const { status, text } = await lock();
    assert.is(status, 403);
    assert.match(text, /no locks for ci/);
    assert.match((await call(place, token, 'GET', '/repos/octo/hello')).text, /not this one/);
  });

  test('other commands go on while it runs, and undo passes over it', async (place) => {
    place.world.write('a.txt', 'two\n');
    const commit = await place.world.bit('commit', '-m', 'two', '--stage', '*');
    assert.is(commit.code, 0, commit.stderr);
    const undo = await place.world.bit('undo');
    assert.is(undo.code, 0, undo.stderr);
    assert.match(undo.stdout + undo.stderr, /two|commit/);
    const repair = await place.world.bit('repair');
    assert.match(repair.stdout, /nothing is wrong/);
    assert.is(await place.broker.end(), 0, place.broker.output());
    const ops = await place.world.bit('history', 'query', '--json');
    assert.is(ops.code, 0, ops.stderr);
    assert.is((await place.world.bit('ledger', 'verify')).code, 0);
  });

  test('tokens that are expired, revoked, damaged, widened, of another audience or strangers’ are refused', async (place) => {
    const path = '/repos/octo/hello';
    const ask = async (token: string): Promise<string> => {
      const { status, text } = await call(place, token, 'GET', path);
      return `${status} ${text}`;
    };
    const { token, jti } = await mint(place.world, 'github:read:octo/hello');
    assert.match(await ask(token), /^200/);

    const other = await place.world.bit('token', 'mint', '--cap', 'github:*', '--for', 'ci', '--json');
    assert.match(await ask(JSON.parse(other.stdout).token), /^401 .*not for github/);

    const short = await place.world.bit(
      ...[
        'token',
        'mint',
        '--cap',
        'github:*',
        '--for',
        'ci',
        '--audience',
        'github',
        '--life',
        '1s',
        '--json',
      ],
    );
    const [head, payload, signature] = JSON.parse(short.stdout).token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const past = { ...claims, iat: claims.iat - 1000, exp: claims.exp - 1000 };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    assert.match(await ask(`${head}.${part(past)}.${signature}`), /^401 .*(expired|signature)/);
    assert.match(
      await ask(`${head}.${part({ ...claims, exp: claims.exp + 9999 })}.${signature}`),
      /^401 .*signature/,
    );
    const none = part({ ...JSON.parse(Buffer.from(head, 'base64url').toString()), alg: 'none' });
    assert.match(await ask(`${none}.${payload}.${signature}`), /^401/);

    const wide = await place.world.bit('token', 'attenuate', token, '--cap', 'github:*');
    assert.is(wide.code, 2);
    const narrow = await place.world.bit(
      'token',
      'attenuate',
      token,
      '--cap',
      'github:read:octo/hello:issues',
      '--json',
    );
    assert.is(narrow.code, 0, narrow.stderr);
    const child = JSON.parse(narrow.stdout).token as string;
    assert.match(await ask(child), /^403/);
    assert.is((await call(place, child, 'GET', '/repos/octo/hello/issues')).status, 200);

    // another repository of the very same user and key: its ledger would hold the revocation
    const elsewhere = join(place.world.root, 'elsewhere');
    place.world.gitIn(place.world.root, 'init', '-q', elsewhere);
    const replay = await place.world.bitIn(
      elsewhere,
      ...['token', 'mint', '--cap', 'github:*', '--for', 'ci', '--audience', 'github', '--json'],
    );
    assert.match(await ask(JSON.parse(replay.stdout).token), /^401 .*was not minted in this repository/);

    const stranger = world();
    try {
      stranger.start();
      const foreign = await mint(stranger, 'github:*');
      assert.match(await ask(foreign.token), /^401 .*not trusted here/);
    } finally {
      stranger.close();
    }

    assert.is((await place.world.bit('token', 'revoke', jti)).code, 0);
    assert.match(await ask(token), /^401 .*was revoked/);
    assert.match(await ask(child), /^401 .*was revoked/);
    assert.match(await ask('ghp_0123456789abcdefghij'), /^401/);
    const bare = await fetch(`${place.broker.address}${path}`);
    assert.is(bare.status, 401);
  });

  test('a redirect within the API leads back to the broker, one elsewhere and an answer with the credential are held back', async (place) => {
    const { token } = await mint(place.world, 'github:read:octo/*');
    const moved = await call(place, token, 'GET', '/repos/octo/old');
    assert.is(moved.status, 301);
    assert.is(moved.headers.get('location'), `${place.broker.address}/repositories/1`);
    for (const path of ['zipball/main', 'readme', 'license']) {
      const { status, text } = await call(place, token, 'GET', `/repos/octo/hello/${path}`);
      assert.is(status, 502, path);
      assert.match(text, /held back/);
      assert.not.match(text, /signed|ghp_/);
    }
    const plain = await call(place, token, 'GET', '/repos/octo/hello');
    assert.is(plain.headers.get('x-oauth-scopes'), null);
    assert.is(plain.headers.get('etag'), '"1"');
  });

  test('when GitHub asks to wait everybody waits, and a holder who calls too fast waits alone', async (place) => {
    const { token } = await mint(place.world, 'github:read:octo/hello');
    assert.is((await call(place, token, 'GET', '/repos/octo/hello/tags')).status, 429);
    const asked = place.github.asked.length;
    const held = await call(place, token, 'GET', '/repos/octo/hello');
    assert.is(held.status, 429);
    assert.ok(Number(held.headers.get('retry-after')) > 20);
    assert.is(place.github.asked.length, asked);

    const slow = await startBroker(place.world, {
      api: place.github.url,
      credential: CREDENTIAL,
      words: ['--rate', '20'],
    });
    try {
      const second = await mint(place.world, 'github:read:octo/hello');
      const statuses = [];
      for (let n = 0; n < 3; n++)
        statuses.push((await call({ ...place, broker: slow }, token, 'GET', '/repos/octo/hello')).status);
      assert.equal(statuses, [200, 200, 429]);
      assert.is(
        (await call({ ...place, broker: slow }, second.token, 'GET', '/repos/octo/hello')).status,
        200,
      );
    } finally {
      await slow.end();
    }
  });

  test('requests that two servers could read differently never reach GitHub', async (place) => {
    const { token } = await mint(place.world, 'github:*');
    const host = new URL(place.broker.address).host;
    const auth = `Authorization: Bearer ${token}\r\n`;
    const head = (line: string, more = '', name = host): string =>
      `${line}\r\nHost: ${name}\r\n${auth}Connection: close\r\n${more}\r\n`;
    const hostile = {
      'absolute form': head('GET http://127.0.0.1/repos/octo/hello HTTP/1.1'),
      'another host': head('GET /repos/octo/hello HTTP/1.1', '', 'evil.example'),
      'two hosts': head('GET /repos/octo/hello HTTP/1.1', 'Host: evil.example\r\n'),
      'no host': `GET /repos/octo/hello HTTP/1.1\r\n${auth}\r\n`,
      'two authorizations': head('GET /repos/octo/hello HTTP/1.1', auth),
      'length and chunks': `${head(
        'POST /repos/octo/hello/issues HTTP/1.1',
        'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      )}0\r\n\r\nGET /repos/octo/hello HTTP/1.1\r\n\r\n`,
      'two lengths': `${head('POST /repos/octo/hello/issues HTTP/1.1', 'Content-Length: 2\r\nContent-Length: 3\r\n')}{}x`,
      'a chunk of bad length':
        head('POST /repos/octo/hello/issues HTTP/1.1', 'Transfer-Encoding: chunked\r\n') +
        'zz\r\n{}\r\n0\r\n\r\n',
      'odd chunking': `${head(
        'POST /repos/octo/hello/issues HTTP/1.1',
        'Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n',
      )}{}`,
      'a folded header': head('GET /repos/octo/hello HTTP/1.1', 'X-A: b\r\n Transfer-Encoding: chunked\r\n'),
      'a space before the colon': `${head('POST /repos/octo/hello/issues HTTP/1.1', 'Content-Length : 2\r\n')}{}`,
      'a body where none belongs': `${head('GET /repos/octo/hello HTTP/1.1', 'Content-Length: 2\r\n')}{}`,
      'a bare line feed': `GET /repos/octo/hello HTTP/1.1\nHost: ${host}\n${auth}\n\n`,
      'HTTP/1.0': head('GET /repos/octo/hello HTTP/1.0'),
      'a tunnel': head(`CONNECT ${host} HTTP/1.1`),
      'an upgrade': head('GET /repos/octo/hello HTTP/1.1', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'),
      'a climb': head('GET /repos/octo/hello/../../../user HTTP/1.1'),
      'a header of 20 kB': head('GET /repos/octo/hello HTTP/1.1', `X-A: ${'a'.repeat(20_000)}\r\n`),
      'another method in a header': head(
        'GET /repos/octo/hello/nowhere HTTP/1.1',
        'X-HTTP-Method-Override: DELETE\r\n',
      ),
    };
    for (const [name, bytes] of Object.entries(hostile)) {
      const answer = await raw(place, bytes);
      assert.match(answer, /^(?:HTTP\/1\.1 4\d\d |$)/, `${name}: ${answer.slice(0, 200)}`);
    }
    const reached = place.github.asked.map(({ method, target }) => `${method} ${target}`);
    assert.equal(reached, ['GET /repos/octo/hello/nowhere']);
    assert.is(place.github.asked[0]?.headers['x-http-method-override'], undefined);
    const large = await fetch(`${place.broker.address}/repos/octo/hello/issues`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: Buffer.alloc(17 * 1024 * 1024),
    }).catch((error: unknown) => error);
    if (large instanceof Response) assert.is(large.status, 413);
    assert.is(place.github.asked.length, 1);
    assert.is((await call(place, token, 'GET', '/repos/octo/hello')).status, 200);
  });

  test('a broker killed in the middle leaves what repair can tell', async (place) => {
    const exited = new Promise((resolve) => place.broker.child.once('exit', resolve));
    place.broker.child.kill('SIGKILL');
    await exited;
    const repair = await place.world.bit('repair');
    assert.is(repair.code, 0, repair.stderr);
    assert.match(repair.stdout, /run the GitHub broker/);
    assert.is((await place.world.bit('ledger', 'verify')).code, 0);
  });

  test('neither the credential nor a token stands in any byte that was written', async (place) => {
    const { token } = await mint(place.world, 'github:*');
    await call(place, token, 'POST', '/repos/octo/hello/issues', { title: CREDENTIAL });
    await call(place, token, 'GET', `/repos/octo/hello/readme?q=${token}`);
    await call(place, token, 'DELETE', `/repos/octo/hello/labels/${CREDENTIAL}`);
    const { pid } = place.broker.child;
    const commandLine = process.platform === 'linux' ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
    assert.is(await place.broker.end(), 0);
    const forms = [CREDENTIAL, token].flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(`x-access-token:${secret}`).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(secret),
    ]);
    const written = [...filesUnder(place.world.root)].map((path) => [
      path,
      readFileSync(path).toString('latin1'),
    ]);
    assert.ok(written.some(([path]) => path?.endsWith('ledger.db')));
    const outputs = [...written, ['its output', place.broker.output()], ['its command line', commandLine]];
    for (const [where = '', bytes = ''] of outputs)
      for (const form of forms) assert.not(bytes.includes(form), `${where} holds ${form.slice(0, 6)}…`);
  });
});

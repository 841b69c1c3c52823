import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const HEAD = 'apiVersion: bithub/v1\nkind: OrchestrationSpec\ndeploy:\n  targets:\n';

/** A repository whose target `site` writes `version.txt` to `../site`, unless that says `bad`, and is well where it does. */
async function within(work: (place: World) => Promise<void>, target: readonly string[] = []): Promise<void> {
  const place = world();
  try {
    place.start();
    specify(place, [
      `command: 'cat version.txt > "$SITE/now"; echo "$BIT_RELEASE $DEPLOY_KEY" > "$BIT_RELEASE_DIR/kept"'`,
      'secrets: [DEPLOY_KEY]',
      `environment: { SITE: ${place.root} }`,
      `writable: ['${place.root}']`,
      `health: { command: '! grep -q bad "$SITE/now"', retries: 1, interval: 0 }`,
      ...target,
    ]);
    const set = await place.bitWith({ input: 'hush-hush-1234' }, 'secret', 'set', 'DEPLOY_KEY');
    assert.is(set.code, 0, set.stderr);
    await place.bitWith({ input: 'not-for-site-99' }, 'secret', 'set', 'OTHER_KEY');
    await work(place);
  } finally {
    place.close();
  }
}

function specify(place: World, lines: readonly string[], name = 'site'): void {
  place.write('.bithub.yml', `${HEAD}    ${name}:\n${lines.map((line) => `      ${line}\n`).join('')}`);
}

function version(place: World, text: string): void {
  place.write('version.txt', `${text}\n`);
  place.git('add', '.');
  place.git('commit', '-q', '-m', text);
}

interface Answer {
  readonly code: number;
  readonly stderr: string;
  readonly out: Record<string, unknown>;
}

async function bit(place: World, ...words: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await place.bit(...words, '--json');
  // a run's events come before the answer, a line each
  const at = stdout.lastIndexOf('\n{\n');
  const text = at < 0 ? (stdout.trim().split('\n').at(-1) ?? '{}') : stdout.slice(at);
  return { code, stderr: stderr + stdout, out: JSON.parse(text === '' ? '{}' : text) as Answer['out'] };
}

suite('bit deploy', (test) => {
  test('runs the target’s command with its secrets alone, and keeps the release', () =>
    within(async (place) => {
      version(place, 'one');
      const { code, out, stderr } = await bit(place, 'deploy', 'site');
      assert.is(code, 0, stderr);
      assert.is(out['result'], 'good');
      assert.is(place.read('../now'), 'one\n');
      const kept = `.git/bit/deploy/site/releases/${out['release']}/kept`;
      assert.is(place.read(kept), `${out['release']} hush-hush-1234\n`);
      assert.not.match(stderr, 'hush-hush');
      const listed = await bit(place, 'deploy', 'site', '--releases');
      assert.is(listed.out['standing'], out['release']);
    }));

  test('sees no other secret and nothing of the caller’s environment', () =>
    within(async (place) => {
      version(place, 'one');
      specify(place, ['command: env > env.txt', 'secrets: [DEPLOY_KEY]']);
      const { code, stderr } = await bit(place, 'deploy', 'site');
      assert.is(code, 0, stderr);
      const env = place.read('env.txt');
      assert.match(env, 'DEPLOY_KEY=hush-hush-1234');
      assert.not.match(env, 'OTHER_KEY');
      assert.not.match(env, 'GIT_CONFIG_GLOBAL');
    }));

  test('whose health check fails goes back to the last good release, and says what it tried', () =>
    within(async (place) => {
      version(place, 'one');
      const first = await bit(place, 'deploy', 'site');
      version(place, 'bad');
      const { code, stderr, out } = await bit(place, 'deploy', 'site');
      assert.is(code, 1);
      assert.match(stderr, `went back to release ${first.out['release']} by deploying it again: it stands`);
      assert.match(stderr, 'health');
      assert.is(place.read('../now'), 'one\n');
      assert.is(out['release'], undefined);
      const { out: list } = await bit(place, 'deploy', 'site', '--releases');
      assert.is(list['standing'], first.out['release']);
      assert.equal(
        (list['releases'] as { state: string }[]).map(({ state }) => state),
        ['failed', 'good'],
      );
    }));

  test('goes back by the rollback command where there is one', () =>
    within(
      async (place) => {
        version(place, 'one');
        const first = await bit(place, 'deploy', 'site');
        version(place, 'bad');
        const { code } = await bit(place, 'deploy', 'site');
        assert.is(code, 1);
        assert.is(place.read('../now'), `back ${first.out['release']}\n`);
      },
      [`rollback: 'echo "back $BIT_RELEASE" > "$SITE/now"'`],
    ));

  test('that fails the first time has nothing to go back to, and says so', () =>
    within(async (place) => {
      version(place, 'bad');
      const { code, stderr } = await bit(place, 'deploy', 'site');
      assert.is(code, 1);
      assert.match(stderr, 'no good release to go back to');
      assert.match(stderr, 'nobody knows what stands');
    }));

  test('waits for an address to answer with the status asked for', () =>
    within(async (place) => {
      version(place, 'one');
      let asked = 0;
      const server = await serve(() => (++asked < 3 ? 503 : 204));
      try {
        const { port } = server.address() as AddressInfo;
        const url = `http://127.0.0.1:${port}/health`;
        specify(place, [
          'command: "true"',
          `health: { url: '${url}', status: 204, retries: 5, interval: 0 }`,
        ]);
        const { code, stderr } = await bit(place, 'deploy', 'site');
        assert.is(code, 0, stderr);
        assert.is(asked, 3);
      } finally {
        server.close();
      }
    }));

  test('changes nothing under --dry-run, and is refused by policy and by a freeze', () =>
    within(async (place) => {
      version(place, 'one');
      const dry = await place.bit('deploy', 'site', '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.not.ok(place.exists('../now'));
      await place.bit('freeze', 'repo');
      assert.is((await place.bit('deploy', 'site')).code, 3);
      assert.not.ok(place.exists('../now'));
    }));

  test('says what it can’t do, and what is wrong, by name', () =>
    within(async (place) => {
      version(place, 'one');
      const refused: readonly (readonly [string, readonly string[], number, string])[] = [
        ['sit', ['command: "true"'], 4, 'did you mean: site'],
        ['site', ['kind: bot'], 4, 'there is no bot site'],
        ['site', ['kind: bot', 'command: "true"'], 2, 'is a bot, and has no command'],
        ['site', ['kind: env'], 8, 'made by bit vm, which this bit does not have yet'],
        ['site', ['secrets: [X]'], 2, 'needs a command or a script'],
        ['site', ['command: "true"', 'helth: { command: x }'], 2, 'health'],
        ['site', ['command: "true"', 'secrets: [NONE_SUCH]'], 4, 'NONE_SUCH'],
        ['site', ['script: ../../x.sh'], 1, 'leads out'],
      ];
      for (const [name, lines, code, told] of refused) {
        specify(place, lines);
        const run = await place.bit('deploy', name);
        assert.is(run.code === code || code === 8, true, `${lines.join()}: ${run.code} ${run.stderr}`);
        assert.not.equal(run.code, 0);
        assert.match(run.stderr + run.stdout, told);
      }
    }));
});

suite('bit rollback deployment', (test) => {
  test('puts the good release before the one that stands back, and again the one before', () =>
    within(async (place) => {
      const ids: unknown[] = [];
      for (const text of ['one', 'two', 'three']) {
        version(place, text);
        ids.push((await bit(place, 'deploy', 'site')).out['release']);
      }
      const back = await bit(place, 'rollback', 'deployment', '--yes');
      assert.is(back.code, 0, back.stderr);
      assert.is(back.out['to'], ids[1]);
      assert.is(place.read('../now'), 'two\n');
      assert.is((await bit(place, 'rollback', 'deployment', 'site', '--yes')).out['to'], ids[0]);
      assert.is(place.read('../now'), 'one\n');
      const none = await bit(place, 'rollback', 'deployment', 'site', '--yes');
      assert.is(none.code, 4, none.stderr);
      const named = await bit(place, 'rollback', 'deployment', 'site', '--to', String(ids[2]), '--yes');
      assert.is(named.code, 0, named.stderr);
      assert.is(place.read('../now'), 'three\n');
    }));
});

function serve(status: () => number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((_, response) => {
      response.writeHead(status());
      response.end();
    }).listen(0, '127.0.0.1', () => resolve(server));
  });
}

suite('a target that is a bot', (test) => {
  test('deploys it, asks for what it gains, and goes back to the last good one where its health fails', () =>
    within(async (place) => {
      place.write(
        '.bithub/bots/site.yml',
        'name: site\nhandler: script:main.bit\ncapabilities: ["query:status"]\n',
      );
      place.write('.bithub/bots/site/main.bit', 'bit.status\n');
      specify(place, ['kind: bot', 'health: { command: "test ! -e sick", retries: 0 }']);
      place.git('add', '.');
      place.git('commit', '-qm', 'a bot');
      assert.is((await place.bit('deploy', 'site', '--no-input')).code, 2);
      assert.is((await place.bit('deploy', 'site', '--yes')).code, 0);
      const file = '.git/bit/bots/deployed/site.json';
      const good = JSON.parse(place.read(file)).digest;
      place.write('.bithub/bots/site/main.bit', '# another\nbit.status\n');
      place.git('commit', '-qam', 'another bot');
      place.write('sick', '');
      const failed = await place.bit('deploy', 'site', '--yes');
      assert.is(failed.code, 1, failed.stdout + failed.stderr);
      assert.is(JSON.parse(place.read(file)).digest, good);
    }));
});

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type GitHttp, startGitHttp } from '../git/http-backend.ts';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, world } from '../world.ts';

suite<{ world: World; server: GitHttp }>('bit clone over http', (test) => {
  test.before.each(async (context) => {
    context.world = world();
    context.world.start();
    context.world.git('clone', '-q', '--bare', '.', join(context.world.root, 'served', 'r.git'));
    context.server = await startGitHttp(join(context.world.root, 'served'), { delay: 600 });
  });
  test.after.each(async (context) => {
    await context.server.close();
    context.world.close();
  });

  const halves = (world: World): string[] =>
    readdirSync(world.root).filter((name) => name.includes('bit-clone'));

  const withoutGit = async <Result>(world: World, work: () => Promise<Result>): Promise<Result> => {
    const env = world.env as Record<string, string>;
    const path = env['PATH'] ?? '';
    env['PATH'] = join(world.root, 'home');
    return work().finally(() => {
      env['PATH'] = path;
    });
  };

  test('needs no git program, and waits for a slow server', async ({ world, server }) => {
    const run = await withoutGit(world, () =>
      world.bitIn(world.root, 'clone', `${server.url}/r.git`, 'copy', '--json'),
    );
    assert.is(run.code, 0, run.stdout + run.stderr);
    assert.is(JSON.parse(run.stdout).head, world.git('rev-parse', 'HEAD'));
    const copy = join(world.root, 'copy');
    assert.is(world.gitIn(copy, 'status', '--porcelain'), '');
    world.gitIn(copy, 'fsck', '--strict');
  });

  test('whatever a server answers, a failure is exit 6, with git and without, and leaves nothing', async ({
    world,
  }) => {
    const type = 'application/x-git-upload-pack-advertisement';
    const oid = 'a'.repeat(40);
    const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
    const refs = `${line('# service=git-upload-pack\n')}0000${line(`${oid} HEAD\0symref=HEAD:refs/heads/main ofs-delta\n`)}${line(`${oid} refs/heads/main\n`)}0000`;
    const answers: Record<string, RequestListener> = {
      missing: (_, response) => void response.writeHead(404).end(),
      broken: (_, response) => void response.writeHead(500).end('oops'),
      html: (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>\n'),
      empty: (_, response) => void response.writeHead(200, { 'content-type': type }).end(),
      garbage: (_, response) =>
        void response.writeHead(200, { 'content-type': type }).end('zzzz\u0000nonsense'),
      cut: (request, response) => {
        response.writeHead(200, { 'content-type': type, 'content-length': 5000 });
        response.write(refs, () => request.socket.destroy());
      },
      'no pack': (request, response) => {
        response.writeHead(200, {
          'content-type': request.method === 'GET' ? type : 'application/x-git-upload-pack-result',
        });
        response.end(request.method === 'GET' ? refs : '');
      },
      'bad pack': (request, response) => {
        response.writeHead(200, {
          'content-type': request.method === 'GET' ? type : 'application/x-git-upload-pack-result',
        });
        response.end(request.method === 'GET' ? refs : `0008NAK\n${'PACK'.repeat(50)}`);
      },
    };
    const hostile = createServer((request, response) =>
      answers[decodeURIComponent(request.url?.split('/')[1] ?? '')]?.(request, response),
    );
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = hostile.address() as AddressInfo;
      for (const kind of Object.keys(answers)) {
        const clone = () =>
          world.bitIn(world.root, 'clone', `http://127.0.0.1:${port}/${encodeURIComponent(kind)}`, 'copy');
        for (const [how, run] of [
          ['with git', await clone()],
          ['without', await withoutGit(world, clone)],
        ] as const) {
          assert.is(run.code, 6, `${kind}, ${how}: ${run.stderr}`);

          assert.not.ok(existsSync(join(world.root, 'copy')), kind);
          assert.equal(halves(world), [], kind);
        }
      }
    } finally {
      hostile.closeAllConnections();
      hostile.close();
    }
  });

  for (const how of ['with the git program', 'without it']) {
    test(`killed half way ${how}, it leaves nothing under the wanted name, and the next one clears up`, async ({
      world,
      server,
    }) => {
      const path = how === 'without it' ? { PATH: join(world.root, 'home') } : {};
      const child = spawn(process.execPath, [BIT_PROGRAM, 'clone', `${server.url}/r.git`, 'copy'], {
        cwd: world.root,
        env: { ...world.env, ...path },
        stdio: 'ignore',
        detached: true,
      });
      const ended = new Promise((resolve) => child.once('close', resolve));
      const deadline = Date.now() + 15_000;
      while (halves(world).length === 0 && child.exitCode === null && Date.now() < deadline) await sleep(10);
      assert.is(halves(world).length, 1, 'the clone was under way');
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
      assert.not.ok(existsSync(join(world.root, 'copy')));
      assert.equal(
        readdirSync(world.root).filter((name) => existsSync(join(world.root, name, 'HEAD'))),
        [],
      );
      const run = await world.bitIn(world.root, 'clone', 'repo', 'copy');
      assert.is(run.code, 0, run.stderr);
      assert.equal(halves(world), []);
      assert.is(world.gitIn(join(world.root, 'copy'), 'fsck', '--strict'), '');
    });
  }
});

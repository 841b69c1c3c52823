import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { containerSpec } from '../../src/github-workflow/containers.ts';
import { requireService, suite } from '../suite.ts';
import { world } from '../world.ts';

const IMAGE = 'localhost/bit-test-workflow';
const PROGRAMS = ['sh', 'tail', 'cat', 'ls', 'sleep', 'test'];

/** An image of busybox alone, so that nothing is fetched. */
function image(): boolean {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined || spawnSync('podman', ['--version']).status !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'bit-image-'));
  try {
    copyFileSync(busybox, join(folder, 'busybox'));
    const lines = PROGRAMS.map((name) => `COPY busybox /bin/${name}\n`).join('');
    writeFileSync(join(folder, 'Dockerfile'), `FROM scratch\n${lines}`);
    return spawnSync('podman', ['build', '--isolation', 'chroot', '-q', '-t', IMAGE, folder]).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

suite('containers of a workflow', (test) => {
  test('a job in a container, a service with its port, a step and an action in one', async () => {
    if (!requireService('podman with busybox', image())) return;
    const place = world();
    try {
      place.start();
      place.write(
        '.github/actions/d/action.yml',
        'name: d\ninputs: {who: {default: x}}\nruns: {using: docker, image: Dockerfile, args: [-c, "echo hello $INPUT_WHO; echo said=yes >> $GITHUB_OUTPUT"]}\n',
      );
      place.write('.github/actions/d/Dockerfile', `FROM ${IMAGE}\nENTRYPOINT ["sh"]\n`);
      place.write(
        '.github/workflows/c.yml',
        `on: push
jobs:
  inside:
    runs-on: ubuntu-latest
    container: ${IMAGE}
    env: {A: job}
    steps:
      - id: s
        run: |
          test "$A" = job; test ! -e /etc/passwd
          echo "x=1" >> "$GITHUB_OUTPUT"
          echo "B=two" >> "$GITHUB_ENV"
      - run: test "\${{ steps.s.outputs.x }}$B" = 1two && cat a.txt && echo made > made.txt
  host:
    runs-on: ubuntu-latest
    services:
      web: {image: ${IMAGE}, ports: ['18734:18734'], command: sleep 100}
    steps:
      - run: test "\${{ job.services.web.ports['18734'] }}" = 18734
      - uses: docker://${IMAGE}
        with: {entrypoint: sh, args: -c "cat a.txt"}
      - uses: ./.github/actions/d
        id: d
        with: {who: you}
      - run: test "\${{ steps.d.outputs.said }}" = yes
`,
      );
      const { code, stdout, stderr } = await place.bit('run', 'c');
      assert.is(code, 0, stdout + stderr);
      assert.match(stdout + stderr, /hello you/);
      assert.is(place.read('made.txt'), 'made\n');
      const left = spawnSync('podman', ['ps', '-a', '--format', '{{.Names}}'], { encoding: 'utf8' }).stdout;
      assert.not.match(left, /-inside-0|-host-0-web/);
    } finally {
      place.close();
    }
  });

  test('what is asked of a container', () => {
    assert.equal(containerSpec('node:20', 'c')?.image, 'node:20');
    assert.is(containerSpec('', 'c'), undefined);
    assert.is(containerSpec({ image: null }, 'c'), undefined);
    assert.equal(
      containerSpec({ image: 'docker://a', options: '--cpus 1 --name "b c"', ports: [80, '1:2'] }, 'c'),
      {
        image: 'a',
        env: {},
        ports: ['80', '1:2'],
        volumes: [],
        options: ['--cpus', '1', '--name', 'b c'],
        entrypoint: undefined,
        command: [],
      },
    );
    assert.throws(() => containerSpec('--privileged', 'c'), /no image/);
    assert.throws(() => containerSpec({ image: 'a', credentials: {} }, 'c'), /credentials/);
  });
});

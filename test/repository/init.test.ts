import { mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { Reader } from '../../src/operation/index.ts';
import { initProject } from '../../src/repository/index.ts';
import { bench } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const TEMPLATES = ['minimal', 'node', 'runner', 'full'];

suite<{ world: World }>('bit init', (test) => {
  test.before.each((context) => {
    context.world = world();
  });
  test.after.each((context) => context.world.close());

  test('makes a repository on the branch asked for, with every file whole and executable hooks', async ({
    world,
  }) => {
    const run = await world.bit('init', '--branch', 'trunk', '--json');
    assert.is(run.code, 0, run.stderr);
    const out = JSON.parse(run.stdout);
    assert.is(out.initialized, true);
    assert.is(world.git('symbolic-ref', 'HEAD'), 'refs/heads/trunk');
    for (const path of [
      '.bit/runner.manifest.yml',
      '.bit/mesh/config.yml',
      '.bit/contract.aln',
      '.bithub.yml',
    ]) {
      assert.ok(out.created.includes(path) && world.exists(path), path);
    }
    assert.is(statSync(join(world.dir, '.bit/hooks/success.sh')).mode & 0o111, 0o111);
    const spec = parse(world.read('.bithub.yml'));
    assert.is(spec.apiVersion, 'bithub/v1');
    assert.is(spec.kind, 'OrchestrationSpec');
    assert.is(spec.ledger.share, 'off');
    assert.equal(spec.orchestration.flows[0].on.push.branches, ['trunk']);
    assert.match(out.policy, /^sha256:/);
    assert.ok(world.exists('.git/bit/policy/accepted.json'));
  });

  test('says what of the ledger travels: as told, else as asked, else nothing', async ({ world }) => {
    const told = await world.bit('init', '--share', 'headers');
    assert.is(told.code, 0, told.stderr);
    assert.is(parse(world.read('.bithub.yml')).ledger.share, 'headers');
    const again = await world.bit('init', '--share', 'all');
    assert.is(again.code, 2);
    assert.match(again.stderr, /is not written by this/);
    assert.is((await world.bit('init', '--share', 'some')).code, 2);

    const place = await bench();
    try {
      const asked: string[] = [];
      const reader: Reader = Object.create(place.context.reader, {
        ask: {
          value: {
            possible: true,
            choose: async (question: string, choices: readonly string[]) => {
              asked.push(question);
              return choices.find((choice) => choice.startsWith('all')) ?? '';
            },
          },
        },
      });
      const request = { action: 'repo.init', event: 'INIT', command: 'init', args: {} };
      await place.context.perform(request, await initProject(reader, { template: 'minimal' }));
      assert.is(asked.length, 1);
      assert.is(parse(place.world.read('.bithub.yml')).ledger.share, 'all');
      // what is there already is nobody's question
      await initProject(reader, { template: 'minimal' });
      assert.is(asked.length, 1);
    } finally {
      place.close();
    }
  });

  test('every template parses, names the seed fields, and lets the next actions through', async ({
    world,
  }) => {
    for (const template of TEMPLATES) {
      const dir = join(world.root, template);
      mkdirSync(dir);
      const run = await world.bitIn(dir, 'init', template, '--json');
      assert.is(run.code, 0, `${template}: ${run.stderr}${run.stdout}`);
      const read = (path: string) => parse(world.read(join(dir, path)));
      const { runner } = read('.bit/runner.manifest.yml');
      assert.equal(Object.keys(runner).slice(0, 6), [
        'id',
        'version',
        'persona',
        'capabilities',
        'storage',
        'policies',
      ]);
      const { mesh } = read('.bit/mesh/config.yml');
      assert.equal(Object.keys(mesh), ['version', 'discovery', 'tls', 'auth', 'rate_limits']);
      for (const workflow of readdirSync(join(dir, '.bithub/workflows')).filter((name) =>
        name.endsWith('.yml'),
      )) {
        assert.ok(read(`.bithub/workflows/${workflow}`).jobs, workflow);
      }
      const next = await world.bitIn(dir, 'motd', 'add', 'hello');
      assert.is(next.code, 0, `${template}: ${next.stderr}`);
    }
  });

  test('the folder itself, as `git init .` is typed, is no template: nothing is made', async ({ world }) => {
    const run = await world.bit('init', '.');
    assert.is(run.code, 2);
    assert.match(run.stderr, 'it is set up by: bit init');
    assert.not.ok(world.exists('.git'));
  });

  test('run again changes nothing and lists what it left alone', async ({ world }) => {
    await world.bit('init');
    world.write('.bithub.yml', 'mine: true\n');
    const run = await world.bit('init', 'minimal', '--json');
    assert.is(run.code, 0, run.stderr);
    const out = JSON.parse(run.stdout);
    assert.equal(out.created, []);
    assert.ok(out.leftAlone.includes('.bithub.yml'));
    assert.is(world.read('.bithub.yml'), 'mine: true\n');
  });

  test('in a repository it can be undone: the entry names every file it made', async ({ world }) => {
    world.start();
    const refs = world.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads');
    const run = await world.bit('init', 'node', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads'), refs);
    const made = world
      .git('status', '--porcelain', '-uall')
      .split('\n')
      .map((line) => line.slice(3))
      .sort();
    assert.equal(made, [...JSON.parse(run.stdout).created].sort());
  });

  test('changes nothing under --dry-run', async ({ world }) => {
    const run = await world.bit('init', '--dry-run');
    assert.is(run.code, 0, run.stderr);
    assert.equal(readdirSync(world.dir), []);
  });

  test('takes a folder as a template, modes kept, and refuses one with links', async ({ world }) => {
    const template = join(world.root, 'template');
    world.write(join(template, 'docs/readme.md'), '# hi\n');
    world.write(join(template, '.git/config'), 'never copied');
    world.start();
    const run = await world.bit('init', '../template');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.read('docs/readme.md'), '# hi\n');
    symlinkSync('/etc/passwd', join(template, 'link'));
    const linked = await world.bit('init', '../template');
    assert.is(linked.code, 7);
  });

  test('takes a repository at a URL as a template', async ({ world }) => {
    const template = join(world.root, 'template');
    world.write(join(template, 'from-url.txt'), 'yes\n');
    world.gitIn(template, 'init', '-q');
    world.gitIn(template, 'add', '.');
    world.gitIn(template, 'commit', '-qm', 'template');
    world.start();
    const run = await world.bit('init', `file://${template}`);
    assert.is(run.code, 0, run.stderr);
    assert.is(world.read('from-url.txt'), 'yes\n');
  });

  test('refuses a .bithub or .bit that is a link out of the repository, before it writes anything', async ({
    world,
  }) => {
    world.start();
    const outside = join(world.root, 'outside');
    mkdirSync(outside);
    for (const folder of ['.bit', '.bithub']) {
      symlinkSync(outside, join(world.dir, folder));
      const run = await world.bit('init');
      assert.is(run.code, 7, run.stderr);
      assert.equal(readdirSync(outside), []);
      assert.not.ok(world.exists('.bithub.yml'));
      world.git('clean', '-fdq');
    }
  });

  test('refuses a template whose policies have an error, and takes back what it wrote', async ({ world }) => {
    const template = join(world.root, 'template');
    world.write(join(template, '.bithub/policies/broken.rego'), 'package x\n\ndeny contains {\n');
    const run = await world.bit('init', '../template');
    assert.is(run.code, 1, run.stderr);
    assert.equal(readdirSync(world.dir), []);
  });

  test('does not put edited policies in force behind an accepted set', async ({ world }) => {
    await world.bit('init');
    world.write('.bithub/policies/protection.rego', 'package x\n');
    const run = await world.bit('init', 'node', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(JSON.parse(run.stdout).policy, null);
  });

  test('names the nearest template, and refuses hostile names', async ({ world }) => {
    const near = await world.bit('init', 'ful');
    assert.is(near.code, 4);
    assert.match(near.stderr, 'full');
    for (const name of ['-x', 'ext::sh -c id', 'a\nb']) {
      assert.is((await world.bit('init', '--', name)).code, 2, name);
      assert.is((await world.bit('init', '--branch', name)).code, 2, name);
    }
    assert.equal(readdirSync(world.dir), []);
  });
});

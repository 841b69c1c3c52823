import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { redo, rollbackChain } from '../../src/history/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { type Effect, perform } from '../../src/operation/index.ts';
import { type Bench, bench, gitEffect, REQUEST } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const ROLLBACK = { action: 'rollback.chain', event: 'ROLLBACK_CHAIN', command: 'rollback.chain', args: {} };

async function undo(b: Bench): Promise<unknown> {
  const effect = await rollbackChain(b.context.reader, { most: 1, skipRemote: false });
  return perform(b.context.world, ROLLBACK, effect).catch((error: unknown) => error);
}

/** Every folder, file, mode and byte of the work tree. */
function tree(dir: string): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name !== '.git' && !name.startsWith('.git/'),
  );
  return names.sort().map((name) => {
    const stat = lstatSync(join(dir, name));
    const what = stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? readlinkSync(join(dir, name))
        : readFileSync(join(dir, name), 'hex');
    return `${name} ${stat.mode.toString(8)} ${what}`;
  });
}

const accepted = (w: World): string => w.read('.git/bit/policy/accepted.json');

async function initialised(): Promise<{ w: World; before: string[]; after: string[] }> {
  const w = world();
  w.start();
  // a first action: what it adopts is there before init
  assert.is((await w.bit('tag', 'new', 'v0')).code, 0);
  const before = tree(w.dir);
  const run = await w.bit('init');
  assert.is(run.code, 0, run.stderr);
  return { w, before, after: tree(w.dir) };
}

suite('undo of init', (test) => {
  test('leaves the work tree as it was to the byte, with the set in force it had, and redo brings all back', async () => {
    const w = world();
    w.start();
    assert.is((await w.bit('tag', 'new', 'v0')).code, 0);
    const before = tree(w.dir);
    const inForce = accepted(w);
    assert.is((await w.bit('init')).code, 0);
    const after = tree(w.dir);
    const taken = accepted(w);
    assert.is.not(taken, inForce);
    assert.ok(after.length > before.length);
    const undone = await w.bit('undo');
    assert.is(undone.code, 0, undone.stderr);
    assert.equal(tree(w.dir), before);
    assert.is(accepted(w), inForce);
    const redone = await w.bit('redo');
    assert.is(redone.code, 0, redone.stderr);
    assert.equal(tree(w.dir), after);
    assert.is(accepted(w), taken);
    w.close();
  });

  test('as the first action of a clone leaves the set it adopted in force', async () => {
    const w = world();
    w.start();
    const before = tree(w.dir);
    assert.is((await w.bit('init')).code, 0);
    assert.is((await w.bit('undo')).code, 0);
    assert.equal(tree(w.dir), before);
    assert.ok(w.exists('.git/bit/policy/accepted.json'));
    w.close();
  });

  test('says which files it takes away and puts back, before it does', async () => {
    const { w, after } = await initialised();
    const shown = await w.bit('undo', '--dry-run');
    assert.is(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /\.bithub\.yml: removed/);
    assert.match(shown.stdout, /accepted\.json: put back/);
    assert.equal(tree(w.dir), after);
    w.close();
  });

  test('is refused whole where a file was edited, removed or made executable since, naming it', async () => {
    const { w } = await initialised();
    const path = join(w.dir, '.bithub.yml');
    const text = w.read('.bithub.yml');
    for (const [change, said] of [
      [() => w.write('.bithub.yml', `${text}# mine\n`), /\.bithub\.yml was changed/],
      [() => chmodSync(path, 0o755), /\.bithub\.yml was changed/],
      [() => rmSync(path), /\.bithub\.yml is gone/],
    ] as const) {
      change();
      const edited = tree(w.dir);
      const inForce = accepted(w);
      const refused = await w.bit('undo');
      assert.is(refused.code, 1);
      assert.match(refused.stderr, said);
      assert.equal(tree(w.dir), edited);
      assert.is(accepted(w), inForce);
      w.write('.bithub.yml', text);
      chmodSync(path, 0o644);
    }
    assert.is((await w.bit('undo')).code, 0);
    w.close();
  });
});

suite('undo of an operation with others inside it', (test) => {
  test('takes back what it did itself before, between and after them', async () => {
    const b = await bench();
    const start = b.state();
    const config = join(b.world.dir, '.git/config');
    const settings = b.world.read('.git/config');
    const inner = (message: string): Effect<{ ran: number }> =>
      gitEffect([['commit', '--allow-empty', '-m', message]], { refs: ['refs/heads/main'], rewrites: true });
    await perform(b.context.world, REQUEST, {
      ...gitEffect([], { refs: ['refs/heads/main', 'refs/heads/own'], rewrites: true, files: [config] }),
      async run(writer) {
        await writer.git.run(['commit', '--allow-empty', '-m', 'own, before']);
        await writer.perform(REQUEST, inner('inner one'));
        await writer.git.run(['commit', '--allow-empty', '-m', 'own, between']);
        await writer.git.run(['config', 'x.y', 'z']);
        await writer.perform(REQUEST, inner('inner two'));
        await writer.git.run(['branch', 'own']);
        return { ran: 1 };
      },
    });
    const end = b.state();
    assert.is(b.world.git('rev-list', '--count', 'HEAD'), '5');
    const result = await undo(b);
    assert.not.instance(result, Error, String(result));
    assert.is(b.state(), start);
    assert.is(b.world.read('.git/config'), settings);
    await perform(b.context.world, ROLLBACK, await redo(b.context.reader, { most: 1, skipRemote: false }));
    assert.is(b.state(), end);
    b.close();
  });

  test('takes back its own work tree and index with what a hook of it did', async () => {
    const b = await bench();
    const start = b.state();
    await perform(b.context.world, REQUEST, {
      ...gitEffect([], { refs: ['refs/heads/main'], rewrites: true, index: true, worktree: 'tracked' }),
      async run(writer) {
        b.world.write('a.txt', 'two\n');
        await writer.git.run(['commit', '-qam', 'two']);
        await writer.perform(REQUEST, gitEffect([['tag', 'from-hook']], { refs: ['refs/tags/from-hook'] }));
        return { ran: 1 };
      },
    });
    const result = await undo(b);
    assert.not.instance(result, Error, String(result));
    assert.is(b.state(), start);
    b.close();
  });

  test('leaves alone what plain git did meanwhile', async () => {
    const b = await bench();
    await perform(b.context.world, REQUEST, {
      ...gitEffect([], { refs: [] }),
      async run(writer) {
        await writer.perform(REQUEST, gitEffect([['branch', 'inside']], { refs: ['refs/heads/inside'] }));
        b.world.git('branch', 'mine');
        return { ran: 1 };
      },
    });
    const result = await undo(b);
    assert.not.instance(result, Error, String(result));
    assert.is(b.world.git('branch', '--list', 'inside'), '');
    assert.is(b.world.git('branch', '--list', 'mine').trim(), 'mine');
    b.close();
  });
});

suite('undo of single files', (test) => {
  test('is byte-exact for text that looks like a link, for links and for modes, whatever the umask', async () => {
    const b = await bench();
    const at = (name: string): string => join(b.world.dir, '.git', name);
    b.world.write(at('text'), 'symlink:/etc/passwd');
    b.world.write(at('script'), '#!/bin/sh\n');
    chmodSync(at('script'), 0o777);
    symlinkSync('nowhere', at('link'));
    await perform(b.context.world, REQUEST, {
      ...gitEffect([], { refs: [], files: ['text', 'script', 'link', 'new/deep/file'].map(at) }),
      async run() {
        for (const name of ['text', 'script', 'link']) rmSync(at(name));
        b.world.write(at('link'), 'a file now');
        b.world.write(at('new/deep/file'), 'x');
        return { ran: 1 };
      },
    });
    const mask = process.umask(0o077);
    const result = await undo(b);
    process.umask(mask);
    assert.not.instance(result, Error, String(result));
    assert.ok(lstatSync(at('text')).isFile());
    assert.is(b.world.read(at('text')), 'symlink:/etc/passwd');
    assert.is(statSync(at('script')).mode & 0o777, 0o777);
    assert.is(readlinkSync(at('link')), 'nowhere');
    assert.not.ok(b.world.exists(at('new')));
    b.close();
  });

  test('refuses to overwrite a setting changed since', async () => {
    const b = await bench();
    const config = join(b.world.dir, '.git/config');
    await perform(
      b.context.world,
      REQUEST,
      gitEffect([['config', 'x.y', 'z']], { refs: [], files: [config] }),
    );
    b.world.git('config', 'mine.too', 'yes');
    const result = await undo(b);
    assert.ok(isBitError(result, 'changed'), String(result));
    assert.match((result as Error).message, /config was changed/);
    assert.is(b.world.git('config', 'mine.too'), 'yes');
    b.close();
  });

  test('takes away untracked files the operation made and no others', async () => {
    const b = await bench();
    b.world.write('mine.txt', 'mine\n');
    await perform(b.context.world, REQUEST, {
      ...gitEffect([], { refs: [], index: true, worktree: 'untracked' }),
      async run() {
        b.world.write('made.txt', 'made\n');
        return { ran: 1 };
      },
    });
    b.world.write('later.txt', 'later\n');
    const result = await undo(b);
    assert.not.instance(result, Error, String(result));
    assert.not.ok(b.world.exists('made.txt'));
    assert.is(b.world.read('mine.txt'), 'mine\n');
    assert.is(b.world.read('later.txt'), 'later\n');
    b.close();
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const FORMATS = ['.bundle', '.tar.gz', '.zip'] as const;
const ASSET = Buffer.alloc(5000, 'asset\u0000');
const OID = createHash('sha256').update(ASSET).digest('hex');

/** Two branches, a tag, a note, a stored asset, and a ledger with an operation in it. */
async function prepare(world: World): Promise<void> {
  world.start();
  world.git('branch', 'side');
  world.write('a.txt', 'two\n');
  world.git('commit', '-qam', 'second');
  world.git('tag', '-am', 'one', 'v1');
  world.git('notes', 'add', '-m', 'note', 'HEAD');
  const folder = join(world.dir, '.git/bit/storage/media/sha256', OID.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, OID), ASSET);
  assert.is((await world.bit('motd', 'add', 'hello')).code, 0);
}

const refs = (world: World, dir: string): string =>
  world.gitIn(
    dir,
    'for-each-ref',
    '--format=%(refname) %(objectname)',
    'refs/heads',
    'refs/tags',
    'refs/notes',
  );
const out = (world: World, name: string): string => join(world.root, name);

suite<{ world: World }>('bit archive', (test) => {
  test.before.each(async (context) => {
    context.world = world();
    await prepare(context.world);
  });
  test.after.each((context) => context.world.close());

  test('writes the files of a commit as git archive does, and those a range changed', async ({ world }) => {
    const run = await world.bit('archive', out(world, 'all.tar.gz'));
    assert.is(run.code, 0, run.stderr);
    assert.is(execFileSync('tar', ['-tzf', out(world, 'all.tar.gz')], { encoding: 'utf8' }), 'a.txt\n');
    world.write('b.txt', 'b\n');
    world.git('add', 'b.txt');
    world.git('commit', '-qm', 'third');
    assert.is((await world.bit('archive', 'HEAD~1..HEAD', out(world, 'range.tar.gz'))).code, 0);
    assert.is(execFileSync('tar', ['-tzf', out(world, 'range.tar.gz')], { encoding: 'utf8' }), 'b.txt\n');
    assert.is((await world.bit('archive', 'side', out(world, 'side.zip'))).code, 0);
    assert.is(readFileSync(out(world, 'side.zip')).subarray(0, 2).toString(), 'PK');
  });

  test('writes a range as a bundle git verifies', async ({ world }) => {
    const run = await world.bit('archive', 'side..main', out(world, 'some.bundle'), '--json');
    assert.is(run.code, 0, run.stderr);
    world.git('bundle', 'verify', out(world, 'some.bundle'));
    assert.match(world.git('bundle', 'list-heads', out(world, 'some.bundle')), 'refs/heads/main');
    assert.is((await world.bit('archive', world.git('rev-parse', 'HEAD'), out(world, 'x.bundle'))).code, 2);
  });

  test('never overwrites without --force, and leaves nothing behind when refused', async ({ world }) => {
    writeFileSync(out(world, 'mine.zip'), 'mine');
    assert.is((await world.bit('archive', 'full', out(world, 'mine.zip'))).code, 1);
    assert.is(readFileSync(out(world, 'mine.zip'), 'utf8'), 'mine');
    assert.is((await world.bit('archive', 'full', out(world, 'mine.zip'), '--force')).code, 0);
    assert.is(readFileSync(out(world, 'mine.zip')).subarray(0, 2).toString(), 'PK');
    assert.equal(
      readdirSync(world.root).filter((name) => name.includes('.tmp')),
      [],
    );
    assert.equal(
      readdirSync(join(world.dir, '.git/bit/tmp')).filter((name) => name.startsWith('archive')),
      [],
    );
  });

  test('changes nothing under --dry-run, and refuses hostile words', async ({ world }) => {
    assert.is((await world.bit('archive', 'full', out(world, 'x.zip'), '--dry-run')).code, 0);
    assert.not.ok(existsSync(out(world, 'x.zip')));
    for (const what of ['-x', 'a\nb', '--output=/tmp/x', '..']) {
      const run = await world.bit('archive', '--', what, out(world, 'x.zip'));
      assert.ok([1, 2, 4].includes(run.code), `${JSON.stringify(what)} ${run.code} ${run.stderr}`);
    }
    assert.is((await world.bit('archive', 'full', 'x.rar')).code, 2);
    assert.is((await world.bit('archive', 'mian', out(world, 'x.zip'))).code, 4);
    assert.not.ok(existsSync(out(world, 'x.zip')));
  });
});

suite<{ world: World }>('bit restore of an archive', (test) => {
  test.before.each(async (context) => {
    context.world = world();
    await prepare(context.world);
  });
  test.after.each((context) => context.world.close());

  test('makes the same repository again from each format, ledger and assets too', async ({ world }) => {
    for (const format of FORMATS) {
      const archived = await world.bit('archive', 'full', out(world, `full${format}`), '--json');
      assert.is(archived.code, 0, archived.stderr);
      assert.is(JSON.parse(archived.stdout).assets, 1);
      const again = out(world, `again${format}`);
      const run = await world.bitIn(world.root, 'restore', `full${format}`, '--into', again, '--json');
      assert.is(run.code, 0, `${format}: ${run.stdout}${run.stderr}`);
      assert.is(refs(world, again), refs(world, world.dir), format);
      assert.is(world.gitIn(again, 'symbolic-ref', 'HEAD'), 'refs/heads/main');
      assert.is(readFileSync(join(again, 'a.txt'), 'utf8'), 'two\n');
      assert.is(world.gitIn(again, 'status', '--porcelain'), '');
      world.gitIn(again, 'fsck', '--strict');
      assert.ok(
        readFileSync(join(again, '.git/bit/storage/media/sha256', OID.slice(0, 2), OID)).equals(ASSET),
      );
      const lines = readFileSync(JSON.parse(run.stdout).ledger, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.ok(lines.some((entry) => entry.event === 'MOTD_ADD' && entry.phase === 'outcome'));
      assert.equal(
        readdirSync(world.root).filter((name) => name.includes('bit-clone')),
        [],
      );
    }
  });

  test('brings refs back where that loses nothing, and sets the rest aside', async ({ world }) => {
    await world.bit('archive', 'full', out(world, 'full.zip'));
    const [main, side] = [world.git('rev-parse', 'main'), world.git('rev-parse', 'side')];
    world.git('tag', '-d', 'v1');
    world.git('branch', 'gone', 'main');
    world.git('switch', '-q', '-c', 'work', 'side');
    world.git('branch', '-f', 'main', 'side');
    world.write('c.txt', 'c\n');
    world.git('add', 'c.txt');
    world.git('commit', '-qm', 'own');
    world.git('branch', '-f', 'side', 'work');
    const own = world.git('rev-parse', 'side');
    const run = await world.bit('restore', out(world, 'full.zip'), '--json');
    assert.is(run.code, 0, run.stdout + run.stderr);
    const how = Object.fromEntries(
      JSON.parse(run.stdout).refs.map((ref: { name: string; how: string }) => [ref.name, ref.how]),
    );
    assert.is(how['refs/heads/main'], 'fast-forwarded');
    assert.is(how['refs/tags/v1'], 'created');
    assert.is(how['refs/heads/side'], 'set-aside');
    assert.is(world.git('rev-parse', 'main'), main);
    assert.is(world.git('rev-parse', 'side'), own);
    const aside = world.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/restored');
    assert.match(aside, new RegExp(`refs/restored/\\d{8}T\\d{6}Z/heads/side ${side}`));
    assert.is(world.git('for-each-ref', 'refs/bithub/restore'), '');
    assert.is(world.git('status', '--porcelain', '--', ':!.bithub'), '');
  });

  test('can be undone: every ref it moved is in the before-image', async ({ world }) => {
    await world.bit('archive', 'full', out(world, 'full.tar.gz'));
    world.git('tag', '-d', 'v1');
    world.git('branch', '-qD', 'side');
    const before = world.git(
      'for-each-ref',
      '--format=%(refname) %(objectname)',
      'refs/heads',
      'refs/tags',
      'refs/restored',
    );
    assert.is((await world.bit('restore', out(world, 'full.tar.gz'))).code, 0);
    assert.is.not(
      world.git(
        'for-each-ref',
        '--format=%(refname) %(objectname)',
        'refs/heads',
        'refs/tags',
        'refs/restored',
      ),
      before,
    );
    const undone = await world.bit('undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(
      world.git(
        'for-each-ref',
        '--format=%(refname) %(objectname)',
        'refs/heads',
        'refs/tags',
        'refs/restored',
      ),
      before,
    );
  });

  test('one changed byte anywhere is exit 7 and nothing is restored', async ({ world }) => {
    for (const format of FORMATS) await world.bit('archive', 'full', out(world, `full${format}`));
    const again = out(world, 'again');
    const refused = async (name: string): Promise<void> => {
      const run = await world.bitIn(world.root, 'restore', name, '--into', again, '--yes');
      assert.is(run.code, 7, `${name}: ${run.stdout}${run.stderr}`);
      assert.not.ok(existsSync(again));
    };
    const flip = (bytes: Buffer, at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    const tar = gunzipSync(readFileSync(out(world, 'full.tar.gz')));
    for (const at of ['"created"', '# v2 git bundle', '"MOTD_ADD"', 'asset\u0000'].map(
      (text) => tar.indexOf(text) + 3,
    )) {
      writeFileSync(out(world, 'bad.tar.gz'), gzipSync(flip(tar, at)));
      await refused('bad.tar.gz');
    }
    writeFileSync(out(world, 'bad.tar.gz'), readFileSync(out(world, 'full.tar.gz')).subarray(0, -400));
    await refused('bad.tar.gz');
    const zip = readFileSync(out(world, 'full.zip'));
    writeFileSync(out(world, 'bad.zip'), flip(zip, Math.floor(zip.length / 2)));
    await refused('bad.zip');
    writeFileSync(out(world, 'bad.zip'), 'no zip at all');
    await refused('bad.zip');
    const bundle = readFileSync(out(world, 'full.bundle'));
    writeFileSync(out(world, 'full.bundle'), flip(bundle, bundle.length - 30));
    await refused('full.bundle');
    writeFileSync(out(world, 'full.bundle'), bundle);
    rmSync(out(world, 'full.bundle.ledger.jsonl'));
    await refused('full.bundle');
  });

  test('refuses entries that would leave the folder, links, doubles, and what the manifest does not name', async ({
    world,
  }) => {
    await world.bit('archive', 'full', out(world, 'full.tar.gz'));
    const folder = out(world, 'x');
    mkdirSync(folder);
    execFileSync('tar', ['-xzf', out(world, 'full.tar.gz'), '-C', folder]);
    const whole = ['manifest.json', 'repository.bundle', 'ledger.jsonl', 'assets'];
    const repack = (...words: string[]): void => {
      execFileSync('tar', ['-czf', out(world, 'evil.tar.gz'), '-C', folder, ...words], { stdio: 'pipe' });
    };
    writeFileSync(join(world.root, 'escaped'), 'evil');
    writeFileSync(join(folder, 'extra'), 'evil');
    execFileSync('ln', ['-s', '/etc/passwd', join(folder, 'link')]);
    const evil = [
      [...whole, '-P', '../escaped'],
      [...whole, 'extra'],
      [...whole, 'link'],
      [...whole, 'ledger.jsonl'],
      whole.slice(0, 3),
      ['manifest.json'],
    ];
    for (const words of evil) {
      repack(...words);
      const run = await world.bitIn(world.root, 'restore', 'evil.tar.gz', '--into', 'again', '--yes');
      assert.is(run.code, 7, `${words}: ${run.stdout}${run.stderr}`);
      assert.not.ok(existsSync(out(world, 'again')));
    }
  });

  test('asks before it restores what nobody here signed, and not what is its own', async ({ world }) => {
    await world.bit('archive', 'full', out(world, 'full.tar.gz'));
    renameSync(join(world.root, 'data/bit/keys'), join(world.root, 'elsewhere'));
    const asked = await world.bitIn(world.root, 'restore', 'full.tar.gz', '--into', 'again');
    assert.is(asked.code, 2, asked.stderr);
    assert.match(asked.stderr, 'whom nobody here trusts');
    assert.not.ok(existsSync(out(world, 'again')));
    const run = await world.bitIn(world.root, 'restore', 'full.tar.gz', '--into', 'again', '--yes');
    assert.is(run.code, 0, run.stderr);
  });

  test('a snapshot of files is no archive to restore', async ({ world }) => {
    for (const ending of ['.tar.gz', '.zip']) {
      await world.bit('archive', out(world, `snapshot${ending}`));
      const run = await world.bitIn(world.root, 'restore', `snapshot${ending}`, '--into', 'again', '--json');
      assert.is(JSON.parse(run.stdout).error.code, 'unsupported', run.stdout);
    }
  });

  test('takes a plain bundle of git, after asking', async ({ world }) => {
    world.git('bundle', 'create', '-q', out(world, 'plain.bundle'), '--all');
    assert.is((await world.bitIn(world.root, 'restore', 'plain.bundle', '--into', 'again')).code, 2);
    const run = await world.bitIn(world.root, 'restore', 'plain.bundle', '--into', 'again', '--yes');
    assert.is(run.code, 0, run.stderr);
    assert.is(refs(world, out(world, 'again')), refs(world, world.dir));
    assert.is(world.gitIn(out(world, 'again'), 'symbolic-ref', 'HEAD'), 'refs/heads/main');
  });
});

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { changedPaths, digestsIn } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import { type Check, editJson, type Ground, onGround } from './ground.ts';

interface Added {
  readonly chain: string;
  readonly size: number;
  readonly anchored: readonly { readonly file: string; readonly sha256: string; readonly receipt: string }[];
}

/** With a bare repository as the remote `mirror`, and an anchor of that name. */
const withMirror = (work: (ground: Ground, bare: string) => Promise<void>) => () =>
  onGround(async (ground) => {
    const bare = join(ground.root, 'mirror.git');
    ground.gitIn(ground.root, 'init', '-q', '--bare', bare);
    ground.git('remote', 'add', 'mirror', bare);
    ground.anchors({ mirror: { driver: 'git', remote: 'mirror' } });
    await work(ground, bare);
  });

const add = (ground: Ground): Promise<Added> => ground.json<Added>(0, 'ledger', 'anchor', 'add');
const verdicts = ({ checks }: Check): string[] => checks.map(({ verdict }) => verdict);

suite('an anchor at a git remote', (test) => {
  test(
    'holds the signed checkpoint in a commit after the one before, and every receipt checks',
    withMirror(async (ground, bare) => {
      const first = await add(ground);
      await ground.json(0, 'tag', 'new', 'v1');
      const second = await add(ground);
      const ref = `refs/bithub/anchor/${first.chain}`;
      const notes = ground.gitIn(bare, 'log', '--format=%H', '--reverse', ref).split('\n');
      assert.is(notes.length, 2);
      const note = ground.gitIn(bare, 'show', `${ref}:checkpoint`);
      assert.is(note.split('\n')[1], String(second.size));
      ground.gitIn(bare, 'fsck', '--strict');
      const checked = await ground.json<Check>(0, 'ledger', 'anchor', 'check');
      assert.equal(verdicts(checked), ['holds', 'holds']);
      assert.is(ground.git('fsck', '--strict', '--no-dangling'), '');
    }),
  );

  test(
    'is recorded with checkpoint, place and digest of the receipt',
    withMirror(async (ground) => {
      const { anchored, size } = await add(ground);
      const [entry] = openLedgerReader({ directory: ground.ledger }).entries({
        event: 'LEDGER_ANCHOR',
        phase: 'outcome',
      });
      const result = entry?.payload?.['result'] as { size: number; anchored: { sha256: string }[] };
      assert.is(result.size, size);
      assert.is(result.anchored[0]?.sha256, anchored[0]?.sha256);
    }),
  );

  test('is not there before it is configured, and is gated by the policy', () =>
    onGround(async (ground) => {
      const none = await ground.bit('ledger', 'anchor', 'add');
      assert.is(none.code, 4);
      assert.match(none.stderr, 'no anchor is configured');
      const listed = await ground.json<{ anchors: unknown[] }>(0, 'ledger', 'anchor', 'list');
      assert.equal(listed.anchors, []);
      ground.write(
        '.bithub/policies/p.rego',
        'package p\n\ndeny contains "not there" if { input.target.anchors[_].place == "mirror" }\n',
      );
      ground.anchors({ mirror: { driver: 'git', remote: 'mirror' } });
      await ground.json(0, 'policy', 'accept', '--yes');
      const denied = await ground.bit('ledger', 'anchor', 'add');
      assert.is(denied.code, 3);
      assert.match(denied.stderr, 'not there');
    }));

  test(
    'finds a chain that was written again with its own key, and shows both checkpoints',
    withMirror(async (ground) => {
      await ground.json(0, 'tag', 'new', 'v1');
      await add(ground);
      ground.rewrite();
      const { checks } = await ground.json<Check>(7, 'ledger', 'anchor', 'check');
      assert.equal(
        checks.map(({ verdict }) => verdict),
        ['contradicted'],
      );
      assert.match(checks[0]?.anchored?.head ?? '', /^\d+ entries, root /);
      assert.match(checks[0]?.anchored?.note ?? '', 'bit.ledger/');
      assert.is.not(checks[0]?.anchored?.head, checks[0]?.here?.head);
      const shown = await ground.bit('ledger', 'anchor', 'check');
      assert.match(shown.stdout, checks[0]?.anchored?.head ?? 'x');
      assert.match(shown.stdout, checks[0]?.here?.head ?? 'x');
    }),
  );

  test(
    'finds it without any receipt, when asked and when anchored again',
    withMirror(async (ground) => {
      await ground.json(0, 'tag', 'new', 'v1');
      await add(ground);
      ground.rewrite();
      rmSync(join(ground.ledger, 'anchors'), { recursive: true });
      const { checks } = await ground.json<Check>(7, 'ledger', 'anchor', 'check');
      assert.equal(checks.map(({ verdict }) => verdict).sort(), ['contradicted', 'missing']);
      const again = await ground.bit('ledger', 'anchor', 'add');
      assert.is(again.code, 7);
      assert.match(again.stderr, 'does not go on from');
    }),
  );

  test(
    'finds an old copy of the ledger put back',
    withMirror(async (ground) => {
      await ground.json(0, 'tag', 'new', 'v1');
      const copy = join(ground.root, 'copy');
      const { execute } = await import('../transparency/store.ts');
      execute(ground.ledger, 'PRAGMA wal_checkpoint(TRUNCATE)');
      cpSync(ground.ledger, copy, { recursive: true });
      await add(ground);
      const anchors = join(ground.ledger, 'anchors');
      cpSync(anchors, join(copy, 'anchors'), { recursive: true });
      rmSync(ground.ledger, { recursive: true });
      cpSync(copy, ground.ledger, { recursive: true });
      const { checks } = await ground.json<Check>(7, 'ledger', 'anchor', 'check', '--offline');
      assert.is(checks[0]?.verdict, 'contradicted');
      assert.match(checks[0]?.detail ?? '', /entries were anchored, and the chain has/);
    }),
  );

  test(
    'tells a remote that cannot be reached from one that contradicts, and from one that lost it',
    withMirror(async (ground, bare) => {
      const { chain } = await add(ground);
      ground.git('remote', 'set-url', 'mirror', join(ground.root, 'nowhere.git'));
      assert.equal(verdicts(await ground.json<Check>(6, 'ledger', 'anchor', 'check')), ['unreachable']);
      assert.equal(verdicts(await ground.json<Check>(0, 'ledger', 'anchor', 'check', '--offline')), [
        'unchecked',
      ]);
      const failed = await ground.bit('ledger', 'anchor', 'add');
      assert.is(failed.code, 6, failed.stderr);
      ground.git('remote', 'set-url', 'mirror', bare);
      ground.gitIn(bare, 'update-ref', '-d', `refs/bithub/anchor/${chain}`);
      assert.equal(verdicts(await ground.json<Check>(1, 'ledger', 'anchor', 'check')), ['gone']);
    }),
  );

  test(
    'refuses what somebody else wrote to its ref',
    withMirror(async (ground, bare) => {
      const { chain } = await add(ground);
      const ref = `refs/bithub/anchor/${chain}`;
      const note = ground.gitIn(bare, 'show', `${ref}:checkpoint`);
      writeFileSync(join(ground.root, 'checkpoint'), `${note.replace(/^\d+$/m, '999')}\n`);
      const blob = ground.gitIn(bare, 'hash-object', '-w', join(ground.root, 'checkpoint'));
      writeFileSync(join(ground.root, 'tree'), '');
      const index = { GIT_INDEX_FILE: join(ground.root, 'index') };
      const { execFileSync } = await import('node:child_process');
      const git = (...args: string[]): string =>
        execFileSync('git', args, { cwd: bare, env: { ...ground.env, ...index }, encoding: 'utf8' }).trim();
      git('update-index', '--add', '--cacheinfo', `100644,${blob},checkpoint`);
      const commit = git('commit-tree', git('write-tree'), '-m', 'forged');
      git('update-ref', ref, commit);
      assert.equal(verdicts(await ground.json<Check>(7, 'ledger', 'anchor', 'check')), ['broken']);
      const again = await ground.bit('ledger', 'anchor', 'add');
      assert.is(again.code, 7);
      assert.match(again.stderr, 'no signer of that chain signed');
    }),
  );

  test(
    'believes no receipt whose commit is not that of its checkpoint, and none that is damaged',
    withMirror(async (ground) => {
      const { anchored } = await add(ground);
      const file = anchored[0]?.file ?? '';
      const good = readFileSync(file, 'utf8');
      const other = await ground.json<{ note: string; size: number }>(0, 'ledger', 'checkpoint');
      editJson(file, (receipt) => Object.assign(receipt, { note: other.note, size: other.size }));
      const swapped = await ground.json<Check>(7, 'ledger', 'anchor', 'check', '--offline');
      assert.equal(verdicts(swapped), ['broken']);
      assert.match(swapped.checks[0]?.detail ?? '', 'not that of its checkpoint');
      for (const bad of ['', '{}', '[]', good.slice(0, 200), good.replace('"v":1', '"v":2')]) {
        writeFileSync(file, bad);
        const { checks } = await ground.json<Check>(7, 'ledger', 'anchor', 'check', '--offline');
        assert.ok(
          checks.some(({ verdict }) => verdict === 'broken'),
          bad,
        );
      }
    }),
  );

  test(
    'leaves no byte in the repository when it only checks, or only would anchor',
    withMirror(async (ground) => {
      await add(ground);
      const before = digestsIn(ground.dir);
      await ground.json(0, 'ledger', 'anchor', 'check');
      await ground.json(0, 'ledger', 'anchor', 'list');
      await ground.json(0, 'ledger', 'anchor', 'add', '--dry-run');
      assert.equal(changedPaths(before, digestsIn(ground.dir)), []);
    }),
  );

  for (const [what, anchors] of [
    ['an option of git', { m: { driver: 'git', remote: '--upload-pack=touch x' } }],
    ['a transport that runs a program', { m: { driver: 'git', remote: 'ext::sh -c id' } }],
    ['an unknown driver', { m: { driver: 'pigeon' } }],
    ['an unknown key', { m: { driver: 'git', remote: 'origin', remotes: 'x' } }],
    ['a name that leaves its place', { '../m': { driver: 'git', remote: 'origin' } }],
    ['no remote', { m: { driver: 'git' } }],
    ['a time without end', { m: { driver: 'git', remote: 'origin', timeout: 1e9 } }],
  ] as const) {
    test(`says so where the configuration names ${what}`, () =>
      onGround(async (ground) => {
        ground.anchors(anchors);
        const run = await ground.bit('ledger', 'anchor', 'add');
        assert.is(run.code, 2, run.stderr);
      }));
  }

  test(
    'keeps a password in an address out of all that is shown, recorded and kept',
    withMirror(async (ground) => {
      ground.anchors({ mirror: { driver: 'git', remote: 'http://eve:hunter22@127.0.0.1:1/x.git' } });
      const run = await ground.bit('ledger', 'anchor', 'add', '--json');
      assert.is(run.code, 6);
      const listed = await ground.bit('ledger', 'anchor', 'list', '--json');
      assert.not.match(run.stdout + run.stderr + listed.stdout, 'hunter22');
      for (const entry of openLedgerReader({ directory: ground.ledger }).entries({}))
        assert.not.match(JSON.stringify(entry), 'hunter22');
    }),
  );
});

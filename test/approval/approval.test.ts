import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ioOf as ioAt } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

/** Ada's repository, where tags need approval; the others are at work in it, each with a key of their own. */
interface Team {
  readonly ada: World;
  readonly bob: World;
  readonly eve: World;
}

async function did(place: World, dir: string, ...words: string[]): Promise<Record<string, unknown>> {
  const run = await place.bitIn(dir, ...words, '--json');
  assert.is(run.code, 0, `${words.join(' ')}: ${run.stderr}${run.stdout}`);
  return JSON.parse(run.stdout) as Record<string, unknown>;
}

const TERMS = 'CONTRACT: terms\n[APPROVAL tags are reviewed]\nACTION: repo.tag\n';

async function team(more: string, run: (team: Team) => Promise<void>): Promise<void> {
  const [ada, bob, eve] = [world(), world(), world()];
  try {
    ada.start();
    await did(ada, ada.dir, 'key', 'new');
    await did(ada, ada.dir, 'key', 'trust', '--as', 'ada@example.org');
    for (const [place, mail] of [
      [bob, 'bob@example.org'],
      [eve, 'eve@example.org'],
    ] as const) {
      const { key } = (await did(place, place.dir, 'key', 'new')) as { key: { publicKey: string } };
      await did(ada, ada.dir, 'key', 'trust', key.publicKey, '--as', mail);
    }
    ada.write('.bit/contract.aln', `${TERMS}${more}`);
    await did(ada, ada.dir, 'policy', 'accept');
    await run({ ada, bob, eve });
  } finally {
    for (const place of [ada, bob, eve]) place.close();
  }
}

/** Asks for what was denied; the request. */
async function request(place: World, dir: string, ...words: string[]): Promise<string> {
  return String((await did(place, dir, 'approval', 'request', ...words))['request']);
}

suite('an approval', (test) => {
  test('lifts a denial of exactly what was asked', () =>
    team('', async ({ ada, bob }) => {
      const denied = await ada.bit('tag', 'new', 'v1');
      assert.is(denied.code, 3);
      assert.match(denied.stderr, 'tags are reviewed');
      const [, op = ''] = /bit approval request (\S+)/.exec(denied.stderr) ?? [];
      const id = await request(ada, ada.dir, op);
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      const granted = await did(bob, ada.dir, 'approval', 'grant', id);
      assert.is(granted['lifted'], true);
      assert.is((await ada.bit('tag', 'new', 'v2')).code, 3);
      await did(ada, ada.dir, 'tag', 'new', 'v1');
      const audit = await did(ada, ada.dir, 'contract', 'audit');
      const { contracts } = audit as { contracts: { clauses: { approved: number; refused: number }[] }[] };
      assert.is(contracts[0]?.clauses[0]?.approved, 1);
    }));

  test('is used up by the operation that was approved, and undoing that does not give it back', () =>
    team('', async ({ ada, bob }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', id);
      // deciding is not doing
      assert.is((await ada.bit('tag', 'new', 'v1', '--dry-run')).code, 0);
      const { operation } = (await did(ada, ada.dir, 'tag', 'new', 'v1')) as { operation: { id: string } };
      const log = await did(ada, ada.dir, 'approval', 'log');
      const [logged] = log['requests'] as { state: string; used: string }[];
      assert.is(logged?.state, 'used');
      assert.is(logged?.used, operation.id);
      // taking it back is such an action, too
      assert.is((await ada.bit('undo', '--yes')).code, 3);
      await did(bob, ada.dir, 'approval', 'grant', await request(ada, ada.dir));
      await did(ada, ada.dir, 'undo', '--yes');
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      ada.git('tag', 'other');
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      const late = await bob.bitIn(ada.dir, 'approval', 'grant', id);
      assert.is(late.code, 1);
      assert.match(late.stderr, 'was used by operation');
      // another request is another approval
      const again = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', again);
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('lets another end a freeze, which else only who set it does', () =>
    team('', async ({ ada, bob, eve }) => {
      const here = ada.dir;
      await did(bob, here, 'freeze', 'repo', '--until', '2d');
      for (const words of [['--thaw'], ['--until', '1h']]) {
        const denied = await ada.bit('freeze', 'repo', ...words);
        assert.is(denied.code, 3, denied.stderr);
        assert.match(
          denied.stderr,
          'was frozen by another: only who froze it ends that, or whoever is granted it',
        );
        assert.not.match(denied.stderr, ':1]');
      }
      // longer is no end of it
      await did(eve, here, 'freeze', 'repo', '--until', '3d');
      assert.is((await bob.bitIn(here, 'freeze', 'repo', '--thaw')).code, 3, 'it is hers now');
      const id = await request(bob, here);
      assert.is((await bob.bitIn(here, 'approval', 'grant', id)).code, 3, 'not one’s own');
      await did(eve, here, 'approval', 'grant', id);
      await did(bob, here, 'freeze', 'repo', '--thaw');
      await did(ada, here, 'branch', 'new', 'x');
      // one's own, with a key that signs no longer
      await did(ada, here, 'freeze', 'repo');
      await did(ada, here, 'key', 'rotate');
      await did(ada, here, 'freeze', 'repo', '--thaw');
    }));

  test('is not needed for what the accepted set says who else signs here may say', () =>
    team('', async ({ ada, bob }) => {
      // each in turn puts another set in force, in one clone, and the other goes on under it
      for (const [turn, place] of [ada, bob, ada].entries()) {
        ada.write('.bit/contract.aln', `${TERMS}[DENY turn ${turn}]\nACTION: repo.fork\n`);
        await did(place, ada.dir, 'policy', 'accept');
        for (const other of [ada, bob])
          await did(other, ada.dir, 'branch', 'new', `b${turn}${other === ada}`);
      }
    }));

  test('serves one of two that run at once', () =>
    team('', async ({ ada, bob }) => {
      await ada.bit('tag', 'new', 'v1', '--force');
      const id = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', id);
      const both = await Promise.all([1, 2].map(() => ada.bit('tag', 'new', 'v1', '--force')));
      assert.is(both.filter(({ code }) => code === 0).length, 1, both.map(({ stderr }) => stderr).join());
    }));

  test('is given back by an operation that failed and moved nothing', () =>
    team('', async ({ ada, bob }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', id);
      ada.write('.git/refs/tags/v1.lock', '');
      assert.is.not((await ada.bit('tag', 'new', 'v1')).code, 0);
      rmSync(join(ada.dir, '.git/refs/tags/v1.lock'));
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('lifts nothing in a copy of the clone, for another person, or once the branch went on', () =>
    team('', async ({ ada, bob, eve }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', id);
      const copy = join(ada.root, 'copy');
      cpSync(ada.dir, copy, { recursive: true });
      assert.is((await ada.bitIn(copy, 'tag', 'new', 'v1')).code, 3);
      assert.is((await ada.bitIn(copy, 'tag', 'new', 'v1')).code, 3);
      assert.is((await eve.bitIn(ada.dir, 'tag', 'new', 'v1')).code, 3);
      const head = ada.git('rev-parse', 'HEAD');
      ada.git('commit', '-q', '--allow-empty', '-m', 'more');
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      ada.git('reset', '-q', '--soft', head);
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('of a commit is of that content', () =>
    team('', async ({ ada, bob }) => {
      ada.write('.bit/contract.aln', TERMS.replace('repo.tag', 'repo.commit'));
      await did(ada, ada.dir, 'policy', 'accept');
      for (const how of [[], ['--all']]) {
        ada.write('a.txt', `good ${how}\n`);
        ada.git('add', 'a.txt');
        const words = ['commit', '-m', 'x', ...how];
        assert.is((await ada.bit(...words)).code, 3);
        const id = await request(ada, ada.dir);
        await did(bob, ada.dir, 'approval', 'grant', id);
        ada.write('a.txt', 'evil\n');
        if (how.length === 0) ada.git('add', 'a.txt');
        assert.is((await ada.bit(...words)).code, 3, 'other content');
        ada.write('a.txt', `good ${how}\n`);
        ada.git('add', 'a.txt');
        await did(ada, ada.dir, ...words);
      }
    }));

  test('runs out', () =>
    team('', async ({ ada, bob }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir, '--for', '1m');
      await did(bob, ada.dir, 'approval', 'grant', id);
      const { openContext } = await import('../../src/cli/context.ts');
      const { findApprovals } = await import('../../src/approval/index.ts');
      const later = new Date(Date.now() + 61_000);
      const log = await did(ada, ada.dir, 'approval', 'log');
      const [logged] = log['requests'] as { subject: string; needs: []; by: string }[];
      const found = async (now: Date): Promise<unknown> => {
        const context = await openContext({
          io: { ...ioAt(ada), now: () => now },
          globals: {},
          signal: new AbortController().signal,
          parent: undefined,
        });
        const { subject = '', needs = [], by: actor = '' } = logged ?? {};
        return findApprovals(context.reader, { subject, needs, actor });
      };
      assert.ok(await found(new Date()));
      assert.is(await found(later), undefined);
    }));

  test('is nobody’s own, and no stranger’s', () =>
    team('', async ({ ada, bob }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      const own = await ada.bit('approval', 'grant', id);
      assert.is(own.code, 3);
      assert.match(own.stderr, 'nobody approves their own');
      const { key } = (await did(ada, ada.dir, 'key', 'new')) as {
        key: { publicKey: string; fingerprint: string };
      };
      await did(ada, ada.dir, 'key', 'use', key.fingerprint);
      assert.is((await ada.bit('approval', 'grant', id)).code, 3);
      const stranger = world();
      try {
        const run = await stranger.bitIn(ada.dir, 'approval', 'grant', id);
        assert.is(run.code, 3);
        assert.match(run.stderr, 'no trusted signer');
      } finally {
        stranger.close();
      }
      // who grants may not use the grant either
      await did(bob, ada.dir, 'approval', 'grant', id);
      assert.is((await bob.bitIn(ada.dir, 'tag', 'new', 'v1')).code, 3);
    }));

  test('of n people takes n of them, and only of those named', () =>
    team('NEEDS: 2\nOF: bob@example.org, eve@example.org\n', async ({ ada, bob, eve }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir, 'repo.tag');
      await did(bob, ada.dir, 'approval', 'grant', id);
      const twice = await did(bob, ada.dir, 'approval', 'grant', id);
      assert.is(twice['missing'], 1);
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      await did(eve, ada.dir, 'approval', 'grant', id, '--note', 'fine');
      const log = await ada.bit('approval', 'log');
      assert.match(log.stdout, 'lifted (2 of 2) repo.tag');
      assert.match(log.stdout, ': fine');
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('is in the log, newest first, as many as asked for', () =>
    team('', async ({ ada }) => {
      const ids: string[] = [];
      for (const tag of ['v1', 'v2']) {
        assert.is((await ada.bit('tag', 'new', tag)).code, 3);
        ids.push(await request(ada, ada.dir));
      }
      const logged = async (...words: string[]): Promise<unknown[]> => {
        const { requests } = await did(ada, ada.dir, 'approval', 'log', ...words);
        return (requests as { op: string; state: string }[]).map(({ op, state }) => `${op} ${state}`);
      };
      const open = ids.reverse().map((id) => `${id} open`);
      assert.equal(await logged(), open);
      assert.equal(await logged('--last', '1'), open.slice(0, 1));
      assert.equal(await logged('no-such-workflow'), []);
      assert.is((await ada.bit('approval', 'log', '--last', '0')).code, 2);
    }));

  test('is closed by a denial that stands', () =>
    team('', async ({ ada, bob, eve }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', id);
      await did(eve, ada.dir, 'approval', 'deny', id);
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      assert.match((await ada.bit('approval', 'log')).stdout, `${id} denied`);
      await did(eve, ada.dir, 'approval', 'grant', id);
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('of another policy, one taken back, and one under a freeze lift nothing', () =>
    team('', async ({ ada, bob }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', id);
      await did(ada, ada.dir, 'freeze', 'repo');
      const frozen = await ada.bit('tag', 'new', 'v1');
      assert.is(frozen.code, 3);
      await did(ada, ada.dir, 'freeze', 'repo', '--thaw');
      ada.write('.bithub/policies/other.rego', 'package other\n');
      await did(ada, ada.dir, 'policy', 'accept');
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      const again = await request(ada, ada.dir);
      await did(bob, ada.dir, 'approval', 'grant', again);
      await did(bob, ada.dir, 'approval', 'deny', again);
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
    }));

  test('where nothing is named, one’s own counts only with OWN', () =>
    team('OWN: true\n', async ({ ada }) => {
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      await did(ada, ada.dir, 'approval', 'grant', id);
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('travels with the ledger from clone to clone', () =>
    team('', async ({ ada, bob }) => {
      const remote = join(ada.root, 'remote.git');
      ada.gitIn(ada.root, 'init', '-q', '--bare', 'remote.git');
      ada.git('remote', 'add', 'origin', remote);
      ada.write('.bithub.yml', 'ledger:\n  share: all\n');
      ada.git('add', '.');
      ada.git('commit', '-q', '-m', 'terms');
      await ada.bit('tag', 'new', 'v1');
      const id = await request(ada, ada.dir);
      ada.git('push', '-q', 'origin', 'main');
      await did(ada, ada.dir, 'ledger', 'push', 'origin');
      bob.gitIn(bob.root, 'clone', '-q', remote, 'clone');
      const clone = join(bob.root, 'clone');
      await did(bob, clone, 'policy', 'accept');
      await did(bob, clone, 'ledger', 'fetch', 'origin');
      await did(bob, clone, 'approval', 'grant', id);
      await did(bob, clone, 'ledger', 'push', 'origin');
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      // taken back there, it lifts nothing here
      await did(bob, clone, 'approval', 'deny', id);
      await did(bob, clone, 'ledger', 'push', 'origin');
      await did(ada, ada.dir, 'ledger', 'fetch', 'origin');
      assert.is((await ada.bit('tag', 'new', 'v1')).code, 3);
      await did(bob, clone, 'approval', 'grant', id);
      await did(bob, clone, 'ledger', 'push', 'origin');
      await did(ada, ada.dir, 'ledger', 'fetch', 'origin');
      await did(ada, ada.dir, 'tag', 'new', 'v1');
    }));

  test('what makes no sense is refused', () =>
    team('', async ({ ada }) => {
      assert.is((await ada.bit('approval', 'request')).code, 4);
      assert.is((await ada.bit('approval', 'request', 'deploy')).code, 4);
      await ada.bit('tag', 'new', 'v1');
      assert.is((await ada.bit('approval', 'request', '--for', '90d')).code, 2);
      assert.is((await ada.bit('approval', 'grant', 'a\nb')).code, 4);
      assert.is((await ada.bit('approval', 'grant', '--', '-x')).code, 4);
      assert.match((await ada.bit('approval', 'log')).stdout, 'No requests.');
    }));
});

import { join } from 'node:path';
import * as assert from 'uvu/assert';
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

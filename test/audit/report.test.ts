import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ReadReport, Standing, WrittenReport } from '../../src/audit/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

async function did<Out>(place: World, ...words: string[]): Promise<Out & { code: number }> {
  const { code, stdout, stderr } = await place.bit(...words, '--json');
  assert.ok(stdout.startsWith('{'), stdout + stderr);
  return { ...(JSON.parse(stdout) as Out), code };
}

const texts = (standing: readonly Standing[]): string =>
  standing.map(({ area, text }) => `${area}: ${text}`).join('\n');

suite('bit audit report', (test) => {
  test('says what came and went since the one before, and names that by its digest', async () => {
    const place = world();
    try {
      place.start();
      const first = await did<WrittenReport>(place, 'audit', 'report');
      assert.is(first.code, 0);
      assert.is(first.since, null);
      const minted = await did<{ jti: string }>(
        place,
        'token',
        'mint',
        '--cap',
        'repo:*',
        '--for',
        'ci',
        '--output',
        'ci.token',
      );
      chmodSync(join(place.dir, '.git/config'), 0o666);
      place.write(
        '.bithub/policies/p.rego',
        'package p\nimport rego.v1\ndeny contains "no tags" if input.action == "repo.tag"\n',
      );
      assert.is((await place.bit('policy', 'accept')).code, 0);
      assert.is((await place.bit('tag', 'new', 'v1')).code, 3);
      const second = await did<WrittenReport>(place, 'audit', 'report');
      assert.is(second.before, first.sha256);
      assert.is(second.since, first.ts);
      const came = texts(second.changes.came);
      assert.match(came, new RegExp(`token: ${minted.jti} of ci carries repo:\\*`));
      assert.match(came, /permission: writable-by-anybody/);
      assert.match(came, /policy: policies: accepted sha256/);
      assert.is(second.activity.denied, 1);
      assert.equal(
        second.activity.denials.map(({ action, why }) => [action, why]),
        [['repo.tag', 'no tags']],
      );
      assert.is((await place.bit('token', 'revoke', minted.jti, '--yes')).code, 0);
      chmodSync(join(place.dir, '.git/config'), 0o644);
      const third = await did<WrittenReport>(place, 'audit', 'report');
      assert.match(
        texts(third.changes.went),
        new RegExp(`${minted.jti}[^]*writable-by-anybody|writable-by-anybody[^]*${minted.jti}`),
      );
      assert.equal(third.changes.came, []);
    } finally {
      place.close();
    }
  });

  test('a report somebody changed is refused, and the next one goes on from the last that is whole', async () => {
    const place = world();
    try {
      place.start();
      const first = await did<WrittenReport>(place, 'audit', 'report');
      const second = await did<WrittenReport>(place, 'audit', 'report');
      const shown = await did<ReadReport>(place, 'audit', 'show');
      assert.is(shown.sha256, second.sha256);
      assert.is(shown.believed, true);
      const text = readFileSync(second.file, 'utf8');
      const envelope = JSON.parse(text);
      const payload = Buffer.from(envelope.payload, 'base64')
        .toString('utf8')
        .replace('"denied":0', '"denied":9');
      writeFileSync(
        second.file,
        JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }),
      );
      assert.is((await place.bit('audit', 'show')).code, 7);
      const third = await did<WrittenReport>(place, 'audit', 'report');
      assert.is(third.before, first.sha256);
      assert.is((await place.bit('audit', 'show', 'nope')).code, 4);
      // a stranger's clone believes none of it
      const stranger = world();
      try {
        stranger.start();
        assert.is((await stranger.bit('audit', 'show', third.file)).code, 7);
      } finally {
        stranger.close();
      }
    } finally {
      place.close();
    }
  });

  test('a dry run writes none; undo takes the file away', async () => {
    const place = world();
    try {
      place.start();
      assert.is((await place.bit('audit', 'report', '--dry-run')).code, 0);
      assert.is((await place.bit('audit', 'show')).code, 4);
      await did<WrittenReport>(place, 'audit', 'report');
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is((await place.bit('audit', 'show')).code, 4);
    } finally {
      place.close();
    }
  });
});

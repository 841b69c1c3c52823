import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Twins, withTwins } from './twins.ts';

function withRemote(place: Twins): string {
  const remote = join(place.root, 'origin.git');
  place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'origin.git');
  place.git('remote', 'add', 'origin', remote);
  return remote;
}

suite('tag, side by side with git', (test) => {
  test('makes annotated tags as git does: here, at a revision, with paragraphs', () =>
    withTwins(async (place) => {
      place.git('commit', '-q', '--allow-empty', '-m', 'second');
      place.split();
      await place.rehearsed('tag', 'new', 'v1', '-m', 'one', '-m', 'ü: more\n# a comment');
      place.theirs('tag', '-a', 'v1', '-m', 'one', '-m', 'ü: more\n# a comment');
      await place.ok('tag', 'new', 'ü/v0', 'HEAD~1');
      place.theirs('tag', '-a', 'ü/v0', '-m', 'ü/v0', 'HEAD~1');
      await place.ok('tag', 'new', 'again', 'v1');
      place.theirs('tag', '-a', 'again', '-m', 'again', 'v1^{}');
      place.alike();
    }));

  test('signs with an SSH key, and leaves nothing where it can not', () =>
    withTwins(async (place) => {
      const key = join(place.root, 'id');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      place.git('config', 'gpg.format', 'ssh');
      place.git('config', 'user.signingKey', key);
      place.git('config', 'tag.gpgSign', 'true');
      place.split();
      await place.ok('tag', 'new', 'signed', '--sign', '-m', 'signed');
      place.theirs('tag', '-s', 'signed', '-m', 'signed');
      place.alike();
      const { tags } = JSON.parse((await place.ok('tag', '--json')).stdout) as {
        tags: { signed: boolean }[];
      };
      assert.is(tags[0]?.signed, true);
      place.git('config', 'user.signingKey', join(place.root, 'gone'));
      await place.refused(1, 'tag', 'new', 'unsigned', '--sign', '-m', 'x');
    }));

  test('signs what tag.gpgSign asks to be signed', () =>
    withTwins(async (place) => {
      const key = join(place.root, 'id');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      place.git('config', 'gpg.format', 'ssh');
      place.git('config', 'user.signingKey', key);
      place.git('config', 'tag.gpgSign', 'true');
      place.split();
      await place.ok('tag', 'new', 'v1', '-m', 'one');
      place.theirs('tag', '-a', 'v1', '-m', 'one');
      place.alike();
    }));

  test('moves a tag only when told to, and says where it was', () =>
    withTwins(async (place) => {
      place.git('tag', 'v1');
      place.git('commit', '-q', '--allow-empty', '-m', 'second');
      place.split();
      assert.match((await place.refused(1, 'tag', 'new', 'v1')).stderr, '--force');
      await place.refused(2, 'tag', 'new', 'v1', '--force');
      await place.undone('tag', 'new', 'v1', '--force', '--yes', '-m', 'moved');
      place.theirs('tag', '-a', '-f', 'v1', '-m', 'moved');
      place.alike();
    }));

  test('deletes one and several, all or none, and brings them back after a gc', () =>
    withTwins(async (place) => {
      place.git('tag', '-a', 'v1', '-m', 'annotated');
      place.git('tag', 'light');
      place.split();
      assert.match((await place.refused(4, 'tag', 'delete', 'v1', 'ligth')).stderr, 'light');
      await place.rehearsed('tag', 'delete', 'v1', 'light');
      place.theirs('tag', '-d', 'v1', 'light');
      place.alike();
      place.git('gc', '-q', '--prune=now');
      await place.ok('undo', '--yes');
      assert.is(place.git('cat-file', '-t', 'v1'), 'tag');
      assert.is(place.git('rev-parse', 'light'), place.git('rev-parse', 'HEAD'));
    }));

  test('pushes and deletes on a remote; a refusal there leaves nothing here', () =>
    withTwins(async (place) => {
      const remote = withRemote(place);
      await place.ok('tag', 'new', 'v1', '--push', '-m', 'one');
      assert.is(place.gitIn(remote, 'rev-parse', 'v1'), place.git('rev-parse', 'v1'));
      const { stderr } = await place.refused(1, 'undo', '--yes');
      assert.match(stderr, '--skip-remote');
      writeFileSync(join(remote, 'hooks', 'update'), '#!/bin/sh\necho "no tags today" >&2; exit 1\n');
      chmodSync(join(remote, 'hooks', 'update'), 0o755);
      assert.match((await place.refused(1, 'tag', 'new', 'v2', '--push', '-m', 'two')).stderr, /v2|hook/);
      await place.refused(1, 'tag', 'delete', 'v1', '--push', '--yes');
      writeFileSync(join(remote, 'hooks', 'update'), '#!/bin/sh\nexit 0\n');
      await place.ok('tag', 'delete', 'v1', '--push', '--yes');
      assert.is(place.gitIn(remote, 'for-each-ref', 'refs/tags'), '');
      await place.refused(2, 'tag', 'new', 'v3', '--remote', 'origin');
      await place.refused(4, 'tag', 'new', 'v3', '--push', '--remote', 'orign');
      await place.refused(2, 'tag', 'new', 'v3', '--push', '--remote', '--upload-pack=x');
    }));

  test('refuses names that are none and revisions that are not there', () =>
    withTwins(async (place) => {
      for (const name of ['-x', 'a..b', 'a b', 'x.lock', 'a\nb', 'x\u001b[31m', '', 'refs/tags/x'])
        await place.refused(2, 'tag', 'new', '--', name);
      assert.match((await place.refused(4, 'tag', 'new', 'v1', 'mian')).stderr, 'main');
      await place.refused(2, 'tag', 'new', 'v1', '--', '--help');
      await place.refused(2, 'tag', 'new', 'v1', '-m', '  ');
      await place.refused(2, 'tag', 'delete');
      place.git('tag', 'folder/one');
      assert.match((await place.refused(1, 'tag', 'new', 'folder')).stderr, 'folder');
    }));

  test('lists newest first, by patterns, in a repository without commits and in a bare one', () =>
    withTwins(async (place) => {
      place.git('tag', '-a', 'v1.0', '-m', 'evil \u001b[2J');
      place.git('tag', 'v2.0');
      place.git('tag', 'x');
      const names = async (...words: string[]): Promise<string[]> =>
        (
          JSON.parse((await place.ok('tag', 'list', ...words, '--json')).stdout) as {
            tags: { tag: string }[];
          }
        ).tags.map(({ tag }) => tag);
      assert.equal(await names('v*'), ['v2.0', 'v1.0']);
      assert.is((await names()).length, 3);
      assert.equal(await names('nothing*'), []);
      assert.match((await place.ok('tag', 'v9')).stdout, 'bit tag new');
      assert.not.match((await place.ok('tag')).stdout, '\u001b');
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const bare = join(place.root, 'bare.git');
      assert.is((await place.bitIn(bare, 'tag', 'new', 'there')).code, 0);
      assert.is(place.gitIn(bare, 'cat-file', '-t', 'there'), 'tag');
      assert.is((await place.bitIn(bare, 'undo', '--yes')).code, 0);
      assert.is(place.gitIn(bare, 'for-each-ref', 'refs/tags/there'), '');
    }));
});

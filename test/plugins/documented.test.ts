import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { CAPABILITIES } from '../../src/plugins/index.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';
import { ROOT } from './fixture.ts';
import { shelf } from './shelf.ts';

const text = readFileSync(join(ROOT, 'docs/plugins.md'), 'utf8');

suite('docs/plugins.md', (test) => {
  test('the plugin it shows installs, runs, and is undone as it says', async () => {
    const place = world();
    try {
      place.start();
      const directory = join(place.root, 'bit-plugin-release');
      const files = [...text.matchAll(/<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)```/g)];
      assert.is(files.length, 4);
      for (const [, name = '', body = ''] of files) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), body);
      }
      const installed = await place.bit('plugins', 'install', directory, '--yes');
      assert.is(installed.code, 0, installed.stderr);
      assert.is((await place.bit('release', 'next')).stdout, '0.1.0\n');
      const cut = await place.bit('release', 'cut');
      assert.is(cut.stdout, 'Tagged v0.1.0\n', cut.stderr);
      assert.is(place.git('cat-file', '-t', 'v0.1.0'), 'tag');
      assert.is((await place.bit('release', 'next', '--major')).stdout, '1.0.0\n');
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.git('tag'), '');
    } finally {
      place.close();
    }
  });

  test('the steps, fixers, bots, storage, anchors, builtins and macros it shows install and do what it says', async () => {
    const place = world();
    const { server, kept, port } = await shelf();
    try {
      place.start();
      const shown = (marker: string) => [
        ...text.matchAll(new RegExp(`<!-- ${marker}: (\\S+) -->\\n\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``, 'g')),
      ];
      const files = shown('beside');
      assert.is(files.length, 8);
      const here = (body: string): string =>
        body
          .replaceAll('https://shelf.example.org', `http://127.0.0.1:${port}`)
          .replaceAll('network:shelf.example.org', `network:127.0.0.1:${port}`);
      for (const [, name = '', body = ''] of files) place.write(`../words/${name}`, here(body));
      for (const [, name = '', body = ''] of shown('workflow'))
        place.write(`.bithub/workflows/${name}`, body);
      for (const [, name = '', body = ''] of shown('settings')) place.write(name, body);
      const installed = await place.bit(
        'ext',
        'install',
        '../words',
        '--yes',
        '--grant',
        'tree:read',
        '--grant',
        `network:127.0.0.1:${port}`,
        '--json',
      );
      assert.is(installed.code, 0, installed.stderr);
      const { provides } = JSON.parse(installed.stdout) as { provides: unknown };
      assert.equal(provides, {
        bots: ['note-failures'],
        fixers: ['empty-file'],
        steps: ['count-words'],
        anchors: ['pin'],
        builtins: ['count-words'],
        storage: ['shelf'],
      });
      const uri = 'shelf://team/a.bitpkg';
      const delivered = await place.bit('bot', 'package-deliver', uri, '--artifact', 'a.txt', '--yes');
      assert.is(delivered.code, 0, delivered.stderr);
      assert.ok(kept.has(uri), 'it is on the shelf');
      const received = await place.bit('bot', 'receive', uri, '--yes', '--json');
      assert.match(received.stdout + received.stderr, 'a.txt');
      const anchored = await place.bit('ledger', 'anchor', 'add', 'pins');
      assert.match(anchored.stdout, 'pinned on words', anchored.stderr);
      assert.match((await place.bit('ledger', 'anchor', 'check')).stdout, 'holds');
      const run = await place.bit('run', 'words');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stdout + run.stderr, 'counted 1');
      await place.bit('ext', 'trust', 'bit-plugin-words', '--yes');
      for (const [, name = '', body = ''] of shown('policy')) place.write(name, body);
      const checked = await place.bit('policy', 'check');
      assert.is(checked.code, 0, checked.stdout + checked.stderr);
      const begun = await place.bit('begin', 'login', '--kind', 'fix');
      assert.is(begun.code, 0, begun.stderr);
      assert.is(place.git('branch', '--list', 'fix/login').trim(), 'fix/login');
      assert.is(place.git('tag'), 'began-login');
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.git('tag'), '');
      await place.bit('policy', 'accept', '--yes');
      const refused = await place.bit('branch', 'new', 'one-two-three');
      assert.match(refused.stderr, 'a branch has at most two words');
      assert.is((await place.bit('branch', 'new', 'one-two')).code, 0);
    } finally {
      server.close();
      place.close();
    }
  });

  test('names every capability there is', () => {
    for (const name of Object.keys(CAPABILITIES)) assert.match(text, `| \`${name}\``);
  });
});

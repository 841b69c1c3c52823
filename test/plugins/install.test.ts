import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header, type types } from 'tar';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { GREET, GREET_FILES, HELLO, writeGreeter, writePlugin } from './fixture.ts';
import { archive, openRegistry } from './registry.ts';

const store = (place: World): string => join(place.env['XDG_DATA_HOME'] ?? '', 'bit', 'plugins', 'store');
const listed = (path: string): string[] => (existsSync(path) ? readdirSync(path).sort() : []);

type EntryTypeName = types.EntryTypeName;

interface Part {
  readonly path: string;
  readonly text?: string;
  readonly type?: EntryTypeName;
  readonly linkpath?: string;
}

/** An archive no honest program would make. */
function forge(parts: readonly Part[]): Buffer {
  const blocks = parts.flatMap(({ path, text = '', type = 'File', linkpath }) => {
    const header = new Header({
      path,
      type,
      mode: 0o644,
      size: Buffer.byteLength(text),
      mtime: new Date(0),
      ...(linkpath === undefined ? {} : { linkpath }),
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    body.write(text);
    return [block, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

suite('installing a plugin', (test) => {
  test('under --dry-run shows what it asks for and changes nothing', () =>
    within({}, async (place) => {
      const run = await place.bit('plugins', 'install', writeGreeter(place), '--dry-run');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stdout, 'install bit-plugin-greet 1.0.0 from file:');
      assert.match(run.stdout, 'grant git.write: ');
      assert.match(run.stdout, 'grant action:greet.mark: ');
      assert.match(run.stdout, 'run it in a process of its own');
      assert.equal(listed(store(place)), []);
    }));

  test('takes an archive, and installing it is undone', () =>
    within({}, async (place) => {
      const file = join(place.root, 'greet.tgz');
      writeFileSync(
        file,
        await archive({ manifest: { ...GREET, type: 'module', version: '1.2.0' }, files: GREET_FILES }),
      );
      const run = await place.bit('plugins', 'install', file, '--yes');
      assert.is(run.code, 0, run.stderr);
      assert.is((await place.bit('greet', 'hello')).code, 0);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is((await place.bit('greet', 'hello')).code, 70);
      const { plugins } = JSON.parse((await place.bit('plugins', 'list', '--json')).stdout) as {
        plugins: { name: string; bundled: boolean }[];
      };
      assert.ok(plugins.length > 0 && plugins.every(({ bundled }) => bundled));
      assert.is((await place.bit('redo', '--yes')).code, 0);
      assert.is((await place.bit('greet', 'hello')).code, 0, 'its files were kept for that');
    }));

  test('takes a name on a registry with the packages it needs, and runs no script of any', () =>
    within({}, async (place) => {
      const scripts = Object.fromEntries(
        ['preinstall', 'install', 'postinstall', 'prepare', 'prepack'].map((name) => [
          name,
          `node -e "require('fs').writeFileSync('${join(place.root, 'ran')}', '${name}')"`,
        ]),
      );
      const registry = await openRegistry([
        {
          manifest: { name: 'words', version: '1.0.0', main: 'w.js', scripts },
          files: { 'w.js': "module.exports = 'hi '" },
        },
        {
          manifest: {
            ...GREET,
            name: '@acme/greet',
            type: 'module',
            version: '3.0.0',
            dependencies: { words: '^1.0.0' },
            peerDependencies: { '@bithub/cli': '*' },
            scripts,
          },
          files: { 'commands/greet/hello.js': `import hi from 'words';${HELLO.replace("'hello '", 'hi')}` },
        },
      ]);
      try {
        place.write(join(place.env['HOME'] ?? '', '.npmrc'), `registry=${registry.url}\nfetch-retries=0\n`);
        const run = await place.bit('plugins', 'install', '@acme/greet@^3', '--yes', '--json');
        assert.is(run.code, 0, run.stderr + run.stdout);
        const out = JSON.parse(run.stdout) as { integrity: string; source: string; version: string };
        assert.is(out.source, '@acme/greet@^3');
        assert.match(out.integrity, /^sha512-/);
        const hello = await place.bit('greet', 'hello', 'Ada');
        assert.is(hello.stdout, 'hi Ada\nrefs/heads/main\n', hello.stderr);
        assert.not.ok(existsSync(join(place.root, 'ran')), 'no script ran');
        assert.not.ok(registry.asked.includes('@bithub/cli'), 'the host is nobody’s download');
        const none = await place.bit('plugins', 'install', 'no-such-plugin', '--yes');
        assert.is(none.code, 4, none.stderr);
        const version = await place.bit('plugins', 'install', '@acme/greet@9', '--yes');
        assert.is(version.code, 4, version.stderr);
        registry.corrupt = true;
        place.write(
          join(place.env['HOME'] ?? '', '.npmrc'),
          `registry=${registry.url}\nfetch-retries=0\ncache=${join(place.root, 'c2')}\n`,
        );
        const corrupt = await place.bit('plugins', 'install', '@acme/greet', '--yes');
        assert.is(corrupt.code, 7, corrupt.stderr);
      } finally {
        await registry.close();
      }
      const away = await place.bit('plugins', 'install', 'words', '--yes');
      assert.is.not(away.code, 0, 'the registry is gone');
    }));

  const manifest = JSON.stringify({ ...GREET, type: 'module', version: '1.0.0' });
  const command: Part = { path: 'package/commands/greet/hello.js', text: HELLO };
  const hostile: Readonly<Record<string, readonly Part[]>> = {
    'a path that climbs out': [{ path: 'package/../../../evil.txt', text: 'x' }],
    'an absolute path': [{ path: '/tmp/bit-evil.txt', text: 'x' }],
    'a link out of the package': [{ path: 'package/out', type: 'SymbolicLink', linkpath: '../../../..' }],
    'a file written through a link': [
      { path: 'package/out', type: 'SymbolicLink', linkpath: '../../..' },
      { path: 'package/out/evil.txt', text: 'x' },
    ],
    'a hard link': [{ path: 'package/passwd', type: 'Link', linkpath: '/etc/passwd' }],
    'a device': [{ path: 'package/null', type: 'CharacterDevice' }],
    'a second package.json': [{ path: 'other/package.json', text: manifest }],
  };
  test('refuses archives that reach outside, and leaves nothing of them', () =>
    within({}, async (place) => {
      for (const [what, parts] of Object.entries(hostile)) {
        const file = join(place.root, 'hostile.tgz');
        writeFileSync(file, forge([{ path: 'package/package.json', text: manifest }, command, ...parts]));
        const before = listed(place.root);
        const run = await place.bit('plugins', 'install', file, '--yes');
        assert.is.not(run.code, 0, what);
        assert.is.not(run.code, 70, `${what}: ${run.stderr}`);
        assert.equal(listed(store(place)), [], what);
        assert.equal(
          listed(place.root).filter(
            (name) => !before.includes(name) && name !== 'data' && name !== 'cache' && name !== 'config',
          ),
          [],
          what,
        );
        assert.not.ok(existsSync('/tmp/bit-evil.txt'), what);
      }
      const good = join(place.root, 'good.tgz');
      writeFileSync(good, forge([{ path: 'package/package.json', text: manifest }, command]));
      const run = await place.bit('plugins', 'install', good, '--yes');
      assert.is(run.code, 0, `the forger makes sound archives too: ${run.stderr}`);
    }));

  test('refuses what is no plugin, by name', () =>
    within({}, async (place) => {
      const cases: readonly (readonly [object, Record<string, string>, string])[] = [
        [{ name: 'plain' }, {}, 'plain is no plugin'],
        [{ name: 'empty', bit: { commands: 'none' } }, {}, 'bit.commands names none'],
        [{ name: 'caps', bit: { commands: 'c' } }, { 'c/Hello.js': '' }, 'Hello.js is no name for a command'],
        [
          { name: 'broken', bit: { commands: 'c' } },
          { 'c/a.js': 'syntax error here' },
          'c/a.js does not load in a sandbox',
        ],
        [{ name: 'entertainment', bit: { commands: 'c' } }, { 'c/a.js': '' }, 'came with bit'],
        [
          { name: 'ears', bit: { listeners: 'l.js' } },
          { 'l.js': 'export const listeners = [{ name: 1 }]' },
          'is no listener',
        ],
      ];
      for (const [manifestOf, files, why] of cases) {
        const run = await place.bit(
          'plugins',
          'install',
          writePlugin(join(place.root, why.slice(0, 6)), manifestOf, files),
          '--yes',
        );
        assert.is.not(run.code, 0, why);
        assert.match(run.stderr, why);
      }
      assert.equal(listed(store(place)), []);
    }));
});

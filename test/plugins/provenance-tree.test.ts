/** Who signed for the packages a plugin depends on: what a real npm installed from a registry on loopback. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { checkTree } from '../../src/plugins/provenance/tree.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';
import { GREET, GREET_FILES } from './fixture.ts';
import { openRegistry } from './registry.ts';
import { openSigner, registryKey, type Subject } from './signer.ts';

const integrity = `sha512-${createHash('sha512').update('another archive').digest('base64')}`;
const NOW = new Date('2026-06-01T00:00:00Z');
const key = registryKey();

suite('who signed for what a plugin depends on', (test) => {
  test('with --require the packages it depends on are checked too, and nothing is kept of one whose tree does not hold', async () => {
    const name = '@acme/greet';
    const signer = await openSigner();
    const plain = (of: string, more: object = {}) => ({
      manifest: { name: of, version: '1.0.0', ...more },
      files: { 'index.js': '' },
    });
    const registry = await openRegistry([
      {
        manifest: { ...GREET, name, type: 'module', version: '3.0.0', dependencies: { words: '^1.0.0' } },
        files: GREET_FILES,
      },
      plain('words', { dependencies: { letters: '1.0.0' } }),
      plain('letters'),
    ]);
    const place = world({ trustRoot: signer.trustRoot });
    try {
      place.start();
      place.write(join(place.env['HOME'] ?? '', '.npmrc'), `registry=${registry.url}\nfetch-retries=0\n`);
      registry.documents.set('-/npm/v1/keys', { keys: [key.row] });
      const subject = (of: string, version = '1.0.0'): Subject => ({
        name: of,
        version,
        integrity: registry.integrity(of, version),
      });
      const sign = (signed: Subject, about = signed): void =>
        void registry.dist.set(`${signed.name}@${signed.version}`, { signatures: key.signatures(about) });
      const store = join(place.env['XDG_DATA_HOME'] ?? '', 'bit', 'plugins', 'store');
      let runs = 0;
      const install = async (...words: string[]) => {
        // npm keeps what a registry said
        (place.env as Record<string, string>)['npm_config_cache'] = join(place.root, `npm-${runs++}`);
        return place.bit('ext', 'install', name, '--yes', ...words);
      };
      const nothingIsKept = (): void =>
        assert.not.ok(existsSync(store) && readdirSync(store).length > 0, 'something was kept');

      sign(subject(name, '3.0.0'));
      sign(subject('words'));
      const shown = await place.bit('ext', 'install', name, '--dry-run');
      assert.match(shown.stdout, 'who signed for that is only looked at with --require');
      const unsigned = await install('--require', 'signature');
      assert.is(unsigned.code, 3, unsigned.stderr);
      assert.match(unsigned.stderr, 'letters 1.0.0, which @acme/greet depends on, has no registry signature');
      nothingIsKept();

      // signed, but for other bytes: refused whatever is required
      sign(subject('letters'), { ...subject('letters'), integrity });
      const forged = await install('--require', 'signature');
      assert.is(forged.code, 7, forged.stderr);
      nothingIsKept();

      // an attestation of another archive
      const path = '-/npm/v1/attestations/letters@1.0.0';
      const told = { signatures: key.signatures(subject('letters')) };
      const attestations = { url: `${registry.url}${path}`, provenance: {} };
      registry.dist.set('letters@1.0.0', { ...told, attestations });
      registry.documents.set(path, { attestations: [await signer.attest(subject('words'))] });
      const other = await install('--require', 'signature');
      assert.is(other.code, 7, other.stderr);
      nothingIsKept();

      registry.documents.set(path, { attestations: [await signer.attest(subject('letters'))] });
      const whole = await install('--require', 'signature', '--json');
      assert.is(whole.code, 0, whole.stderr + whole.stdout);
      const { dependencies } = JSON.parse(whole.stdout) as { dependencies: unknown };
      assert.equal(dependencies, { packages: 2, signed: 2, built: 1 });
      assert.match((await place.bit('ledger', 'show', '--json')).stdout, '"built":1', 'in the ledger');

      registry.dist.delete('letters@1.0.0');
      assert.is((await install('--json')).code, 0, 'nothing was required');
    } finally {
      place.close();
      await registry.close();
    }
  });

  test('what npm wrote of a tree that can’t be told is refused, as is one too large; what came within an archive is its maker’s', async () => {
    const place = world();
    const modules = (packages: unknown): string => {
      place.write('node_modules/.package-lock.json', JSON.stringify({ packages }));
      return place.dir;
    };
    const reader = {
      ...{ env: place.env, signal: new AbortController().signal, now: () => NOW },
      cacheDirectory: place.root,
      progress: () => ({ update() {}, end() {} }),
    };
    const look = async (directory: string, ...require: ('signature' | 'provenance')[]): Promise<unknown> => {
      try {
        return await checkTree(reader, directory, { plugin: 'p', require });
      } catch (error) {
        if (isBitError(error)) return error.code;
        throw error;
      }
    };
    const none = { packages: 0, signed: 0, built: 0 };
    try {
      assert.equal(await look(place.dir, 'signature'), none, 'no folder of packages at all');
      assert.equal(
        await look(
          modules({
            'node_modules/a': { version: '1.0.0', inBundle: true },
            'node_modules/b': { version: '1.0.0', resolved: 'file:lib/b' },
          }),
          'signature',
        ),
        none,
      );
      const git = { 'node_modules/a': { version: '1.0.0', resolved: 'git+ssh://git@example.org/a.git#1' } };
      assert.is(await look(modules(git), 'signature'), 'denied');
      assert.equal(await look(modules(git), 'provenance'), { ...none, packages: 1 });
      for (const row of [{}, { version: '1; rm' }, { version: '1.0.0', name: '--registry=x' }, 7])
        assert.is(await look(modules({ 'node_modules/a': row }), 'signature'), 'integrity');
      assert.is(await look(modules([]), 'signature'), 'integrity');
      const many = Object.fromEntries(
        Array.from({ length: 501 }, (_, n) => [`node_modules/p${n}`, { version: '1.0.0' }]),
      );
      assert.is(await look(modules(many), 'signature'), 'unsupported');
      place.write('node_modules/.package-lock.json', '{');
      assert.is(await look(place.dir, 'signature'), 'integrity');
    } finally {
      place.close();
    }
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import * as assert from 'uvu/assert';
import { pack, unpack } from '../../src/bots/delivery/archive.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const FILES = {
  '.bithub/bots/triage.yml': '# ours\nname: triage\nhandler: script:main.scm\ncapabilities: [motd:add]\n',
  '.bithub/bots/triage/main.scm': '(bit \'motd \'add "hello")\n',
  'data.bin': '\u0000\u0001bytes',
};

// biome-ignore lint/suspicious/noExplicitAny: what a command printed
type Printed = any;

async function json(place: World, ...words: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await place.bit(...words, '--yes', '--json');
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

async function refused(place: World, ...words: string[]): Promise<Printed> {
  const { code, stdout } = await place.bit(...words, '--yes', '--json');
  assert.is.not(code, 0, `bit ${words.join(' ')} was to fail: ${stdout}`);
  return { ...JSON.parse(stdout).error, exit: code };
}

async function deliver(place: World, ...words: string[]): Promise<Printed> {
  return json(place, 'bot', 'package-deliver', ...words);
}

const hasAge = spawnSync('age', ['--version']).error === undefined;

suite('a package', (test) => {
  test('is the same bytes twice, and verified by ssh-keygen and sha256sum alone', () =>
    within(FILES, async (place) => {
      const { signer } = await deliver(place, './a.bitpkg', '--bot', 'triage');
      await deliver(place, './b.bitpkg', '--bot', 'triage');
      assert.ok(readFileSync(join(place.dir, 'a.bitpkg')).equals(readFileSync(join(place.dir, 'b.bitpkg'))));
      const out = join(place.root, 'out');
      mkdirSync(out);
      execFileSync('tar', ['-xf', join(place.dir, 'a.bitpkg')], { cwd: out });
      const blob = Buffer.concat([
        Buffer.from('0000000b7373682d6564323535313900000020', 'hex'),
        Buffer.from(signer.slice(8), 'hex'),
      ]);
      writeFileSync(join(out, 'signers'), `ada ssh-ed25519 ${blob.toString('base64')}\n`);
      const words = [
        '-Y',
        'verify',
        '-f',
        'signers',
        '-I',
        'ada',
        '-n',
        'bithub-package',
        '-s',
        'SHA256SUMS.sig',
      ];
      const verify = (): number | null =>
        spawnSync('ssh-keygen', words, { cwd: out, input: readFileSync(join(out, 'SHA256SUMS')) }).status;
      assert.is(verify(), 0);
      assert.is(spawnSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: out }).status, 0);
      writeFileSync(join(out, 'SHA256SUMS'), 'another\n');
      assert.is.not(verify(), 0);
    }));

  test('brings a bot back as it was, which does nothing until it is deployed', () =>
    within(FILES, async (place) => {
      await json(place, 'key', 'new');
      const receipt = await deliver(place, 'self', '--bot', 'triage');
      assert.is(receipt.at, 'triage.bitpkg.age');
      rmSync(join(place.dir, '.bithub'), { recursive: true });
      const { content, encrypted } = await json(place, 'bot', 'receive', 'triage.bitpkg.age');
      assert.equal([content, encrypted], [receipt.content, true]);
      for (const [path, text] of Object.entries(FILES)) assert.is(place.read(path), text);
      const second = await json(place, 'bot', 'receive', 'triage.bitpkg.age', '--as', 'second');
      assert.ok(second.paths.includes('.bithub/bots/second/main.scm'));
      assert.is((await refused(place, 'bot', 'receive', 'triage.bitpkg.age')).code, 'conflict');
      assert.equal(JSON.parse((await place.bit('bot', 'list', '--json')).stdout).deployed, []);
      await json(place, 'undo');
      assert.not.ok(place.exists('.bithub/bots/second.yml'));
    }));

  test('goes through a storage, and the receipt is in the ledger', () =>
    within(FILES, async (place) => {
      const receipt = await deliver(place, 'aln+ns://outbox/data', '--artifact', 'data.bin');
      const { entries } = JSON.parse(
        (await place.bit('ledger', 'list', '--event', 'BOT_DELIVER', '--json')).stdout,
      );
      const outcome = JSON.parse(
        (await place.bit('ledger', 'show', entries[0].entry_sha256, '--json')).stdout,
      );
      assert.match(JSON.stringify(outcome), receipt.sha256);
      await json(place, 'bot', 'receive', 'aln+ns://outbox/data', '--as', 'in/');
      assert.is(place.read('in/data.bin'), FILES['data.bin']);
    }));

  test('of which any byte was turned is refused, and nothing of it written', () =>
    within(FILES, async (place) => {
      await deliver(place, './a.bitpkg', '--bot', 'triage');
      const bytes = readFileSync(join(place.dir, 'a.bitpkg'));
      rmSync(join(place.dir, '.bithub'), { recursive: true });
      const before = place.git('status', '--porcelain', '-uall');
      for (let at = 7; at < bytes.length; at += 397) {
        const turned = Buffer.from(bytes);
        turned[at] = (turned[at] ?? 0) ^ 0x20;
        writeFileSync(join(place.dir, 'a.bitpkg'), turned);
        assert.is((await refused(place, 'bot', 'receive', 'a.bitpkg')).code, 'integrity', `byte ${at}`);
      }
      writeFileSync(join(place.dir, 'a.bitpkg'), bytes.subarray(0, 2048));
      assert.is((await refused(place, 'bot', 'receive', 'a.bitpkg')).code, 'integrity');
      assert.is(place.git('status', '--porcelain', '-uall'), before);
    }));

  test('of a stranger is refused until its signer is named', () =>
    within(FILES, async (place) => {
      const { signer } = await deliver(place, './a.bitpkg', '--artifact', 'data.bin');
      rmSync(join(place.root, 'data'), { recursive: true });
      rmSync(join(place.dir, 'data.bin'));
      const { code, hint } = await refused(place, 'bot', 'receive', 'a.bitpkg');
      assert.is(code, 'auth');
      assert.match(hint, signer);
      assert.is(
        (await refused(place, 'bot', 'receive', 'a.bitpkg', '--signer', `ed25519:${'0'.repeat(64)}`)).code,
        'auth',
      );
      assert.is((await json(place, 'bot', 'receive', 'a.bitpkg', '--signer', signer)).kind, 'artifact');
    }));

  test('is opened by who it is for, by an identity of age, and by nobody else', () =>
    within(FILES, async (place) => {
      const identity = await generateIdentity();
      const other = await generateIdentity();
      const words = ['--artifact', 'data.bin', '--at', 'out.age'];
      await deliver(place, await identityToRecipient(identity), ...words);
      place.write('../mine', `# a comment\n${identity}\n`);
      place.write('../other', `${other}\n`);
      assert.is((await refused(place, 'bot', 'receive', 'out.age')).code, 'auth');
      assert.is(
        (await refused(place, 'bot', 'receive', 'out.age', '--identity', '../other', '--as', 'x')).code,
        'auth',
      );
      await json(place, 'bot', 'receive', 'out.age', '--identity', '../mine', '--as', 'x');
      assert.is(place.read('x'), FILES['data.bin']);
    }));

  test('says who and what is wrong', () =>
    within(FILES, async (place) => {
      const to = (...words: string[]): Promise<Printed> => refused(place, 'bot', 'package-deliver', ...words);
      assert.is((await to('nobody', '--bot', 'triage')).code, 'not-found');
      assert.is((await to('./x', '--bot', 'triage', '--for', 'nobody')).code, 'not-found');
      assert.is((await to('./x')).code, 'usage');
      assert.is((await to('./x', '--bot', 'none')).code, 'not-found');
      assert.is((await to('./x', '--artifact', 'none')).code, 'not-found');
      assert.is((await to('./data.bin', '--artifact', 'a.txt')).code, 'conflict');
      assert.is((await to('https://example.org/x', '--artifact', 'a.txt')).code, 'usage');
      assert.is((await to('aln+ns://../x', '--artifact', 'a.txt')).code, 'usage');
      assert.is((await to('./x', '--artifact', '/dev/zero')).code, 'usage');
    }));

  if (hasAge)
    test('for a key of ssh is opened by the age program, and what that encrypts to our key by us', () =>
      within(FILES, async (place) => {
        const key = join(place.root, 'id');
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
        await deliver(
          place,
          readFileSync(`${key}.pub`, 'utf8').trim(),
          '--artifact',
          'data.bin',
          '--at',
          'out.age',
        );
        const plain = execFileSync('age', ['-d', '-i', key, join(place.dir, 'out.age')]);
        assert.match(plain.toString('latin1'), 'artifact/data.bin');
        const { keys } = JSON.parse((await place.bit('key', 'show', '--json')).stdout);
        const sealed = execFileSync('age', ['-r', keys[0].openssh], { input: plain });
        writeFileSync(join(place.dir, 'back.age'), sealed);
        await json(place, 'bot', 'receive', 'back.age', '--as', 'y');
        assert.is(place.read('y'), FILES['data.bin']);
      }));
});

suite('an archive', (test) => {
  const name = fc.stringMatching(/^[a-z0-9._-]{1,40}$/).filter((one) => !/^\.{1,2}$/.test(one));
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));

  test('gives back what was put in, whatever that is', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 1500 })), { selector: ([one]) => one }),
        (files) => {
          const archive = pack(files.map(([one, bytes]) => ({ path: one, bytes })));
          const back = new Map(
            unpack(archive).map((one) => [one.path, Buffer.from(one.bytes).toString('hex')]),
          );
          assert.equal(
            [...back].sort(),
            files.map(([one, bytes]) => [one, Buffer.from(bytes).toString('hex')]).sort(),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test('of another make, or of any bytes, is refused and never anything else', () => {
    const good = pack([{ path: 'a/b', bytes: Buffer.from('x') }]);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, by) => {
          const turned = Buffer.from(good);
          turned[at] = (turned[at] ?? 0) ^ by;
          for (const archive of [Buffer.from(bytes), Buffer.concat([good, bytes]), turned])
            try {
              assert.ok(pack(unpack(archive)).equals(archive));
            } catch (error) {
              if (!isBitError(error, 'integrity')) throw error;
            }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('never leads out of where it is unpacked', () => {
    for (const bad of ['../x', '/x', 'a/../x', 'a//x', './x', 'a/.'])
      assert.throws(
        () => unpack(pack([{ path: bad, bytes: Buffer.alloc(0) }])),
        (error: unknown) => isBitError(error, 'integrity'),
        bad,
      );
  });
});

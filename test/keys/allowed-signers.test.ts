import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import {
  fingerprintOf,
  formatAllowedSigner,
  isTrusted,
  opensshLine,
  type PublicKey,
  parseAllowedSigners,
  publicKeyFromOpenssh,
  trustSigner,
} from '../../src/keys/index.ts';
import fc from '../property.ts';
import { requireService, suite } from '../suite.ts';
import { inTemporary, refusal } from './fixture.ts';

const KEY: PublicKey = `ed25519:${'5f'.repeat(32)}`;
const OTHER: PublicKey = `ed25519:${'a0'.repeat(32)}`;
const BLOB = opensshLine(KEY);
const NOW = new Date('2026-06-01T00:00:00Z');

const hasSsh = spawnSync('ssh-keygen', ['-?']).error === undefined;

function parse(...lines: string[]): ReturnType<typeof parseAllowedSigners> {
  return parseAllowedSigners(lines.join('\n'), 'signers');
}

suite('allowed_signers', (test) => {
  test('reads principals, options, key and comment', () => {
    const { signers, problems } = parse(
      '# comment',
      '',
      `ada@example.org,*@example.com ${BLOB} Ada's key`,
      `"Ada Lovelace" namespaces="git,bithub-*",valid-after="20260101Z",valid-before="202601020304Z" ${BLOB}`,
      `\tbob@example.org Namespaces="bithub-ledger" ${opensshLine(OTHER)}\r`,
    );
    assert.equal(problems, []);
    assert.equal(signers, [
      {
        principals: ['ada@example.org', '*@example.com'],
        publicKey: KEY,
        namespaces: undefined,
        validAfter: undefined,
        validBefore: undefined,
        comment: "Ada's key",
        line: 3,
      },
      {
        principals: ['Ada Lovelace'],
        publicKey: KEY,
        namespaces: ['git', 'bithub-*'],
        validAfter: '2026-01-01T00:00:00.000Z',
        validBefore: '2026-01-02T03:04:00.000Z',
        comment: '',
        line: 4,
      },
      {
        principals: ['bob@example.org'],
        publicKey: OTHER,
        namespaces: ['bithub-ledger'],
        validAfter: undefined,
        validBefore: undefined,
        comment: '',
        line: 5,
      },
    ]);
  });

  test('a line that cannot be obeyed whole trusts nobody and is a problem with its line', () => {
    const bad = [
      'ada@example.org',
      `ada@example.org cert-authority ${BLOB}`,
      'ada@example.org ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==',
      'ada@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==',
      `ada@example.org ${BLOB.replace('AAAAC3', 'AAAAC4')}`,
      `ada@example.org frobnicate ${BLOB}`,
      `ada@example.org namespaces="a",namespaces="b" ${BLOB}`,
      `ada@example.org namespaces= ${BLOB}`,
      `ada@example.org namespaces="a ${BLOB}`,
      `ada@example.org valid-after="20260231" ${BLOB}`,
      `ada@example.org valid-after="tomorrow" ${BLOB}`,
      `ada@example.org valid-after="20260201Z",valid-before="20260101Z" ${BLOB}`,
      `"ada ${BLOB}`,
      `, ${BLOB}`,
      `ada@example.org ${BLOB} ${'x'.repeat(20_000)}`,
    ];
    const { signers, problems } = parse(...bad);
    assert.equal(signers, []);
    assert.equal(
      problems.map(({ line }) => line),
      bad.map((_, index) => index + 1),
    );
    for (const { line, message } of problems) assert.ok(message.startsWith(`signers:${line}: `), message);
  });

  test('trust needs the key, the namespace and the time', () => {
    const trusted = (line: string, key: string = KEY, at = NOW): boolean =>
      isTrusted(parse(line).signers, key, at);
    assert.ok(trusted(`a ${BLOB}`));
    assert.not(trusted(`a ${BLOB}`, OTHER));
    assert.ok(trusted(`a namespaces="git,bithub-ledger" ${BLOB}`));
    assert.ok(trusted(`a namespaces="bit*-l?dger" ${BLOB}`));
    assert.not(trusted(`a namespaces="git" ${BLOB}`));
    assert.not(trusted(`a namespaces="*,!bithub-ledger" ${BLOB}`));
    assert.not(trusted(`a valid-after="20260602Z" ${BLOB}`));
    assert.not(trusted(`a valid-before="20260531Z" ${BLOB}`));
    assert.ok(
      trusted(`a valid-after="20260601Z",valid-before="20260601Z" ${BLOB}`) === false,
      'an empty interval',
    );
    assert.ok(trusted(`a valid-after="20260601Z",valid-before="20260602Z" ${BLOB}`));
  });

  test('trusting a signer keeps the rest byte for byte and is done once', () => {
    const text = `# ours\r\n\r\nodd line  \nx ${opensshLine(OTHER)}`;
    const signer = { principal: 'ada@example.org', publicKey: KEY, comment: 'Ada' };
    const once = trustSigner(text, signer);
    assert.ok(once.startsWith(`${text}\n`));
    assert.is(once.slice(text.length + 1), `ada@example.org namespaces="bithub-ledger" ${BLOB} Ada\n`);
    assert.is(trustSigner(once, signer), once);
    assert.is(trustSigner('', signer).split('\n').length, 2);
    assert.is.not(trustSigner(once, { ...signer, principal: 'eve@example.org' }), once);
  });

  test('refuses names the format would take for patterns or lines', async () => {
    for (const principal of ['', '*', 'a,b', '!a', 'a"b', 'a\nb', ' a', 'a?']) {
      const refused = await refusal(() => formatAllowedSigner({ principal, publicKey: KEY }));
      assert.ok(isBitError(refused, 'usage'), principal);
    }
  });

  test('whatever is written is read back', () => {
    const name = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        name,
        name,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
        (principal, comment, key, at) => {
          const publicKey: PublicKey = `ed25519:${Buffer.from(key).toString('hex')}`;
          let line: string;
          try {
            line = formatAllowedSigner({ principal, publicKey, comment, validAfter: at });
          } catch {
            return;
          }
          const { signers, problems } = parse(line);
          assert.equal(problems, []);
          assert.equal(signers[0]?.principals, [principal]);
          assert.is(signers[0]?.publicKey, publicKey);
          assert.is(signers[0]?.validAfter, new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString());
        },
      ),
    );
  });

  test('no text makes the parser throw but one too large', async () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom('"', ',', '=', ' ', '\\', '\n', 'namespaces', 'ssh-ed25519', BLOB),
            fc.string(),
          ),
        ),
        (parts) => {
          for (const signer of parse(parts.join('')).signers)
            assert.match(signer.publicKey, /^ed25519:[0-9a-f]{64}$/);
        },
      ),
    );
    parse(`a ${'namespaces="'.repeat(1_000)}`, `${'"'.repeat(10_000)}`, `a ${',a='.repeat(5_000)}`);
    assert.ok(isBitError(await refusal(() => parse('x'.repeat(2_000_000))), 'unsupported'));
  });

  test('ssh-keygen signs with a key whose line we wrote and verifies by it, in our namespace only', () =>
    inTemporary((directory) => {
      if (!requireService('ssh-keygen', hasSsh)) return;
      const key = join(directory, 'key');
      const ssh = (args: string[], input = ''): ReturnType<typeof spawnSync> =>
        spawnSync('ssh-keygen', args, { input, encoding: 'utf8' });
      assert.is(ssh(['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]).status, 0);
      const line = readFileSync(`${key}.pub`, 'utf8').trim();
      const publicKey = publicKeyFromOpenssh(line.split(' ')[1] ?? '');
      assert.ok(publicKey);
      assert.is(opensshLine(publicKey, 'test'), line);
      assert.match(String(ssh(['-l', '-f', `${key}.pub`]).stdout), ` ${fingerprintOf(publicKey)} `);
      const signers = join(directory, 'signers');
      writeFileSync(
        signers,
        trustSigner('', {
          principal: 'ada@example.org',
          publicKey,
          validAfter: new Date('2020-01-01T00:00:00Z'),
        }),
      );
      const signature = join(directory, 'signature');
      writeFileSync(signature, ssh(['-Y', 'sign', '-f', key, '-n', 'bithub-ledger'], 'message').stdout ?? '');
      const verify = (namespace: string): number | null =>
        ssh(
          ['-Y', 'verify', '-f', signers, '-I', 'ada@example.org', '-n', namespace, '-s', signature],
          'message',
        ).status;
      assert.is(verify('bithub-ledger'), 0);
      assert.is.not(verify('git'), 0);
    }));

  test('agrees with ssh-keygen on which lines hold a usable principal', () =>
    inTemporary((directory) => {
      if (!requireService('ssh-keygen', hasSsh)) return;
      const path = join(directory, 'signers');
      const lines = [
        `p ${BLOB}`,
        `"p q" ${BLOB}`,
        `p namespaces="bithub-ledger" ${BLOB} c`,
        `p namespaces="a" ${BLOB}`,
        `p bogus ${BLOB}`,
        `p valid-after="20260101Z" ${BLOB}`,
        `p valid-after="nonsense" ${BLOB}`,
        `p ${BLOB.slice(0, -8)}`,
        `p namespaces="a",namespaces="b" ${BLOB}`,
        `p NAMESPACES="bithub-ledger" ${BLOB}`,
      ];
      for (const line of lines) {
        writeFileSync(path, `${line}\n`);
        const found = spawnSync(
          'ssh-keygen',
          ['-Y', 'match-principals', '-f', path, '-I', line.startsWith('"') ? 'p q' : 'p'],
          { encoding: 'utf8' },
        );
        assert.is(parse(line).signers.length > 0, found.stdout.trim() !== '', line);
      }
    }));
});

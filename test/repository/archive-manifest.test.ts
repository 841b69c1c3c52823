import { generateKeyPairSync, sign } from 'node:crypto';
import * as assert from 'uvu/assert';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { isArchivePath, readManifest, signManifest } from '../../src/repository/archive-manifest.ts';
import { parseLog } from '../../src/repository/track-log.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const signer = {
  publicKey: exportPublicKey(privateKey),
  sign: (message: Uint8Array) => sign(null, message, privateKey),
};
const facts = {
  created: '2026-11-21T12:00:00.000Z',
  head: 'refs/heads/main',
  refs: { 'refs/heads/main': 'a'.repeat(40), HEAD: 'a'.repeat(40) },
  ledger: { chain: null, head: null, entries: 0 },
  files: [{ path: 'repository.bundle', sha256: 'b'.repeat(64), size: 7 }],
};
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const refused = (value: Uint8Array): boolean => {
  try {
    readManifest(value);
    return false;
  } catch (error) {
    return isBitError(error, 'integrity');
  }
};

suite('archive manifest', (test) => {
  test('reads what it signed, however the JSON is laid out', () => {
    const manifest = signManifest(facts, signer);
    assert.equal(readManifest(Buffer.from(JSON.stringify(manifest, null, 4))), manifest);
  });

  test('no member can be changed, added or left out', () => {
    const manifest = signManifest(facts, signer);
    for (const name of Object.keys(manifest)) {
      const { [name as 'created']: _, ...without } = manifest;
      assert.ok(refused(bytes(without)), name);
    }
    const changes = [
      { ...manifest, created: '2026-11-21T12:00:01.000Z' },
      { ...manifest, head: null },
      { ...manifest, refs: { ...manifest.refs, 'refs/heads/main': 'c'.repeat(40) } },
      { ...manifest, files: [{ path: 'repository.bundle', sha256: 'b'.repeat(64), size: 8 }] },
      { ...manifest, extra: 1 },
    ];
    for (const changed of changes) assert.ok(refused(bytes(changed)));
  });

  test('hostile names are refused even where the signature holds', () => {
    const signed = (change: object): Buffer => bytes(signManifest({ ...facts, ...change }, signer));
    for (const path of ['../x', '/x', 'a/../b', 'a\\b', 'C:x', '', 'a//b', 'a\u0000b']) {
      assert.ok(refused(signed({ files: [{ path, sha256: 'b'.repeat(64), size: 1 }] })), path);
      assert.not.ok(isArchivePath(path));
    }
    for (const name of ['refs/heads/../x', '-x', 'refs/heads/a b', 'refs/heads/a\n', 'refs/x.lock']) {
      assert.ok(refused(signed({ refs: { [name]: 'a'.repeat(40) } })), name);
    }
  });

  test('any other bytes are an integrity error, never a crash', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        refused,
      ),
      { numRuns: 300 },
    );
  });
});

suite('parseLog', (test) => {
  test('never throws, and finds no commit without its header', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes('\u0001') || parseLog(text).length === 0));
  });
});

/** Who signed for a package: against a registry on loopback that says what a test has it say. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { checkPublished } from '../../src/plugins/provenance/check.ts';
import { describeOrigin, type Origin } from '../../src/plugins/provenance/origin.ts';
import { type Published, publishedOf } from '../../src/plugins/provenance/published.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';
import { GREET, GREET_FILES } from './fixture.ts';
import { openRegistry } from './registry.ts';
import {
  type Attestation,
  BUILD,
  GITHUB,
  openSigner,
  PUBLISH,
  registryKey,
  type Signer,
  SLSA,
  type Subject,
} from './signer.ts';

const integrity = `sha512-${createHash('sha512').update('the archive').digest('base64')}`;
const SUBJECT: Subject = { name: '@acme/greet', version: '3.0.0', integrity };
const NOW = new Date('2026-06-01T00:00:00Z');
const KEYS = '/-/npm/v1/keys';
const ATTESTATIONS = '/-/npm/v1/attestations/@acme%2fgreet@3.0.0';

type Reply = object | string | ((response: ServerResponse) => void);

/** A registry that answers at these paths and nowhere else. */
async function serving<Result>(
  replies: Readonly<Record<string, Reply>>,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const server = createServer((request, response) => {
    const reply = replies[request.url ?? ''];
    if (reply === undefined) response.writeHead(404).end('{}');
    else if (typeof reply === 'function') reply(response);
    else response.end(typeof reply === 'string' ? reply : JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

interface Case {
  readonly dist?: Readonly<Record<string, unknown>>;
  readonly published?: string;
  readonly replies?: Readonly<Record<string, Reply>>;
  readonly signer?: Signer;
  readonly seconds?: number;
  readonly trust?: Signer['trustRoot'];
}

function said(registry: string, { dist = {}, published = '2026-05-01T00:00:00Z' }: Case): Published {
  const { name, version } = SUBJECT;
  const row = { name, version, dist: { integrity, ...dist }, time: { [version]: published } };
  return publishedOf(JSON.stringify(row), { name, version, registry: new URL(registry) });
}

function check(given: Case): Promise<Origin> {
  return serving(given.replies ?? {}, async (url) => {
    const known = (): never => {
      throw new Error('no trust root was to be asked for');
    };
    return checkPublished(said(url, given), {
      integrity,
      now: NOW,
      signal: new AbortController().signal,
      trust: given.trust ?? given.signer?.trustRoot ?? { known },
      ...(given.seconds === undefined ? {} : { seconds: given.seconds }),
    });
  });
}

async function refused(given: Case, code: string, why: string): Promise<void> {
  try {
    await check(given);
  } catch (error) {
    if (!isBitError(error)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, why);
    return;
  }
  assert.unreachable(`not refused: ${why}`);
}

const key = registryKey();
const SIGNED = { signatures: key.signatures(SUBJECT) };
const ATTESTED = { attestations: { url: `https://elsewhere.example.org${ATTESTATIONS}`, provenance: {} } };
const keys = (...rows: readonly object[]): Readonly<Record<string, Reply>> => ({ [KEYS]: { keys: rows } });
const attested = (...attestations: readonly unknown[]): Readonly<Record<string, Reply>> => ({
  ...keys(key.row),
  [ATTESTATIONS]: { attestations },
});

suite('who signed for a package: the registry', (test) => {
  test('a signature by a key of the registry is verified', async () => {
    assert.equal(await check({ dist: SIGNED, replies: keys(registryKey().row, key.row) }), {
      signature: 'verified',
      provenance: null,
      notes: [],
    });
  });

  test('none is absent, and no key is asked for', async () => {
    const asked: Reply = () => assert.unreachable('asked for keys');
    assert.is((await check({ replies: { [KEYS]: asked } })).signature, 'absent');
  });

  test('one that does not hold is refused, and so is one of two', async () => {
    const other = key.signatures({ ...SUBJECT, version: '2.0.0' });
    const replies = keys(key.row);
    await refused({ dist: { signatures: other }, replies }, 'integrity', 'does not hold');
    await refused(
      { dist: { signatures: [...SIGNED.signatures, ...other] }, replies },
      'integrity',
      'does not hold',
    );
    const noise = [{ keyid: key.keyid, sig: randomBytes(70).toString('base64') }];
    await refused({ dist: { signatures: noise }, replies }, 'integrity', 'does not hold');
  });

  test('a key that is none of the registry’s is refused, as is one that had expired', async () => {
    await refused({ dist: SIGNED, replies: keys(registryKey().row) }, 'integrity', 'none of its own');
    const old = registryKey('2026-01-01T00:00:00Z');
    const given = { dist: { signatures: old.signatures(SUBJECT) }, replies: keys(old.row) };
    await refused(given, 'integrity', 'expired on 2026-01-01');
    const { signature } = await check({ ...given, published: '2025-12-31T23:59:59Z' });
    assert.is(signature, 'verified', 'it was signed before');
  });

  test('a registry without keys leaves it unchecked and says so', async () => {
    for (const replies of [{}, keys()]) {
      const origin = await check({ dist: SIGNED, replies });
      assert.is(origin.signature, 'unchecked');
      assert.match(describeOrigin(origin).join('\n'), /not checked: 127\.0\.0\.1:\d+ has no keys/);
    }
  });

  test('what is signed must be what was fetched', async () => {
    const swapped = `sha512-${createHash('sha512').update('another').digest('base64')}`;
    const signatures = key.signatures({ ...SUBJECT, integrity: swapped });
    const replies = keys(key.row);
    await refused({ dist: { integrity: swapped, signatures }, replies }, 'integrity', 'is not the @acme');
    await refused({ dist: { integrity: 'sha1-x', signatures }, replies }, 'integrity', 'no SHA-512');
  });

  test('keys that can’t be read are refused', async () => {
    const bad: readonly (readonly [Reply, string, string])[] = [
      ['<html>', 'remote', 'does not answer with JSON'],
      [{ keys: 'none' }, 'integrity', 'can’t be read'.replace('’', "'")],
      [{ keys: [{ ...key.row, key: 'AAAA' }] }, 'integrity', "can't be read"],
      [{ keys: [{ ...key.row, expires: 'soon' }] }, 'integrity', "can't be read"],
      [`${'['.repeat(100)}${']'.repeat(100)}`, 'remote', 'more than 64 levels'],
      [(response) => void response.writeHead(503).end(), 'remote', 'status 503'],
    ];
    for (const [reply, code, why] of bad)
      await refused({ dist: SIGNED, replies: { [KEYS]: reply } }, code, why);
    const silent: readonly Reply[] = [(response) => void response.write('{'), () => undefined];
    for (const reply of silent)
      await refused(
        { dist: SIGNED, replies: { [KEYS]: reply }, seconds: 0.3 },
        'remote',
        'did not answer within',
      );
  });
});

suite('who signed for a package: the build', (test) => {
  const open = openSigner();

  test('a provenance gives repository, workflow and commit', async () => {
    const signer = await open;
    const replies = attested(await signer.note(SUBJECT, key), await signer.attest(SUBJECT));
    const origin = await check({ dist: { ...SIGNED, ...ATTESTED }, replies, signer });
    assert.equal(origin, { signature: 'verified', provenance: BUILD, notes: [] });
    assert.match(
      describeOrigin(origin).join('\n'),
      `built from ${BUILD.repository} at ${BUILD.commit}, by ${BUILD.workflow}`,
    );
    const other = { ...BUILD, repository: 'https://github.com/mallory/greet' };
    assert.match(
      describeOrigin({ ...origin, provenance: null }, BUILD).join(),
      'none, where what is replaced',
    );
    assert.match(describeOrigin({ ...origin, provenance: other }, BUILD).join(), 'replaced was built from');
  });

  test('one that speaks of another archive, package or version is refused', async () => {
    const signer = await open;
    const swapped = `sha512-${createHash('sha512').update('another').digest('base64')}`;
    const cases: readonly (readonly [Subject, string])[] = [
      [{ ...SUBJECT, integrity: swapped }, 'another archive'],
      [{ ...SUBJECT, name: '@acme/other' }, 'another package: pkg:npm/%40acme/other@3.0.0'],
      [{ ...SUBJECT, version: '2.0.0' }, 'another package'],
    ];
    for (const [subject, why] of cases) {
      const replies = attested(await signer.attest(subject));
      await refused({ dist: ATTESTED, replies, signer }, 'integrity', why);
    }
  });

  test('one of somebody else’s Sigstore is refused, where its authorities of today are no others', async () => {
    const [signer, stranger] = [await open, await openSigner()];
    const replies = attested(await stranger.attest(SUBJECT));
    await refused({ dist: ATTESTED, replies, signer }, 'integrity', 'does not hold');
    const { known } = signer.trustRoot;
    let asked = 0;
    const refresh = async () => {
      asked += 1;
      return known();
    };
    await refused({ dist: ATTESTED, replies, trust: { known, refresh } }, 'integrity', 'does not hold');
    assert.is(asked, 1);
    const offline = { known, refresh: () => Promise.reject(new Error('no network')) };
    await refused({ dist: ATTESTED, replies, trust: offline }, 'integrity', 'does not hold');
    const newer = { known, refresh: async () => stranger.trustRoot.known() };
    assert.equal((await check({ dist: ATTESTED, replies, trust: newer })).provenance, BUILD);
  });

  test('a certificate that names no build is refused', async () => {
    const signer = await open;
    const { '1.3.6.1.4.1.57264.1.13': _, ...person } = GITHUB;
    const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [person, 'the commit of its certificate'],
      [{ ...GITHUB, '1.3.6.1.4.1.57264.1.12': 'https://x.example/\u001b[2J' }, 'the repository of'],
    ];
    for (const [extensions, why] of cases) {
      const replies = attested(await signer.attest(SUBJECT, extensions));
      await refused({ dist: ATTESTED, replies, signer }, 'integrity', why);
    }
  });

  test('what the registry signed is no provenance, and counts by its key alone', async () => {
    const signer = await open;
    const note = await signer.note(SUBJECT, key);
    const published = { attestations: { url: ATTESTED.attestations.url } };
    const { provenance } = await check({ dist: published, replies: attested(note), signer });
    assert.is(provenance, null);
    await refused({ dist: ATTESTED, replies: attested(note), signer }, 'integrity', 'and has none');
    const posing = await signer.note(SUBJECT, key, SLSA);
    await refused(
      { dist: ATTESTED, replies: attested(posing), signer },
      'integrity',
      'without a certificate',
    );
    const built: Attestation = { ...(await signer.attest(SUBJECT)), predicateType: PUBLISH };
    assert.equal(
      (await check({ dist: ATTESTED, replies: attested(built), signer })).provenance,
      BUILD,
      'what is signed says what it is, not what is written around it',
    );
    const unknown = await signer.note(SUBJECT, registryKey());
    await refused({ dist: ATTESTED, replies: attested(unknown), signer }, 'integrity', 'key not found');
    const old = registryKey('2026-01-01T00:00:00Z');
    const replies = { ...attested(await signer.note(SUBJECT, old)), ...keys(old.row) };
    await refused({ dist: ATTESTED, replies, signer }, 'integrity', 'not valid for timestamp');
  });

  test('a bundle with anything changed is refused', async () => {
    const signer = await open;
    const right = await signer.attest(SUBJECT);
    const text = JSON.stringify(right);
    const flipped = (path: RegExp): unknown =>
      JSON.parse(
        text.replace(path, (whole, before: string, value: string) => {
          const bytes = Buffer.from(value, 'base64');
          const at = bytes.length - 5;
          bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
          return whole.replace(`${before}${value}`, `${before}${bytes.toString('base64')}`);
        }),
      );
    const members = ['sig', 'rawBytes', 'canonicalizedBody', 'signedEntryTimestamp', 'payload'];
    for (const member of members) {
      const changed = flipped(new RegExp(`("${member}":")([^"]+)`));
      assert.not.equal(changed, right, member);
      await refused({ dist: ATTESTED, replies: attested(changed), signer }, 'integrity', 'attestation of');
    }
    const material = { ...(right.bundle['verificationMaterial'] as object), tlogEntries: [] };
    const unlogged = { ...right, bundle: { ...right.bundle, verificationMaterial: material } };
    await refused({ dist: ATTESTED, replies: attested(unlogged), signer }, 'integrity', 'does not hold');
  });

  test('garbage, 50 MB and silence are refused', async () => {
    const signer = await open;
    const right = await signer.attest(SUBJECT);
    const bad: readonly (readonly [Reply, string, string])[] = [
      [{ attestations: {} }, 'integrity', 'no list'],
      [{ attestations: [null] }, 'integrity', 'malformed'],
      [{ attestations: [{ bundle: { mediaType: 'x' } }] }, 'integrity', 'no Sigstore bundle'],
      [{ attestations: Array.from({ length: 21 }, () => right) }, 'integrity', 'no list'],
      [{ attestations: [] }, 'integrity', 'and has none'],
      ['not JSON', 'remote', 'does not answer with JSON'],
      [(response) => void response.end(Buffer.alloc(50 * 1024 * 1024, 32)), 'remote', 'more than 2 MB'],
    ];
    for (const [reply, code, why] of bad)
      await refused(
        { dist: ATTESTED, replies: { ...keys(key.row), [ATTESTATIONS]: reply }, signer },
        code,
        why,
      );
    const silent = { ...keys(key.row), [ATTESTATIONS]: () => undefined };
    await refused({ dist: ATTESTED, replies: silent, signer, seconds: 0.3 }, 'remote', 'did not answer');
  });

  test('a registry that has none of those it tells of leaves the provenance unchecked and says so', async () => {
    const origin = await check({ dist: ATTESTED, replies: keys(key.row), signer: await open });
    assert.is(origin.provenance, null);
    assert.match(origin.notes.join(), 'the provenance is not checked');
  });
});

suite('who signed for a package that is installed', (test) => {
  test('what holds is shown and recorded, what does not is refused and nothing of it kept', async () => {
    const name = '@acme/greet';
    const signer = await openSigner();
    const registry = await openRegistry(
      ['1.0.0', '3.0.0', '4.0.0', '5.0.0'].map((version) => ({
        manifest: { ...GREET, name, type: 'module', version },
        files: GREET_FILES,
      })),
    );
    const place = world({ trustRoot: signer.trustRoot });
    try {
      place.start();
      place.write(join(place.env['HOME'] ?? '', '.npmrc'), `registry=${registry.url}\nfetch-retries=0\n`);
      registry.documents.set('-/npm/v1/keys', { keys: [key.row] });
      const say = async (version: string, signed: Subject, built: Subject): Promise<void> => {
        const path = `-/npm/v1/attestations/${name}@${version}`;
        const attestations = { url: `https://registry.example.org/${path}`, provenance: {} };
        registry.dist.set(`${name}@${version}`, { signatures: key.signatures(signed), attestations });
        registry.documents.set(path, { attestations: [await signer.attest(built)] });
      };
      const subject = (version: string): Subject => ({
        name,
        version,
        integrity: registry.integrity(name, version),
      });
      await say('3.0.0', subject('3.0.0'), subject('3.0.0'));
      await say('4.0.0', subject('3.0.0'), subject('4.0.0'));
      await say('5.0.0', subject('5.0.0'), subject('3.0.0'));
      const store = join(place.env['XDG_DATA_HOME'] ?? '', 'bit', 'plugins', 'store');

      for (const version of ['4.0.0', '5.0.0']) {
        const run = await place.bit('ext', 'install', `${name}@${version}`, '--yes');
        assert.is(run.code, 7, run.stderr);
        assert.not.ok(existsSync(store) && readdirSync(store).length > 0, 'something was kept');
      }
      const bare = await place.bit('ext', 'install', `${name}@1.0.0`, '--yes', '--require', 'provenance');
      assert.is(bare.code, 3, bare.stderr);
      assert.match(bare.stderr, 'no provenance that could be checked, and one is required');

      const words = ['ext', 'install', `${name}@3`, '--require', 'provenance', '--require', 'signature'];
      const shown = await place.bit(...words, '--dry-run');
      assert.match(shown.stdout, 'registry signature: verified');
      assert.match(shown.stdout, `provenance: built from ${BUILD.repository} at ${BUILD.commit}`);
      const run = await place.bit(...words, '--yes');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stdout, `Built from ${BUILD.repository} at ${BUILD.commit}`);

      const { plugins } = JSON.parse((await place.bit('ext', 'list', '--json')).stdout) as {
        plugins: { name: string; integrity: string; signature: string; provenance: unknown }[];
      };
      const listed = plugins.find((plugin) => plugin.name === name);
      assert.is(listed?.integrity, subject('3.0.0').integrity);
      assert.is(listed?.signature, 'verified');
      assert.equal(listed?.provenance, BUILD);
      const entry = await place.bit('ledger', 'show', '--json');
      assert.match(entry.stdout, 'EXT_INSTALL');
      assert.match(entry.stdout, BUILD.commit, 'in the ledger');
      assert.match(entry.stdout, BUILD.workflow, 'in the ledger');
    } finally {
      place.close();
      await registry.close();
    }
  });
});

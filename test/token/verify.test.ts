import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import * as assert from 'uvu/assert';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { ulid } from '../../src/kernel/ids.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { covers, type VerifyOptions, verifyToken } from '../../src/token/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const issuer = generateKeyPairSync('ed25519').privateKey;
const holder = generateKeyPairSync('ed25519').privateKey;
const stranger = generateKeyPairSync('ed25519').privateKey;

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwk = (key: KeyObject): JsonObject => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: Buffer.from(exportPublicKey(key).slice(8), 'hex').toString('base64url'),
});

function claims(more: object = {}): object {
  return {
    iss: 'bithub',
    aud: ['bithub', 'github'],
    sub: 'ci',
    cap: ['repo:*', 'registry:push'],
    pol: { vuln: 'high' },
    iat: SECONDS - 10,
    exp: SECONDS + 3600,
    jti: ulid(NOW.getTime()),
    ...more,
  };
}

function token(body: object, key: KeyObject = issuer, head: object = {}): string {
  const signed = `${base64({ alg: 'EdDSA', kid: exportPublicKey(key), typ: 'bithub+jwt', ...head })}.${base64(body)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

const here = (more: Partial<VerifyOptions> = {}): VerifyOptions => ({
  now: NOW,
  trusted: (key) => key === exportPublicKey(issuer),
  revoked: () => false,
  ...more,
});

async function refused(text: string, pattern: RegExp, options = here()): Promise<void> {
  try {
    await verifyToken(text, options);
  } catch (error) {
    assert.ok(isBitError(error, 'auth'), String(error));
    assert.match((error as Error).message, pattern);
    return;
  }
  assert.unreachable(`taken, though ${pattern}`);
}

suite('tokens', (test) => {
  test('one signed by a trusted key is taken', async () => {
    const { claims: found, key } = await verifyToken(token(claims()), here({ audience: 'github' }));
    assert.equal(found.cap, ['repo:*', 'registry:push']);
    assert.is(key, exportPublicKey(issuer));
  });

  test('alg none, in any spelling and with or without a signature, is refused', async () => {
    for (const alg of ['none', 'None', 'NONE', '', null]) {
      const signed = `${base64({ alg, kid: exportPublicKey(issuer), typ: 'bithub+jwt' })}.${base64(claims())}`;
      await refused(`${signed}.`, /no signed JWT/);
      await refused(`${signed}.AAAA`, /not EdDSA/);
    }
  });

  test('a public key used as an HMAC secret is refused', async () => {
    const public_ = exportPublicKey(issuer);
    for (const secret of [public_, public_.slice(8), Buffer.from(public_.slice(8), 'hex')]) {
      const signed = `${base64({ alg: 'HS256', kid: public_, typ: 'bithub+jwt' })}.${base64(claims())}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      await refused(`${signed}.${mac}`, /HS256, not EdDSA/);
    }
  });

  test('keys that travel in the header are not believed', async () => {
    await refused(token(claims(), stranger), /not trusted/);
    await refused(
      token(claims(), stranger, { jwk: jwk(stranger), kid: exportPublicKey(issuer) }),
      /signature/,
    );
    await refused(token(claims(), issuer, { kid: '../../etc/passwd' }), /kid/);
    await refused(token(claims(), issuer, { crit: ['exp'], exp: 1 }), /extension/);
  });

  test('expired, not yet valid, for somebody else, revoked: refused', async () => {
    await refused(token(claims({ exp: SECONDS - 61 })), /expired/);
    await refused(token(claims({ nbf: SECONDS + 61 })), /not valid yet/);
    await refused(token(claims({ iat: SECONDS + 61 })), /not valid yet/);
    await refused(
      token(claims({ aud: ['bithub'] })),
      /for bithub, not for github/,
      here({ audience: 'github' }),
    );
    await refused(token(claims()), /was revoked/, here({ revoked: () => true }));
  });

  test('another type of JWT of the same key is refused', () =>
    refused(token(claims(), issuer, { typ: 'JWT' }), /type/));

  test('every wrong claim is named', async () => {
    await refused(
      token({ ...claims(), iss: 'x', cap: ['a b'], exp: 'soon', jti: '1', sub: '' }),
      /iss.*cap: a b.*jti.*sub.*exp/s,
    );
    await refused(token({ ...claims(), cnf: { jwk: { kty: 'RSA' } } }), /cnf/);
  });

  test('one flipped bit anywhere is refused', async () => {
    const good = token(claims());
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 0, max: 5 }), async (at, bit) => {
        const flipped = String.fromCharCode(good.charCodeAt(at) ^ (1 << bit));
        const bad = good.slice(0, at) + flipped + good.slice(at + 1);
        try {
          await verifyToken(bad, here());
        } catch (error) {
          return isBitError(error, 'auth');
        }
        // the last character of a base64url part may hold bits that stand for nothing
        return Buffer.from(bad.split('.')[2] ?? '', 'base64url').equals(
          Buffer.from(good.split('.')[2] ?? '', 'base64url'),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('any text is refused and nothing else', async () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        try {
          await verifyToken(parts.join('.'), here());
          return false;
        } catch (error) {
          return isBitError(error, 'auth');
        }
      }),
      { numRuns: 500 },
    );
  });
});

suite('attenuated tokens', (test) => {
  const wide = () => token(claims({ cnf: { jwk: jwk(holder) } }));
  const child = (more: object, key = holder) =>
    token(claims({ cap: ['repo:commit'], prf: wide(), ...more }), key);

  test('a narrower one made by the holder is taken, with its parent', async () => {
    const found = await verifyToken(child({ exp: SECONDS + 60, aud: ['bithub'] }), here());
    assert.equal(found.claims.cap, ['repo:commit']);
    assert.is(found.parents.length, 1);
  });

  test('a wider one is refused in whatever it is wider', async () => {
    await refused(child({ cap: ['repo:commit', 'registry:delete'] }), /wider.*registry:delete/);
    await refused(child({ cap: ['*'] }), /wider.*\*/);
    await refused(child({ exp: SECONDS + 3601 }), /wider.*later end/);
    await refused(child({ aud: ['bithub', 'aws'] }), /wider.*audience aws/);
    await refused(child({ sub: 'root' }), /wider.*subject root/);
    await refused(child({ pol: {} }), /wider.*pol.vuln/);
  });

  test('one made by anybody else is refused, the issuer of a token that names a holder too', async () => {
    await refused(child({}, stranger), /another key/);
    await refused(child({}, issuer), /another key/);
  });

  test('a parent that expired, was revoked or comes from a stranger takes its children along', async () => {
    const of = (parent: string) =>
      token(claims({ cap: ['repo:commit'], exp: SECONDS - 30, prf: parent }), holder);
    await refused(of(token(claims({ cnf: { jwk: jwk(holder) }, exp: SECONDS - 61 }))), /expired/);
    await refused(of(token(claims({ cnf: { jwk: jwk(holder) } }), stranger)), /not trusted/);
    const jti = ulid(1);
    const parent = token(claims({ cnf: { jwk: jwk(holder) }, jti }));
    await refused(of(parent), new RegExp(`${jti} was revoked`), here({ revoked: (id) => id === jti }));
  });

  test('a chain without end is refused', async () => {
    let text = token(claims());
    for (let depth = 0; depth < 12; depth += 1) text = token(claims({ prf: text }));
    await refused(text, /attenuated more than|longer than/);
  });
});

suite('capability patterns', (test) => {
  test('cover what they say and nothing else', () => {
    const table: [string, string, boolean][] = [
      ['repo:commit', 'repo:commit', true],
      ['repo:commit', 'repo:commit:deep', false],
      ['repo:commit', 'repo', false],
      ['repo:*', 'repo:commit', true],
      ['repo:*', 'repo:commit:deep', true],
      ['repo:*', 'repo', false],
      ['repo:*', 'repository:commit', false],
      ['*', 'anything:at:all', true],
      ['github:*:repos:a', 'github:read:repos:a', true],
      ['github:*:repos:a', 'github:read:repos:b', false],
      ['artifacts:rw', 'artifacts:read', true],
      ['artifacts:rw', 'artifacts:w', true],
      ['artifacts:rw', 'artifacts:delete', false],
      ['artifacts:read', 'artifacts:rw', false],
      ['repo:commit', 'repo:*', false],
    ];
    for (const [pattern, wanted, expected] of table)
      assert.is(covers([pattern], wanted), expected, `${pattern} ${wanted}`);
  });

  test('covering is transitive, so that a chain of narrower tokens never widens', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '*', 'rw', 'r'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(':'));
    fc.assert(
      fc.property(pattern, pattern, pattern, (wide, middle, narrow) => {
        if (covers([wide], middle) && covers([middle], narrow))
          assert.ok(covers([wide], narrow), `${wide} ${middle} ${narrow}`);
      }),
      { numRuns: 5000 },
    );
  });
});

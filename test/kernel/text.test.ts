import canonicalize from 'canonicalize';
import * as assert from 'uvu/assert';
import { ULID_PATTERN, ulid } from '../../src/kernel/ids.ts';
import { canonicalJson, type Json } from '../../src/kernel/json.ts';
import { randomBytesNow } from '../../src/kernel/random.ts';
import { maskJson, maskSecrets } from '../../src/kernel/secrets.ts';
import { nearest, printable } from '../../src/kernel/text.ts';
import fc from '../property.ts';
import { processorTime, suite } from '../suite.ts';

suite('printable', (test) => {
  test('leaves no control character or bidirectional override that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.not.match(
          printable(text),
          /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
    );
  });

  test('keeps ordinary text in any script as it is', () => {
    assert.is(printable('héllo 世界 \t🎉'), 'héllo 世界 \t🎉');
  });

  test('shows what it replaced', () => {
    assert.is(printable('a\u001b[31mb\r\nc'), 'a\\x1b[31mb\\r\\nc');
    assert.is(printable('a\nb', { multiline: true }), 'a\nb');
  });
});

suite('nearest', (test) => {
  test('finds a swap, a missing letter and a prefix, best first', () => {
    const names = ['commit', 'clone', 'checkout', 'branch'];
    assert.equal(nearest('comimt', names, 1), ['commit']);
    assert.equal(nearest('brnch', names, 1), ['branch']);
    assert.equal(nearest('comm', names, 1), ['commit']);
  });

  test('suggests nothing where nothing is near', () => {
    assert.equal(nearest('xyzzy', ['commit', 'clone']), []);
  });

  test('is quick on a word of a megabyte', () => {
    assert.equal(nearest('a'.repeat(1_000_000), ['commit', 'clone']), []);
  });
});

suite('canonicalJson', (test) => {
  test('a lone surrogate has no canonical form; text that only looks like its escape has', () => {
    assert.throws(() => canonicalJson(['\ud800']));
    assert.throws(() => canonicalJson(['\\\ud800']));
    for (const text of ['\\ud800', '\\\\ud800', 'a\\udfffb', '\u{1f600}'])
      assert.equal(JSON.parse(canonicalJson([text])), [text]);
  });

  test('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        assert.is(canonicalJson(reversed as Json), canonicalJson(object as Json));
        assert.equal(JSON.parse(canonicalJson(object as Json)), JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  test('sorts by UTF-16 code unit, as RFC 8785 says in 3.2.3', () => {
    assert.is(
      canonicalJson({ '\u20ac': 1, '\r': 2, '1': 3, '\ud83d\ude00': 4, '\ufb33': 5 }),
      '{"\\r":2,"1":3,"\u20ac":1,"\ud83d\ude00":4,"\ufb33":5}',
    );
  });

  test('is what the library makes of it, at any depth and of odd values too', () => {
    const values = fc.anything({
      withBoxedValues: true,
      withDate: true,
      withNullPrototype: true,
      maxDepth: 4,
    });
    const outcome = (make: () => string | undefined): string => {
      try {
        return make() ?? 'refused';
      } catch {
        return 'refused';
      }
    };
    fc.assert(
      fc.property(values, (value) => {
        assert.is(
          outcome(() => canonicalJson(value as Json)),
          outcome(() => canonicalize(value)),
        );
      }),
      { numRuns: 2000 },
    );
    let deep: Json = 1;
    for (let level = 0; level < 20_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep };
    assert.is(canonicalJson(deep), canonicalize(deep));
  });

  test('refuses what has no canonical form', () => {
    assert.throws(() => canonicalJson(Number.NaN), TypeError);
    assert.throws(() => canonicalJson('\ud800'));
  });
});

suite('maskSecrets', (test) => {
  const secrets = [
    'https://user:hunter2@example.org/x.git',
    `token ghp_${'a'.repeat(36)}`,
    `github_pat_${'b'.repeat(30)}`,
    'AKIAIOSFODNN7EXAMPLE',
    'Authorization: Bearer abcdefghijklmnopqrstuvwxyz',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----',
  ];
  for (const [i, secret] of secrets.entries()) {
    test(`hides credential shape ${i + 1}`, () => {
      const masked = maskSecrets(`before ${secret} after`);
      assert.match(masked, /\*\*\*/);
      for (const part of ['hunter2', 'ghp_a', 'github_pat_b', 'IOSFODNN', 'abcdefghijkl', '\nabc\n']) {
        assert.not.ok(masked.includes(part));
      }
      assert.match(masked, /^before .* after$/s);
    });
  }

  test('every shape is found in either case it can have, wherever in a text it stands', () => {
    const shapes = [
      `gho_${'a'.repeat(20)}`,
      `glpat-${'a'.repeat(20)}`,
      `npm_${'a'.repeat(30)}`,
      'xoxb-0123456789ab',
      `ASIA${'A'.repeat(16)}`,
      `sk-${'a'.repeat(20)}`,
      `eyJ${'a'.repeat(10)}.${'b'.repeat(10)}.${'c'.repeat(10)}`,
      `BEARER ${'a'.repeat(16)}`,
      `basic ${'a'.repeat(16)}`,
      `Token ${'a'.repeat(16)}`,
      '?API_KEY=abc',
      '&Signature=abc',
      'AUTHORIZATION: abc',
      '-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----',
    ];
    for (const shape of shapes) assert.match(maskSecrets(`é ${shape} ü`), /^é .*\*\*\* ü$/s, shape);
  });

  test('secrets in URLs and headers are masked, ssh users are not', () => {
    assert.is(
      maskSecrets('fatal: https://ada:pa@ss@h/x and http://token@h'),
      'fatal: https://***@h/x and http://***@h',
    );
    assert.is(maskSecrets('ssh://git@h/x ssh://git:pw@h/x'), 'ssh://git@h/x ssh://git:***@h/x');
    assert.is(maskSecrets('https://h/x?access_token=abc&a=b'), 'https://h/x?access_token=***&a=b');
    assert.is(
      maskSecrets('http.extraHeader=Authorization: Basic abc='),
      'http.extraHeader=Authorization: Basic ***',
    );
  });

  test('leaves ordinary text, digests and addresses without credentials alone', () => {
    for (const text of [
      'https://example.org/team/app.git',
      'git@example.org:team/app.git',
      'c998e17a0b1c2d3e4f5061728394a5b6c7d8e9f0',
      'fix the token parser',
    ]) {
      assert.is(maskSecrets(text), text);
    }
  });

  test('hides members that are named as secrets, at any depth', () => {
    assert.equal(maskJson({ a: [{ api_token: 'short' }], password: 'x', tokens: 3 }), {
      a: [{ api_token: '***' }],
      password: '***',
      tokens: 3,
    });
  });

  test('is linear on a megabyte of hostile text', () => {
    const started = processorTime();
    maskSecrets('://'.repeat(300_000));
    maskSecrets('-----BEGIN A PRIVATE KEY-----'.repeat(30_000));
    maskSecrets('eyJ'.repeat(300_000));
    maskSecrets(`${'a.'.repeat(500_000)}@`);
    maskSecrets(`${'a://b'.repeat(200_000)} @`);
    maskSecrets('?token'.repeat(200_000));
    maskSecrets('authorization: '.repeat(80_000));
    assert.ok(processorTime() - started < 5000);
  });
});

suite('random bytes', (test) => {
  test('are as many as asked for, and never the same', () => {
    for (const count of [0, 1, 32, 4096]) assert.is(randomBytesNow(count).length, count);
    const seen = new Set(Array.from({ length: 100 }, () => randomBytesNow(16).toString('hex')));
    assert.is(seen.size, 100);
    assert.ok(new Set(randomBytesNow(4096)).size > 200);
  });
});

suite('ulid', (test) => {
  test('has its form and sorts by time', () => {
    const early = ulid(1_000);
    const late = ulid(2_000_000_000_000);
    assert.match(early, ULID_PATTERN);
    assert.ok(early < late);
    assert.is.not(ulid(5), ulid(5));
  });
});

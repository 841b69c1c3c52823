import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as assert from 'uvu/assert';
import { RegoError } from '../../src/policy/rego/ast.ts';
import { builtinNames, wrongGroups } from '../../src/policy/rego/builtins/index.ts';
import { Machine } from '../../src/policy/rego/machine.ts';
import { Program } from '../../src/policy/rego/program.ts';
import type { Value } from '../../src/policy/rego/values.ts';
import { suite } from '../suite.ts';

/** The value of an expression, or the code of its fault. */
function value(expression: string, input: Value = {}): Value | undefined {
  try {
    const machine = new Machine(input, {}, { strict: true });
    return new Program([]).solve(expression, machine, 1).single;
  } catch (error) {
    if (error instanceof RegoError) return error.code;
    throw error;
  }
}

const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
const pem = (key: KeyObject) => String(key.export({ type: 'spki', format: 'pem' }));
const REFUSED: Value = [false, {}, {}];

suite('the table of builtins', (test) => {
  test('knows each group by the names it has', () => {
    assert.equal(wrongGroups(), []);
    assert.is(new Set(builtinNames()).size, builtinNames().length);
  });
});

suite('JSON web tokens', (test) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = rsa.privateKey.export({ format: 'jwk' }) as Value;
  const cert = pem(rsa.publicKey);
  const signed = (claims: Value) =>
    value('io.jwt.encode_sign({"alg": "RS256", "typ": "JWT"}, input.claims, input.jwk)', { claims, jwk });
  const verified = (token: Value | undefined, constraints: Value) =>
    value('io.jwt.decode_verify(input.token, input.constraints)', { token: token ?? null, constraints });

  test('one that was signed is verified, with its claims', () => {
    assert.equal(verified(signed({ sub: 'me' }), { cert }), [
      true,
      { alg: 'RS256', typ: 'JWT' },
      { sub: 'me' },
    ]);
  });

  test('alg none is never verified, whatever the signature', () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const token = `${part({ alg })}.${part({ sub: 'me' })}.`;
      const found = verified(token, { cert });
      assert.ok(found === 'eval_builtin_error' || (Array.isArray(found) && found[0] === false), alg);
    }
  });

  test('a public key does not serve as the secret of an HMAC', () => {
    const head = `${part({ alg: 'HS256' })}.${part({ sub: 'me' })}`;
    const token = `${head}.${createHmac('sha256', cert).update(head).digest('base64url')}`;
    assert.equal(verified(token, { cert }), REFUSED);
    assert.is(value('io.jwt.verify_hs256(input.t, input.s)', { t: token, s: cert }), true);
    assert.is(value('io.jwt.verify_rs256(input.t, input.s)', { t: token, s: cert }), false);
  });

  test('an expired one, one for others, by others or of later is refused', () => {
    const time = 2_000_000_000_000_000_000;
    assert.equal(verified(signed({ exp: 1_999_999_999 }), { cert, time }), REFUSED);
    assert.equal(verified(signed({ exp: 2_000_000_000 }), { cert, time }), REFUSED);
    assert.is.not(verified(signed({ exp: 2_000_000_001 }), { cert, time }), REFUSED);
    assert.equal(verified(signed({ nbf: 2_000_000_001 }), { cert, time }), REFUSED);
    assert.equal(verified(signed({ aud: 'them' }), { cert, aud: 'us' }), REFUSED);
    assert.equal(verified(signed({ aud: 'them' }), { cert }), REFUSED);
    assert.equal(verified(signed({}), { cert, aud: 'us' }), REFUSED);
    assert.equal(verified(signed({ iss: 'them' }), { cert, iss: 'us' }), REFUSED);
    assert.equal(verified(signed({}), { cert, alg: 'RS512' }), REFUSED);
  });

  test('a changed claim, another key and a critical extension are refused', () => {
    const token = String(signed({ sub: 'me' }));
    const [head, , signature] = token.split('.');
    assert.equal(verified(`${head}.${part({ sub: 'you' })}.${signature}`, { cert }), REFUSED);
    const other = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    assert.equal(verified(token, { cert: other }), REFUSED);
    assert.equal(
      verified(`${part({ alg: 'RS256', crit: ['b64'] })}.${token.split('.').slice(1).join('.')}`, { cert }),
      REFUSED,
    );
  });

  test('a key whose numbers do not fit each other is a fault, not a crash', () => {
    const bent = { ...(jwk as Record<string, Value>), p: (jwk as Record<string, Value>)['q'] as Value };
    const found = value('io.jwt.encode_sign({"alg": "RS256"}, {}, input.jwk)', { jwk: bent });
    assert.ok(found === 'eval_builtin_error' || typeof found === 'string');
    assert.is(
      value('io.jwt.encode_sign({"alg": "RS256"}, {}, {"kty": "oct", "k": "YQ"})'),
      'eval_builtin_error',
    );
  });
});

suite('builtins that look outside', (test) => {
  test('http.send, names and the environment are out of reach', () => {
    assert.is(value('http.send({"method": "get", "url": "http://127.0.0.1:1/"})'), 'eval_builtin_error');
    assert.is(value('net.lookup_ip_addr("example.org")'), 'eval_builtin_error');
    assert.equal(value('json.marshal(opa.runtime())'), '{}');
  });
});

suite('templates', (test) => {
  const vars = { a: { b: 'x', n: 1 }, l: ['p', 'q'], t: true, e: [], s: 'hi <b>' };
  const render = (template: string) =>
    value('strings.render_template(input.template, input.vars)', { template, vars });

  test('have fields, blocks, variables, pipelines, functions and trimming as Go has them', () => {
    const wanted: Readonly<Record<string, string>> = {
      '{{.a.b}}{{.nope}}': 'x<undefined>',
      '{{range $i, $v := .l}}{{if $i}},{{end}}{{$v}}{{end}}': 'p,q',
      '{{range $k, $v := .a}}{{$k}}={{$v}};{{else}}none{{end}}': 'b=x;n=1;',
      '{{range .e}}x{{else}}none{{end}}': 'none',
      '{{range .l}}{{if eq . "q"}}{{break}}{{end}}{{.}}{{end}}': 'p',
      '{{if and .t .nope}}y{{else if .t}}z{{end}}': 'z',
      '{{with .a}}{{.b}}{{$.t}}{{end}}': 'xtrue',
      'a {{- .s -}} b{{/* c */}}': 'ahi <b>b',
      '{{len .l}} {{index .l 1}} {{.s | html}}': '2 q hi &lt;b&gt;',
      '{{$x := 1}}{{$x}}{{$x = 2}}{{printf "%d-%s" $x .a.b}}': '12-x',
      '{{.l}} {{.a}} {{"}}"}}': '[p q] map[b:x n:1] }}',
    };
    for (const [template, text] of Object.entries(wanted)) assert.is(render(template), text, template);
  });

  test('that are none, or ask what is not there, are faults', () => {
    for (const template of [
      '{{',
      '{{end}}',
      '{{if}}x{{end}}',
      '{{foo .a}}',
      '{{.a.b.c}}',
      '{{define "x"}}{{end}}',
      '{{break}}',
    ])
      assert.is(render(template), 'eval_builtin_error', template);
    assert.is(render('{{if .t}}'.repeat(5000)), 'eval_builtin_error');
    assert.is(render(`{{${'('.repeat(5000)}`), 'eval_builtin_error');
  });
});

suite('bounds of builtins', (test) => {
  test('a pattern that would take exponential time takes the budget’s at most', () => {
    const started = performance.now();
    value('regex.match("(a*)*(a*)*(a*)*b", input.t)', { t: 'a'.repeat(20_000) });
    value('json.match_schema({"a": input.t}, {"properties": {"a": {"pattern": "^(a+)+$"}}})', {
      t: `${'a'.repeat(5000)}b`,
    });
    assert.ok(performance.now() - started < 8000);
  });

  test('results larger than the budget are refused before they are made', () => {
    for (const expression of [
      'numbers.range(1, 100000000)',
      'net.cidr_expand("10.0.0.0/8")',
      'sprintf("%1000000d", [1])',
      'bits.lsh(1, 100000)',
      'yaml.unmarshal(input.bomb)',
    ]) {
      const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
        .join('\n')}`;
      const started = performance.now();
      const found = value(`count(json.marshal(${expression}))`, { bomb });
      assert.ok(typeof found === 'string' || Number(found) < 20_000, `${expression}: ${String(found)}`);
      assert.ok(performance.now() - started < 3000, expression);
    }
  });

  test('queries of GraphQL and schemas that nest for ever end', () => {
    assert.is(value('graphql.is_valid(input.q, "type Query { a: Query }")', { q: '{a'.repeat(3000) }), false);
    assert.is(value('json.match_schema({}, {"$ref": "#"})'), 'eval_builtin_error');
  });
});

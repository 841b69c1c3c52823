import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { type ApiCall, callOf } from '../../src/broker/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { covers } from '../../src/token/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

interface Operation {
  readonly responses?: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
interface Schema {
  readonly $ref?: string;
  readonly properties?: Record<string, unknown>;
  readonly allOf?: readonly Schema[];
}

const folder = dirname(createRequire(import.meta.url).resolve('@octokit/openapi/package.json'));
const description = JSON.parse(readFileSync(join(folder, 'generated/api.github.com.json'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];
const all = Object.entries(description.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }];
  }),
);
const fill = (path: string): string =>
  path
    .replace('{owner}/{repo}', 'Octo/Hello.World')
    .replace(/\{org\}|\{username\}/g, 'octo')
    .replace(/\{[^}]+\}/g, 'x1');

const refusal = (method: string, target: string): string => {
  try {
    return `taken as ${callOf(method, target).capability}`;
  } catch (error) {
    if (isBitError(error)) return error.code;
    throw error;
  }
};

function propertiesOf(schema: Schema | undefined): readonly string[] {
  if (schema === undefined) return [];
  const named =
    schema.$ref === undefined ? schema : description.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
  return [...Object.keys(named?.properties ?? {}), ...(named?.allOf ?? []).flatMap(propertiesOf)];
}

suite('the capability of every call of GitHub’s REST API', (test) => {
  test('every path and method of GitHub’s description maps to one, and only GET is read', () => {
    assert.ok(all.length > 1000, `${all.length} operations`);
    let refused = 0;
    for (const { method, path } of all) {
      const target = fill(path);
      if (refusal(method, target) === 'denied') {
        refused++;
        continue;
      }
      const call = callOf(method, target);
      assert.is(call.verb, method === 'GET' ? 'read' : 'write', `${method} ${path}`);
      assert.is(call.path, target);
      if (path.startsWith('/repos/{owner}/{repo}')) assert.is(call.scope, 'Octo/Hello.World', path);
      else if (/^\/(?:orgs\/\{org\}|users\/\{username\})/.test(path)) assert.is(call.scope, 'octo', path);
      else if (!/^\/(?:orgs|users|repos)\//.test(path)) assert.is(call.scope, '_', path);
      const reader = covers([`github:read:*`], call.capability);
      assert.is(reader, call.verb === 'read', `${method} ${path}`);
    }
    console.log(
      `figure: ${all.length} operations of GitHub’s API mapped, ${refused} refused for handing out credentials`,
    );
  });

  test('what answers with a credential of GitHub’s is refused whatever the token carries', () => {
    const tells = all.filter(({ method, operation }) => {
      const schemas = Object.entries(operation.responses ?? {}).flatMap(([status, { content }]) =>
        status.startsWith('2') ? Object.values(content ?? {}).map(({ schema }) => schema) : [],
      );
      const secret = ['token', 'pem', 'client_secret', 'encoded_jit_config'];
      return method !== 'GET' && schemas.flatMap(propertiesOf).some((name) => secret.includes(name));
    });
    assert.ok(tells.length >= 8, `${tells.length} found`);
    for (const { method, path } of tells)
      assert.is(refusal(method, fill(path)), 'denied', `${method} ${path}`);
    assert.is(refusal('POST', '/repos/o/r/actions/runners%2Fregistration-token'), 'denied');
    assert.is(refusal('POST', '/repos/o/r/actions%2Frunners/registration-token'), 'denied');
  });

  test('a target that could be read in two ways is refused', () => {
    for (const target of [
      'http://127.0.0.1/repos/o/r',
      '//evil.example/repos/o/r',
      '/repos//r/issues',
      '/repos/o/r/../../other/x/issues',
      '/repos/o/r/issues/../../../other/x',
      '/repos/o/r/issues/%2e%2e/%2E%2e/x',
      '/repos/o/r/contents/a%2F..%2F..%2Fissues',
      '/repos/o/r/contents/..;/issues',
      '/repos/o%2Fr/x/issues',
      '/repos/o/%72/issues',
      '/repos/o/r%2Fissues',
      '/repos/o/r/%69ssues',
      '/repos/o/r/issues>',
      '/repos/o/r.git/issues',
      '/repos/_/r/issues',
      '/repos/o/../issues',
      '/repos/o/r/',
      '/repos/o/r/issues/',
      '/repos/o/r/contents/%252e%252e/x',
      '/repos/o/r/contents/%00',
      '/repos/o/r/contents/a%0d%0aHost:%20evil',
      '/repos/o/r/contents/a%5c..%5cb',
      '/repos/o/r/contents/%zz',
      '/repos/o/r/contents/a b',
      '/repos/o/r/contents/a#b',
      '/repos\\o\\r',
      '/repos/o/r/issues?_method=DELETE',
      '/repos/o/r/issues?%5Fmethod=DELETE',
      '/repos/o/r/issues?a=b&access_token=x',
      `/repos/o/r/contents/${'a'.repeat(9000)}`,
      '/repos',
      '/repos/o',
      '*',
      '',
    ])
      assert.is(refusal('GET', target), 'usage', target);
    for (const method of ['CONNECT', 'TRACE', 'OPTIONS', 'get', 'PROPFIND', 'GET ', ''])
      assert.is(refusal(method, '/repos/o/r'), 'usage', method);
  });

  test('what people’s clients send is taken: branches and paths with slashes, letters of other scripts', () => {
    const capability = (target: string): string => callOf('GET', target).capability;
    assert.is(capability('/repos/o/r/contents/a%2Fb%20c?ref=topic/x'), 'github:read:o/r:contents');
    assert.is(capability('/repos/o/r/compare/main...topic'), 'github:read:o/r:compare');
    assert.is(capability('/repos/o/.github/git/ref/heads/a'), 'github:read:o/.github:git');
    assert.is(capability('/repos/o/r/contents/%C3%BC.md'), 'github:read:o/r:contents');
    assert.is(capability('/'), 'github:read:_:root');
    assert.is(callOf('POST', '/graphql').capability, 'github:write:_:graphql');
  });

  test('property: whatever it takes, a URL parser reads the same path and it stays in its scope', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '%2e',
        '%2F',
        '/',
        '//',
        'issues',
        'repos',
        'o',
        'r',
        '%5c',
        '\\',
        ';',
        '%25',
        '?',
        '@',
        ':',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST'), fc.array(piece, { maxLength: 10 }), (method, pieces) => {
        const target = `/repos/o/r/${pieces.join('')}`;
        let call: ApiCall;
        try {
          call = callOf(method, target);
        } catch (error) {
          assert.ok(isBitError(error), String(error));
          return;
        }
        const url = new URL(`http://api.example${call.path}${call.query}`);
        assert.is(url.host, 'api.example');
        assert.is(url.pathname, call.path);
        assert.is(call.scope, 'o/r');
        const once = new URL(`http://api.example${decodeURIComponent(call.path).replaceAll('?', '')}`)
          .pathname;
        assert.ok(once === '/repos/o/r' || once.startsWith('/repos/o/r/'), `${target} → ${once}`);
      }),
      { numRuns: 3000 },
    );
  });

  test('a capability covers a repository, an area of it or every repository of an owner, whatever the case', () => {
    const call = callOf('POST', '/repos/Octo/Hello/issues').capability;
    for (const cap of [
      'github:write:octo/hello',
      'github:rw:octo/hello:issues',
      'github:write:octo/*',
      'github:*',
      '*',
    ])
      assert.ok(covers([cap], call), cap);
    for (const cap of [
      'github:read:octo/hello',
      'github:write:octo/hell',
      'github:write:octo/hello2',
      'github:write:oct/*',
      'github:write:octo',
      'github:write:octo/hello:pulls',
      'github:write:_',
      'repo:write:octo/hello',
    ])
      assert.not(covers([cap], call), cap);
    assert.ok(covers(['github:write:octo/hello'], 'github:write:octo/hello:issues'));
    assert.not(covers(['github:write:octo/hello:issues'], 'github:write:octo/hello'));
    assert.not(covers(['github:write:octo/hello'], 'github:write:octo/*'));
  });
});

import { existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { harmless, refused, run, sound } from './program.ts';

async function used(): Promise<World> {
  const w = world();
  w.start();
  assert.is((await run(w, ['tag', 'new', 'v0'])).code, 0);
  return w;
}

suite('hostile names', (test) => {
  test('are refused by name, and nothing is run, made or shown raw', async () => {
    const w = await used();
    const before = repositoryState(w);
    for (const words of [
      ['branch', 'new', '--', '-x'],
      ['branch', 'new', 'a\nb'],
      ['branch', 'switch', '../../out'],
      ['merge', '\u001b]0;x\u0007'],
      ['tag', 'new', '--', '--delete'],
      ['clone', '--', '--upload-pack=touch pwned'],
      ['clone', 'ext::sh -c touch% pwned'],
      ['push', '--', '--receive-pack=touch pwned'],
      ['log', '--', '--output=pwned'],
    ])
      refused(await run(w, words), 2, /'/);
    assert.is(repositoryState(w), before);
    assert.not.ok(existsSync(join(w.dir, 'pwned')));
    await sound(w);
    w.close();
  });

  test('of folders and files are worked with like any other', async () => {
    const w = world();
    for (const name of ['-rf', 'new\nline']) {
      const dir = join(w.root, name);
      mkdirSync(dir);
      w.gitIn(dir, 'init', '-q', '-b', 'main');
      w.write(join(dir, 'f\n\u001b[2J'), 'x\n');
      assert.is((await run(w, ['commit', '-m', 'm\u001b[2J', '--stage', '.'], { dir })).code, 0, name);
      for (const query of [['status'], ['log']]) {
        const ran = await run(w, query, { dir });
        assert.is(ran.code, 0, ran.stderr);
        harmless({ ...ran, stderr: ran.stdout }, query);
      }
      await sound(w, dir);
    }
    w.close();
  });

  test('of 10 MB are refused shortly and soon', async () => {
    const w = world();
    w.start();
    const huge = 'x'.repeat(10 * 1024 * 1024);
    for (const words of [
      ['branch', 'new', huge],
      ['merge', huge],
      ['clone', huge],
    ]) {
      // in this process: the system lets no argument of that size through to another
      const ran = await w.bit(...words);
      harmless(ran, words);
      assert.ok(ran.code !== 0, words[0] ?? '');
    }
    w.close();
  });
});

suite('links where bit keeps its things', (test) => {
  for (const path of ['.git/bit', '.git/bit/ledger']) {
    test(`(${path}) are refused by name, and nothing is written behind them`, async () => {
      const w = await used();
      renameSync(join(w.dir, path), join(w.root, 'outside'));
      symlinkSync(join(w.root, 'outside'), join(w.dir, path));
      refused(await run(w, ['tag', 'new', 'v1']), 7, /is a link/);
      assert.is(w.git('tag'), 'v0');
      w.close();
    });
  }

  test('(.bithub) bring no policy in and let nothing out', async () => {
    const w = await used();
    const outside = join(w.root, 'outside');
    w.write(
      join(outside, 'policies', 'planted.rego'),
      'package a\nimport rego.v1\ndeny contains "planted" if true\n',
    );
    symlinkSync(outside, join(w.dir, '.bithub'));
    assert.is((await run(w, ['init'])).code, 7);
    await run(w, ['policy', 'accept']);
    assert.not.match(w.read('.git/bit/policy/accepted.json'), /planted/);
    assert.is((await run(w, ['tag', 'new', 'v1'])).code, 0);
    w.close();
  });
});

suite('policies that come with a clone', (test) => {
  for (const [what, text, where] of [
    [
      'do not parse',
      'package a\n\nimport rego.v1\n\ndeny contains "x" if {\n  input.a ==\n}\n',
      /bad\.rego:7/,
    ],
    ['ask themselves', 'package a\nimport rego.v1\np if q\nq if p\ndeny contains "x" if p\n', /bad\.rego:\d/],
    [
      'never end',
      'package a\nimport rego.v1\nn := numbers.range(1, 9999)\ndeny contains "x" if { some i in n; some j in n; i + j == 0 }\n',
      /bad\.rego:\d/,
    ],
  ] as const) {
    test(`and ${what} deny everything, and say where`, async () => {
      const w = world();
      w.start();
      w.write('.bithub/policies/bad.rego', text);
      refused(await run(w, ['tag', 'new', 'v1']), 3, where);
      assert.is(w.git('tag'), '');
      w.close();
    });
  }
});

interface Database {
  prepare(sql: string): { get(): unknown; run(...values: unknown[]): unknown };
  close(): void;
}

suite('a ledger with one bit flipped', (test) => {
  test('in any field is found, named, and ends with exit status 7', async () => {
    const w = await used();
    const Sqlite = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => Database;
    const open = (): Database => new Sqlite(join(w.dir, '.git/bit/ledger/ledger.db'));
    const read = (field: string): string | Uint8Array => {
      const database = open();
      const row = database.prepare(`SELECT ${field} AS value FROM entries WHERE id = 2`).get();
      database.close();
      return (row as { value: string | Uint8Array }).value;
    };
    const flip = (field: string, at: number): void => {
      const value = read(field);
      const bytes = Buffer.from(value as string);
      bytes[at] = (bytes[at] ?? 0) ^ 2;
      const database = open();
      const written = typeof value === 'string' ? bytes.toString('latin1') : bytes;
      database.prepare(`UPDATE entries SET ${field} = ? WHERE id = 2`).run(written);
      database.close();
    };
    const text = String(read('entry'));
    // a bit of each member's value, or where that would no longer be JSON (null) of its name
    const spots = Object.entries(JSON.parse(text) as object).map(([name, value]): [string, number] => {
      const member = text.indexOf(`"${name}":`);
      if (value === null) return ['entry', member + 1];
      return ['entry', member + name.length + (typeof value === 'string' ? 4 : 3)];
    });
    for (const field of ['entry_sha256', 'signature', 'nonce', 'payload']) spots.push([field, 12]);
    for (const [field, at] of spots) {
      flip(field, at);
      const ran = await run(w, ['ledger', 'verify']);
      const told = ran.stdout + ran.stderr;
      assert.is(ran.code, 7, `${field} ${at}: ${told}`);
      assert.match(told, /field \w+/);
      flip(field, at);
    }
    await sound(w);
    w.close();
  });
});

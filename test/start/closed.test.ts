import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import * as assert from 'uvu/assert';
import { bundleChunk } from '../../scripts/build/chunks.ts';
import { writeClosedModules } from '../../scripts/build/closed.ts';
import { suite } from '../suite.ts';

/** Modules of `src/` as the bundle has them, and what `entry` says of them. */
async function bundled(files: Readonly<Record<string, string>>, entry: string): Promise<unknown> {
  const root = mkdtempSync(join(tmpdir(), 'bit-closed-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, 'src', name)), { recursive: true });
      writeFileSync(join(root, 'src', name), text);
    }
    mkdirSync(join(root, 'commands'));
    const closed = join(root, 'closed');
    await writeClosedModules(root, closed);
    const places = new Map(Object.keys(files).map((name, at) => [`src/${name}`, `#one:${at}`]));
    const code = await bundleChunk({
      closed,
      chunk: 'one',
      places,
      entry: `exports.told = ${entry};`,
      external: [],
    });
    const exports: { told?: unknown } = {};
    const run = new Script(code).runInThisContext() as (...given: unknown[]) => void;
    run(exports, createRequire(import.meta.url), { exports }, join(root, 'x.cjs'), root);
    return exports.told;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

suite('modules of the bundle', (test) => {
  test('export functions, classes, constants, defaults and other names of them', async () => {
    const a = `
      export function f() { return 'f'; }
      export async function g() { return 'g'; }
      export function* h() { yield 'h'; }
      export class C { static readonly name2 = 'C'; }
      export const n = 1, m = 2;
      const hidden = 3;
      export { hidden as shown };
      export default class D { static readonly name2 = 'D'; }
    `;
    const told = await bundled(
      { 'a.ts': a },
      `(({ f, g, h, C, n, m, shown, default: D }) =>
        [f(), typeof g, [...h()].join(), C.name2, n, m, shown, D.name2])(require('./src/a.ts'))`,
    );
    assert.equal(told, ['f', 'function', 'h', 'C', 1, 2, 3, 'D']);
  });

  test('see what changes in another, and what it only hands on', async () => {
    const told = await bundled(
      {
        'count.ts': 'export let count = 0; export function more(): void { count++; }',
        'handed/index.ts': "export { more as add, count } from '../count.ts'; export * from '../rest.ts';",
        'rest.ts': "export const rest = 'rest';",
        'user.ts': `import * as all from './handed/index.ts';
          import { add, count } from './handed/index.ts';
          export function told(): unknown { add(); add(); return [count, all.count, all.rest]; }`,
      },
      "require('./src/user.ts').told()",
    );
    assert.equal(told, [2, 2, 'rest']);
  });

  test('that load each other while they run find each other’s functions', async () => {
    const told = await bundled(
      {
        'one.ts': `import { two } from './two.ts';
          export function one(): string { return 'one'; }
          export const both = two();`,
        'two.ts': `import { one } from './one.ts';
          export function two(): string { return one() + ' two'; }`,
      },
      "require('./src/one.ts').both",
    );
    assert.is(told, 'one two');
  });

  test('run where something of them is first used, not where they are imported', async () => {
    const ran = 'globalThis[Symbol.for("bit.test.ran")] = true;';
    const told = await bundled(
      {
        'late.ts': `${ran} export const late = 1;`,
        'middle/index.ts': "export { late } from '../late.ts';",
        'first.ts': "import { late } from './middle/index.ts'; export function use() { return late; }",
      },
      `(({ use }) => {
        const before = globalThis[Symbol.for("bit.test.ran")];
        return [before, use(), globalThis[Symbol.for("bit.test.ran")]];
      })(require('./src/first.ts'))`,
    );
    assert.equal(told, [undefined, 1, true]);
  });
});

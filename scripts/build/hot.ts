/** The hot bundle: every command in one CommonJS file, and V8's code cache of it. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { CLOSED_PRELUDE, writeClosedModules } from './closed.ts';
import { chalkWithoutTerminal, LAZY_BANNER, lazyBuiltins } from './lazy.ts';
import { commandFile, type Manifest } from './manifest.ts';
import { slimOclif } from './oclif.ts';
import { inlineSqlite } from './sqlite.ts';

/** Libraries too heavy for every start; whoever needs one imports it when it does. */
const EXTERNAL = [
  '@inquirer/*',
  '@octokit/*',
  'inquirer',
  'isomorphic-git',
  'jq-wasm',
  'keytar',
  'listr2',
  'simple-git',
];

const BANNER =
  '(function(exports,require,module,__filename,__dirname,__import){"use strict";' +
  `const __bundle_url=process.platform==="win32"?require("url").pathToFileURL(__filename).href:"file://"+__filename;${LAZY_BANNER}${CLOSED_PRELUDE}`;

export interface HotOptions {
  readonly root: string;
  readonly dist: string;
  readonly manifest: Manifest;
}

export async function buildHot({
  root,
  dist,
  manifest,
}: HotOptions): Promise<{ readonly bytes: number; readonly cache: number }> {
  refuseDeprecations(manifest);
  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const closed = join(root, dist, 'closed');
  await writeClosedModules(root, closed);
  const inside = new Set(['@oclif/core', 'better-sqlite3', 'chalk', 'canonicalize']);
  const result = await build({
    stdin: {
      contents: entry(root, manifest, version),
      resolveDir: closed,
      sourcefile: 'hot-entry.ts',
      loader: 'ts',
    },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22.13',
    charset: 'ascii',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    external: [...EXTERNAL, ...Object.keys(dependencies).filter((name) => !inside.has(name))],
    banner: { js: BANNER },
    footer: { js: '})' },
    plugins: [slimOclif(), inlineSqlite(), chalkWithoutTerminal()],
    logLevel: 'warning',
    // the global performance loads perf_hooks, 1.5 ms
    define: { 'performance.now': '__now', 'import.meta.url': '__bundle_url' },
    logOverride: { 'require-resolve-not-external': 'silent' },
  });
  rmSync(closed, { recursive: true });
  const output = result.outputFiles[0];
  if (output === undefined) throw new Error('esbuild wrote nothing');
  const source = Buffer.from(importOutside(lazyBuiltins(output.text)), 'latin1');
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 16);
  const directory = join(root, dist, 'hot');
  mkdirSync(directory, { recursive: true });
  const bundle = join(directory, `hot-${hash}.cjs`);
  writeFileSync(bundle, source);
  const actions = Object.values(manifest.commands).filter((command) => command.event !== undefined);
  const names = actions.flatMap((command) => [command.id, ...command.aliases, ...command.hiddenAliases]);
  writeFileSync(join(directory, 'hot.json'), `${JSON.stringify({ hash, actions: names })}\n`);
  let cache = 0;
  for (const group of ['query', 'action']) {
    const warmed = spawnSync(process.execPath, [join(root, 'scripts/build/warm.ts'), directory, group], {
      encoding: 'utf8',
    });
    if (warmed.status !== 0) throw new Error(`the code cache was not made:\n${warmed.stderr.slice(-1500)}`);
    cache += Number(warmed.stdout.trim().split('\n').at(-1));
  }
  return { bytes: source.length, cache };
}

/** `import()` of what is not in the bundle, done by the file that loads it: bin/bundle.js. */
function importOutside(code: string): string {
  return code.replace(/(?<![\w$.])import\(/g, '__import(');
}

/** The generated module: the table and how to start. */
function entry(root: string, manifest: Manifest, version: string): string {
  const rows: string[] = [];
  const loads: string[] = [];
  const aliases: Record<string, string> = {};
  for (const command of Object.values(manifest.commands)) {
    const file = relative(root, commandFile(root, command.id, 'ts')).replaceAll('\\', '/');
    const args = Object.keys(command.args).length > 0 || !command.strict;
    rows.push(
      `${JSON.stringify(command.id)}: { args: ${args}, passthrough: ${command.passthrough === true} }`,
    );
    loads.push(`${JSON.stringify(command.id)}: () => import('./${file}')`);
    for (const alias of [...command.aliases, ...command.hiddenAliases]) aliases[alias] = command.id;
  }
  return `import { dirname } from 'node:path';
import { main } from './src/cli/hot.ts';
const installation = { root: dirname(dirname(__dirname)), version: ${JSON.stringify(version)}, development: false };
const rows = { ${rows.join(',\n')} };
const loads: Record<string, () => Promise<{ default: unknown }>> = { ${loads.join(',\n')} };
export const table = { rows, aliases: ${JSON.stringify(aliases)},
  load: async (id: string) => { const load = loads[id]; if (load === undefined) throw new Error('no command ' + id); return (await load()).default as never; } };
export const start = (cold: (request: never) => Promise<void>) => main({ ...installation, table, cold });
export const pluginChild = async () => (await import('./src/cli/plugin-child.ts')).runPluginChild(installation);
`;
}

/** Warnings about deprecated names are left out of the bundle, so nothing may need them. */
function refuseDeprecations(manifest: Manifest): void {
  for (const { id, flags, deprecateAliases, state } of Object.values(manifest.commands)) {
    const flag = Object.entries(flags).find(
      ([, value]) => value.deprecated !== undefined || value.deprecateAliases !== undefined,
    );
    if (deprecateAliases === true || state !== undefined || flag !== undefined) {
      throw new Error(`${id} is deprecated in part, which the hot bundle cannot say: scripts/build/oclif.ts`);
    }
  }
}

/** The hot bundle: every command in CommonJS chunks, and V8's code cache of each. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { assign, bundleChunk, bundleWhole, type Places, placesOf, type Ran } from './chunks.ts';
import { writeClosedModules } from './closed.ts';
import { commandFile, type Manifest } from './manifest.ts';
import { profiles } from './profiles.ts';

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
  const external = Object.keys(dependencies);
  const known = `${entry(root, manifest, version)}${named('whole')}`;
  const whole = await bundleWhole(closed, known, external);
  const build = createHash('sha256').update(whole.code).digest('hex').slice(0, 16);
  const ran = modulesRun(root, closed, whole.code);
  const assignment = assign(whole.modules, ran);
  const places = placesOf(assignment);
  const start = `${entry(root, manifest, version, places)}${named(build)}`;
  const directory = join(root, dist, 'hot');
  mkdirSync(directory, { recursive: true });
  let bytes = 0;
  const bundled = [...new Set(assignment.values())].sort().map(async (chunk) => {
    const code = await bundleChunk({
      closed,
      chunk,
      places,
      entry: chunk === 'core' ? start : '',
      external,
    });
    const source = Buffer.from(code, 'latin1');
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 16);
    writeFileSync(join(directory, `hot-${chunk}-${hash}.cjs`), source);
    bytes += source.length;
    return [chunk, hash] as const;
  });
  const chunks = Object.fromEntries(await Promise.all(bundled));
  rmSync(closed, { recursive: true });
  writeFileSync(join(directory, 'hot.json'), `${JSON.stringify({ chunks, profiles: profiles() })}\n`);
  return { bytes, cache: Number(warm(root, ['cache', directory])) };
}

/** Runs command lines in the whole bundle and notes which modules they reach. */
function modulesRun(root: string, closed: string, code: string): Ran {
  const file = join(closed, 'whole.cjs');
  writeFileSync(file, code);
  const run = (group: string): string[] => JSON.parse(warm(root, ['modules', file, group])) as string[];
  return { query: run('query'), action: run('action') };
}

/** The last line of `warm.ts`. */
function warm(root: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/build/warm.ts'), ...args],
    {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  );
  if (status !== 0) throw new Error(`the code cache was not made:\n${stderr.slice(-1500)}`);
  return stdout.trim().split('\n').at(-1) ?? '';
}

/** Ends the generated module: what the program knows itself by. */
function named(build: string): string {
  return `installation.build = ${JSON.stringify(build)};\n`;
}

/**
 * The generated module: the table and how to start. The whole bundle requires each command; in chunks the place of its
 * module stands in the table behind what it takes.
 */
function entry(root: string, manifest: Manifest, version: string, places?: Places): string {
  const rows: string[] = [];
  const aliases: string[] = [];
  const loads: string[] = [];
  for (const command of Object.values(manifest.commands)) {
    const file = relative(root, commandFile(root, command.id, 'ts')).replaceAll('\\', '/');
    const args = Object.keys(command.args).length > 0 || !command.strict;
    const kind = command.passthrough === true ? 't' : args ? 'w' : 'b';
    rows.push(`${command.id} ${kind}${places?.get(file) ?? ''}\n`);
    loads.push(`case ${JSON.stringify(command.id)}: return require('./${file}');`);
    for (const alias of [...command.aliases, ...command.hiddenAliases])
      aliases.push(`${alias} >${command.id}\n`);
  }
  const load =
    places === undefined
      ? `switch (id) { ${loads.join('\n')} } throw new Error('no command ' + id);`
      : `const at = names.indexOf('\\n' + id + ' ') + id.length + 3; return require(names.slice(at, names.indexOf('\\n', at)));`;
  return `const { main } = require('./src/cli/hot.ts');
const names = ${JSON.stringify(`\n${rows.join('')}${aliases.join('')}`)};
const loaded = (id) => { ${load} };
const table = { names, load: async (id) => loaded(id).default };
const dist = require('path').dirname(__dirname);
const installation = { root: require('path').dirname(dist), dist, version: ${JSON.stringify(version)}, development: false, table };
exports.start = (cold) => main({ ...installation, cold });
exports.pluginChild = async () => require('./src/cli/plugin-child.ts').runPluginChild(installation);
exports.meshJob = async () => require('./src/cli/mesh-job.ts').meshJob(installation);
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

/**
 * Builds `dist/` (compiled sources, the hot bundle and its code cache) and `oclif.manifest.json`. The new `dist/` is
 * made beside the old one and takes its place whole.
 *
 *     npm run build             fails on any type error
 *     npm run build -- --loose  builds what can be built, for work in progress
 */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildHot } from './build/hot.ts';
import { makeManifest, writeManifest } from './build/manifest.ts';

const root = dirname(import.meta.dirname);
const loose = process.argv.includes('--loose');
const dist = `dist.${process.pid}`;
const started = performance.now();

function compile(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const args = [
    tsc,
    '-p',
    join(root, 'tsconfig.json'),
    '--outDir',
    join(root, dist),
    ...(loose ? ['--noEmitOnError', 'false'] : []),
  ];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: loose ? ['ignore', 'ignore', 'inherit'] : 'inherit',
  });
  if (status !== 0 && !loose) throw new Error('type errors: nothing was built');
  if (status !== 0)
    process.stderr.write('built in spite of type errors; see them with: npx tsc -p tsconfig.check.json\n');
}

function swap(): void {
  const old = join(root, `${dist}.old`);
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(join(root, dist), join(root, 'dist'));
  rmSync(old, { recursive: true, force: true });
}

try {
  compile();
  const manifest = await makeManifest({ root, dist, loose });
  const { bytes, cache } = await buildHot({ root, dist, manifest });
  writeManifest(root, manifest);
  swap();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const size = `bundle ${Math.round(bytes / 1024)} kB, code cache ${Math.round(cache / 1024)} kB`;
  process.stdout.write(`built ${Object.keys(manifest.commands).length} commands in ${seconds} s: ${size}\n`);
} catch (error) {
  process.stderr.write(`build failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(join(root, dist), { recursive: true, force: true });
}

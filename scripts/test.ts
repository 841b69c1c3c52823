/**
 * Runs test files, each in a process of its own, and closes on `N passed, N failed`. A line `figure: …` that a test
 * writes is passed on.
 *
 *     node scripts/test.ts [--jobs N] [folder or file …]      default: test
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

function collect(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return collect(child);
      return entry.name.endsWith('.test.ts') ? [child] : [];
    });
}

const args = process.argv.slice(2);
const jobsAt = args.indexOf('--jobs');
const jobs = jobsAt < 0 ? availableParallelism() : Number(args.splice(jobsAt, 2)[1]);
const files = (args.length > 0 ? args : ['test']).flatMap(collect);
let passed = 0;
let failed = 0;
const slow: { file: string; seconds: number }[] = [];

function runFile(file: string): Promise<void> {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (code, signal) => {
      const seconds = (performance.now() - started) / 1000;
      const output = Buffer.concat(chunks).toString('utf8');
      const total = Number(/^\s*Total:\s+(\d+)/m.exec(output)?.[1] ?? 0);
      const good = Number(/^\s*Passed:\s+(\d+)/m.exec(output)?.[1] ?? 0);
      const bad = total - good;
      passed += good;
      failed += bad;
      slow.push({ file, seconds });
      const clean = code === 0 && bad === 0 && total > 0;
      if (!clean && bad === 0) failed += 1;
      process.stdout.write(
        `${clean ? 'ok  ' : 'FAIL'} ${file} (${good}/${total}, ${seconds.toFixed(1)} s)\n`,
      );
      if (clean)
        for (const [figure] of output.matchAll(/^figure: .*$/gm)) process.stdout.write(`${figure}\n`);
      if (!clean) process.stdout.write(`${output}\n${total === 0 ? 'no test ran' : ''}${signal ?? ''}\n`);
      resolve();
    });
  });
}

const queue = [...files];
await Promise.all(
  Array.from({ length: Math.max(1, jobs) }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
  }),
);
slow.sort((a, b) => b.seconds - a.seconds);
for (const { file, seconds } of slow.slice(0, 5))
  process.stdout.write(`slowest: ${seconds.toFixed(1)} s ${file}\n`);
if (files.length === 0) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`);

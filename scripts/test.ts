/**
 * Runs test files, each in a process of its own, and closes on `N passed, N failed`. A line `figure: …` that a test
 * writes is passed on.
 *
 *     node scripts/test.ts [--jobs N] [--all] [folder or file …]
 *
 * Of the whole, `--all` runs the long ones too, as `npm run check` does; every day they are left out, and it says so.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { buildWhereStale } from './built.ts';

/** Three quarters of the time all tests take together; their folders can be asked for by name. */
const LONG: ReadonlySet<string> = new Set([
  'test/anchor/hostile.test.ts',
  'test/anchor/opentimestamps.test.ts',
  'test/approval/approval.test.ts',
  'test/bots/bots.test.ts',
  'test/bots/elsewhere.test.ts',
  'test/bots/follow.test.ts',
  'test/bots/heal.test.ts',
  'test/bots/host-ended.test.ts',
  'test/bots/host-hostile.test.ts',
  'test/bots/host-killed.test.ts',
  'test/bots/host-sources.test.ts',
  'test/broker/broker.test.ts',
  'test/bundled-bots/bots.test.ts',
  'test/bundled-bots/host.test.ts',
  'test/completion/completion.test.ts',
  'test/deploy/deploy.test.ts',
  'test/e2e/day.test.ts',
  'test/e2e/mesh/lan.test.ts',
  'test/e2e/mesh/new-user.test.ts',
  'test/e2e/mesh/two-controllers.test.ts',
  'test/freeze/freeze.test.ts',
  'test/github-workflow/containers.test.ts',
  'test/github-workflow/hostile.test.ts',
  'test/guard/escape.test.ts',
  'test/history/history.test.ts',
  'test/history/resume.test.ts',
  'test/history/undo-conflicts.test.ts',
  'test/history/undo-worktree.test.ts',
  'test/hostile/disk.test.ts',
  'test/hostile/fuzz.test.ts',
  'test/hostile/input.test.ts',
  'test/hostile/interrupt.test.ts',
  'test/image/attach.test.ts',
  'test/image/build.test.ts',
  'test/ledger/faults.test.ts',
  'test/ledger/processes.test.ts',
  'test/mending/autofix.test.ts',
  'test/mending/fixers.test.ts',
  'test/mending/gallery-hopeless.test.ts',
  'test/mending/gallery-machine.test.ts',
  'test/mending/gallery-steps.test.ts',
  'test/mending/gallery-tools.test.ts',
  'test/mending/gallery-workflows.test.ts',
  'test/mending/github.test.ts',
  'test/mending/yaml.test.ts',
  'test/mesh/campaign.test.ts',
  'test/mesh/controller/crash.test.ts',
  'test/mesh/hostile.test.ts',
  'test/mesh/runner/hostile.test.ts',
  'test/mesh/runner/real.test.ts',
  'test/mesh/runner/runner.test.ts',
  'test/mesh/store/nats.test.ts',
  'test/mesh/workflow/delegate.test.ts',
  'test/mesh/workflow/on-mesh.test.ts',
  'test/native-workflow/gate.test.ts',
  'test/operation/restore.test.ts',
  'test/orchestration/images.test.ts',
  'test/orchestration/run.test.ts',
  'test/passthrough/pass.test.ts',
  'test/planner/plan.test.ts',
  'test/plugins/brought-hostile.test.ts',
  'test/plugins/create.test.ts',
  'test/plugins/documented.test.ts',
  'test/plugins/autofix.test.ts',
  'test/plugins/install.test.ts',
  'test/plugins/parity.test.ts',
  'test/plugins/listeners.test.ts',
  'test/plugins/live.test.ts',
  'test/plugins/macro.test.ts',
  'test/plugins/points.test.ts',
  'test/plugins/provenance-tree.test.ts',
  'test/plugins/sandbox.test.ts',
  'test/plugins/seam.test.ts',
  'test/repair/killed.test.ts',
  'test/repository/branch.test.ts',
  'test/repository/commit.test.ts',
  'test/repository/pull.test.ts',
  'test/repository/revert.test.ts',
  'test/repository/sync.test.ts',
  'test/runs/own-tree.test.ts',
  'test/runs/run.test.ts',
  'test/script/run.test.ts',
  'test/secure/secure.test.ts',
  'test/start/cache.test.ts',
  'test/start/parity.test.ts',
  'test/start/start.test.ts',
  'test/storage/ipfs.test.ts',
  'test/sharing/s3.test.ts',
  'test/storage/s3.test.ts',
  'test/testing/test.test.ts',
  'test/tlog/checks.test.ts',
  'test/tlog/proofs.test.ts',
  'test/transparency/clones.test.ts',
  'test/trigger/trigger.test.ts',
  'test/trigger/watch.test.ts',
  'test/workflow/killed.test.ts',
]);

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
// a test waits for processes and clocks for half of its time
const jobs = jobsAt < 0 ? availableParallelism() * 2 : Number(args.splice(jobsAt, 2)[1]);
const allAt = args.indexOf('--all');
const everything = allAt >= 0 && args.splice(allAt, 1).length > 0;
const isLong = (file: string): boolean => LONG.has(file.replaceAll('\\', '/'));
const found = (args.length > 0 ? args : ['test']).flatMap(collect);
const everyday = args.length === 0 && !everything;
// the long ones first, so that none of them is left to run alone at the end
const files = [...(everyday ? [] : found.filter(isLong)), ...found.filter((file) => !isLong(file))];
// many tests run the program as built, and processes it starts for plugins and bots start from it
buildWhereStale();
const built = { BIT_TEST_BUILT: join(dirname(import.meta.dirname), 'dist') };
/**
 * What one file's process compiles the next one's need not; but coverage of what was compiled before is inexact. The long
 * ones run whole programs, of which coverage tells little and takes a third of their time: they go without.
 */
const compiled = join(dirname(import.meta.dirname), 'node_modules', '.cache', 'compiled');
const { NODE_V8_COVERAGE: covered, ...plain } = process.env;
const environment = (file: string): NodeJS.ProcessEnv =>
  covered === undefined || isLong(file)
    ? { NODE_COMPILE_CACHE: compiled, ...plain }
    : { ...plain, NODE_V8_COVERAGE: covered };
/** A folder in memory for what tests write: half of their time is a disk's. Nowhere where they could not run programs. */
function memory(): string | undefined {
  const shared = '/dev/shm';
  if (process.env['TMPDIR'] !== undefined || !existsSync(shared)) return undefined;
  const { bavail, bsize } = statfsSync(shared);
  if (Math.min(bavail * bsize, freemem()) < 3 * 2 ** 30) return undefined;
  const folder = mkdtempSync(join(shared, 'bit-'));
  // some tests run as somebody else, who must get through
  chmodSync(folder, 0o711);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  const script = join(folder, 'runs');
  writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
  return spawnSync(script).status === 0 ? folder : undefined;
}

const temporary = memory();
let passed = 0;
let failed = 0;
const slow: { file: string; seconds: number }[] = [];

function runFile(file: string): Promise<void> {
  return new Promise((resolve) => {
    const started = performance.now();
    const place = temporary === undefined ? {} : { TMPDIR: temporary };
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment(file), ...place, ...built, FORCE_COLOR: '0', NO_COLOR: '1' },
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
if (everyday) process.stdout.write(`left out: ${found.length - files.length} long files, run with --all\n`);
slow.sort((a, b) => b.seconds - a.seconds);
for (const { file, seconds } of slow.slice(0, 5))
  process.stdout.write(`slowest: ${seconds.toFixed(1)} s ${file}\n`);
if (files.length === 0) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`);

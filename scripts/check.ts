/**
 * What CI runs, all of it: services, format and lint, types, import rules, build, drift of generated files, tests with
 * coverage, short campaigns. Closes on `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { provideServices } from './services.ts';

const root = dirname(import.meta.dirname);
let passed = 0;
let failed = 0;

/** The file npm would link as `name` of a package. */
function program(name: string, of = name): string {
  // read where it lies: not every package exports its package.json
  const file = join(root, 'node_modules', of, 'package.json');
  const { bin } = JSON.parse(readFileSync(file, 'utf8')) as { bin: string | Record<string, string> };
  const path = typeof bin === 'string' ? bin : bin[name];
  if (path === undefined) throw new Error(`${of} has no program ${name}`);
  return join(dirname(file), path);
}

async function node(args: readonly string[]): Promise<{ readonly status: number; readonly last: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let tail = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-4000);
  });
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { status, last: tail };
}

async function step(name: string, run: () => Promise<boolean> | boolean): Promise<boolean> {
  process.stdout.write(`\n== ${name}\n`);
  const started = performance.now();
  let good = false;
  try {
    good = await run();
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  if (good) passed += 1;
  else failed += 1;
  process.stdout.write(
    `${good ? 'ok' : 'FAILED'}: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
  return good;
}

const GENERATED = [
  'oclif.manifest.json',
  'policy-targets.json',
  'README.md',
  'docs/hundred.md',
  'docs/lattice.svg',
  'docs/reference',
  'docs/schema/bithub-v1.json',
  'docs/schema/bot-v1.json',
  'docs/schema/mesh',
  'docs/schema/policy-input-v1.json',
  'src/mesh/protocol/validators.ts',
];

function generated(): Map<string, string> {
  const files = GENERATED.flatMap((path) => {
    const full = join(root, path);
    if (!existsSync(full)) return [];
    if (!statSync(full).isDirectory()) return [full];
    return readdirSync(full, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') || name.endsWith('.json'))
      .map((name) => join(full, name));
  });
  return new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
}

function drifted(before: ReadonlyMap<string, string>): boolean {
  const after = generated();
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((file) => before.get(file) !== after.get(file));
  for (const file of changed)
    process.stdout.write(`not what the sources say: ${file}; commit what was just written\n`);
  return changed.length > 0;
}

async function tests(args: readonly string[]): Promise<boolean> {
  const { status, last } = await node(args);
  const counts = /(\d+) passed, (\d+) failed/.exec(last);
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 0);
  return status === 0 && counts !== null;
}

await step('services', () => provideServices());
await step(
  'format and lint',
  async () => (await node([program('biome', '@biomejs/biome'), 'ci', '.'])).status === 0,
);
await step(
  'types',
  async () => (await node([program('tsc', 'typescript'), '-p', 'tsconfig.check.json'])).status === 0,
);
const before = generated();
const built = await step('build', async () => (await node(['scripts/build.ts'])).status === 0);
await step('imports', async () => {
  const rules = [program('depcruise', 'dependency-cruiser'), '--config', '.dependency-cruiser.cjs'];
  // what was compiled besides, for cycles: there imports of types alone are gone
  const folders = ['bin', 'commands', 'plugins', 'src', 'dist/src', 'dist/commands'];
  return built && (await node([...rules, ...folders])).status === 0;
});
await step(
  'generated files',
  async () => built && (await node(['scripts/docs.ts'])).status === 0 && !drifted(before),
);
await step('tests', () => {
  const coverage = [
    '--reporter=text-summary',
    '--reporter=lcovonly',
    '--include=src/**',
    '--include=commands/**',
  ];
  return tests([program('c8'), '--all', ...coverage, process.execPath, 'scripts/test.ts', '--all']);
});
await step('quickstart', async () => built && (await node(['scripts/quickstart.ts'])).status === 0);
await step('package', async () => built && (await node(['scripts/package.ts'])).status === 0);
await step(
  'short fuzzing',
  async () => (await node(['scripts/campaign.ts', 'fuzz', '--short'])).status === 0,
);
await step('short campaign', async () => (await node(['scripts/campaign.ts', '--short'])).status === 0);
await step(
  'short simulation of the mesh',
  async () => (await node(['scripts/campaign.ts', 'mesh-simulation', '--short'])).status === 0,
);
await step(
  'short campaign of workflows',
  async () => (await node(['scripts/campaign.ts', 'workflow', '--short'])).status === 0,
);
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);

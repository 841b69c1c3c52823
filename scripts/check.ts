/**
 * What CI runs, all of it: services, format and lint, types, import rules, build, drift of generated files, tests with
 * coverage, short campaigns. Closes on `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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

type Say = (text: string | Buffer) => void;
const aloud: Say = (text) => void process.stdout.write(text);

async function node(
  args: readonly string[],
  say: Say,
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly status: number; readonly last: string }> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  child.stdout.on('data', (chunk: Buffer) => {
    say(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-4000);
  });
  child.stderr.on('data', say);
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { status, last: tail };
}

async function step(
  name: string,
  run: (say: Say) => Promise<boolean> | boolean,
  say: Say = aloud,
): Promise<boolean> {
  say(`\n== ${name}\n`);
  const started = performance.now();
  let good = false;
  try {
    good = await run(say);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  if (good) passed += 1;
  else failed += 1;
  say(`${good ? 'ok' : 'FAILED'}: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
  return good;
}

type Lane = (say: Say) => Promise<unknown>;

/** Steps that need nothing of each other, in lanes beside each other; each lane is told of once it has ended. */
async function beside(...lanes: readonly Lane[]): Promise<void> {
  await Promise.all(
    lanes.map(async (lane) => {
      const said: (string | Buffer)[] = [];
      await lane((text) => void said.push(text));
      for (const text of said) aloud(text);
    }),
  );
}

const script =
  (...args: readonly string[]) =>
  async (say: Say): Promise<boolean> =>
    (await node(args, say)).status === 0;

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

function drifted(before: ReadonlyMap<string, string>, say: Say): boolean {
  const after = generated();
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((file) => before.get(file) !== after.get(file));
  for (const file of changed) say(`not what the sources say: ${file}; commit what was just written\n`);
  return changed.length > 0;
}

async function tests(args: readonly string[], say: Say, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { status, last } = await node(args, say, env);
  const counts = /(\d+) passed, (\d+) failed/.exec(last);
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 0);
  return status === 0 && counts !== null;
}

await step('services', () => provideServices());
const before = generated();
let built = false;
await beside(
  async (say) => {
    await step('format and lint', script(program('biome', '@biomejs/biome'), 'ci', '.'), say);
    await step('types', script(program('tsc', 'typescript'), '-p', 'tsconfig.check.json'), say);
  },
  async (say) => {
    built = await step('build', script('scripts/build.ts'), say);
  },
);
await beside(
  async (say) => {
    const rules = [program('depcruise', 'dependency-cruiser'), '--config', '.dependency-cruiser.cjs'];
    // what was compiled besides, for cycles: there imports of types alone are gone
    const folders = ['bin', 'commands', 'plugins', 'src', 'dist/src', 'dist/commands'];
    await step('imports', async (told) => built && script(...rules, ...folders)(told), say);
  },
  (say) =>
    step(
      'generated files',
      async (told) => built && (await script('scripts/docs.ts')(told)) && !drifted(before, told),
      say,
    ),
);
const covered = join(root, 'coverage', 'tmp');
rmSync(covered, { recursive: true, force: true });
await step('tests', (say) => tests(['scripts/test.ts', '--all'], say, { NODE_V8_COVERAGE: covered }));
await beside(
  async (say) => {
    await step('quickstart', async (told) => built && script('scripts/quickstart.ts')(told), say);
    await step('package', async (told) => built && script('scripts/package.ts')(told), say);
  },
  (say) => {
    const what = [
      '--reporter=text-summary',
      '--reporter=lcovonly',
      '--include=src/**',
      '--include=commands/**',
    ];
    return step('coverage', script(program('c8'), 'report', '--all', ...what), say);
  },
  async (say) => {
    const campaign = (...words: readonly string[]) => script('scripts/campaign.ts', ...words, '--short');
    await step('short fuzzing', campaign('fuzz'), say);
    await step('short campaign', campaign(), say);
    await step('short simulation of the mesh', campaign('mesh-simulation'), say);
    await step('short campaign of workflows', campaign('workflow'), say);
  },
);
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);

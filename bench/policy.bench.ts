import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { loadPolicySet } from '../src/policy/index.ts';
import { MESH, offer } from '../test/policy/samples.ts';

interface Row {
  readonly name: string;
  readonly ratio?: number;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly peer?: string;
}

const ROUNDS = 15;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Microseconds a call, the median of rounds. */
function microseconds(call: () => unknown, calls: number): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) call();
    rounds.push(((performance.now() - started) * 1000) / calls);
  }
  return median(rounds);
}

/**
 * One cold decision in a process of its own: the engine is loaded as the bundled program loads it, one CommonJS file
 * with V8's code cache of functions that have run; timed is from reading the policy to its decision. With `save` the
 * process warms up and writes that cache instead.
 */
const COLD = `
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');
const [bundle, cache, file, text, mode] = process.argv.slice(1);
const input = JSON.parse(text);
const cachedData = mode === 'save' ? undefined : readFileSync(cache);
const script = new Script(readFileSync(bundle, 'utf8'), { filename: bundle, cachedData });
if (script.cachedDataRejected) throw new Error('code cache rejected');
const module_ = { exports: {} };
script.runInThisContext()(module_, module_.exports, require);
const { loadPolicySet } = module_.exports;
const decide = () => loadPolicySet([{ path: 'mesh.rego', text: readFileSync(file, 'utf8') }]).decide(input);
const started = performance.now();
const decision = decide();
const took = performance.now() - started;
if (!decision.allowed) throw new Error('denied');
if (mode === 'save') writeFileSync(cache, script.createCachedData());
process.stdout.write(String(took));
`;

function cold(): number {
  const folder = mkdtempSync(join(tmpdir(), 'bit-bench-policy-'));
  try {
    const file = join(folder, 'mesh.rego');
    const bundle = join(folder, 'policy.cjs');
    writeFileSync(file, MESH.text);
    buildSync({
      entryPoints: [fileURLToPath(new URL('../src/policy/index.ts', import.meta.url))],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      minify: true,
      banner: { js: '(function (module, exports, require) {' },
      footer: { js: '})' },
    });
    const once = (mode: 'save' | 'use') => {
      const args = ['-e', COLD, bundle, join(folder, 'cache'), file, JSON.stringify(offer()), mode];
      const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (child.status !== 0) throw new Error(`the cold decision failed: ${child.stderr}`);
      return Number(child.stdout);
    };
    once('save');
    return median(Array.from({ length: ROUNDS }, () => once('use')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows "policy decision" and "policy cold" of the performance goals. */
export async function run(): Promise<Row[]> {
  const set = loadPolicySet([MESH]);
  const allowed = offer();
  const denied = offer({ priority: 9 });
  for (let i = 0; i < 20_000; i++) set.decide(i % 2 === 0 ? allowed : denied);
  const peer = 'opa-wasm not installed';
  return [
    {
      name: 'policy decision',
      value: microseconds(() => set.decide(allowed), 20_000),
      unit: 'µs',
      goal: '≤ 2.5',
      peer,
    },
    {
      name: 'policy decision, denied',
      value: microseconds(() => set.decide(denied), 20_000),
      unit: 'µs',
      goal: '≤ 2.5',
      peer,
    },
    {
      name: 'policy decision, denied and explained',
      value: microseconds(() => set.decide(denied).explain().reasons, 2000),
      unit: 'µs',
      goal: 'told, no goal',
      peer,
    },
    { name: 'policy cold', value: cold(), unit: 'ms', goal: '≤ 5', peer },
  ];
}

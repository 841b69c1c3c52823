import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
 * One cold decision in a process of its own, after the engine is loaded and compiled from V8's code cache, as the
 * bundled program has it: the time from reading the file to the decision.
 */
const COLD = `
import { enableCompileCache } from 'node:module';
enableCompileCache(process.argv[1]);
const { readFileSync } = await import('node:fs');
const { loadPolicySet } = await import(process.argv[2]);
const input = JSON.parse(process.argv[4]);
const started = performance.now();
const decision = loadPolicySet([{ path: 'mesh.rego', text: readFileSync(process.argv[3], 'utf8') }]).decide(input);
const took = performance.now() - started;
if (!decision.allowed) throw new Error('denied');
process.stdout.write(String(took));
`;

function cold(): number {
  const folder = mkdtempSync(join(tmpdir(), 'bit-bench-policy-'));
  try {
    const file = join(folder, 'mesh.rego');
    writeFileSync(file, MESH.text);
    const engine = new URL('../src/policy/index.ts', import.meta.url).href;
    const args = [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      COLD,
      join(folder, 'cache'),
      engine,
      file,
      JSON.stringify(offer()),
    ];
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        cwd: fileURLToPath(new URL('..', import.meta.url)),
      });
      if (child.status !== 0) throw new Error(`the cold decision failed: ${child.stderr}`);
      // The first two fill the code cache.
      if (round > 1) times.push(Number(child.stdout));
    }
    return median(times);
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
      value: microseconds(() => set.decide(denied).reasons, 2000),
      unit: 'µs',
      goal: 'told, no goal',
      peer,
    },
    { name: 'policy cold', value: cold(), unit: 'ms', goal: '≤ 5', peer },
  ];
}

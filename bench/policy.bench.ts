import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { CLOSED_PRELUDE, writeClosedModules } from '../scripts/build/closed.ts';
import { LAZY_BANNER, lazyBuiltins } from '../scripts/build/lazy.ts';
import { loadPolicySet } from '../src/policy/index.ts';
import { Machine } from '../src/policy/rego/machine.ts';
import { parseModule } from '../src/policy/rego/parse-module.ts';
import { Program } from '../src/policy/rego/program.ts';
import { lookUp, type Value } from '../src/policy/rego/values.ts';
import { MESH, offer } from '../test/policy/samples.ts';
import { median, type Row } from './row.ts';

const ROUNDS = 15;

/** Microseconds a call, the median of rounds. */
function microseconds(call: () => unknown, calls: number, times = ROUNDS): number {
  const rounds: number[] = [];
  for (let round = 0; round < times; round++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) call();
    rounds.push(((performance.now() - started) * 1000) / calls);
  }
  return median(rounds);
}

/**
 * One cold decision in a process of its own: the engine is loaded as the bundled program loads it, module by module as
 * they are reached, with V8's code cache of functions that have run; timed is from reading the policy to its decision,
 * the engine's own loading included. With `save` the process warms up and writes that cache instead.
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
script.runInThisContext()(module_.exports, require, module_);
const { loadPolicySet } = module_.exports;
const decide = () => loadPolicySet([{ path: 'mesh.rego', text: readFileSync(file, 'utf8') }]).decide(input);
const used = process.cpuUsage();
const started = performance.now();
const decision = decide();
const wall = performance.now() - started;
const { user, system } = process.cpuUsage(used);
if (!decision.allowed) throw new Error('denied');
if (mode === 'save') writeFileSync(cache, script.createCachedData());
process.stdout.write(JSON.stringify({ wall, cpu: (user + system) / 1000 }));
`;

const ENTRY = `exports.loadPolicySet = (sources) => require('./src/policy/index.ts').loadPolicySet(sources);`;

async function cold(): Promise<{ readonly wall: number; readonly cpu: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'bit-bench-policy-'));
  try {
    const file = join(folder, 'mesh.rego');
    const bundle = join(folder, 'policy.cjs');
    writeFileSync(file, MESH.text);
    const root = fileURLToPath(new URL('..', import.meta.url));
    // below the project, so that its dependencies are found
    const closed = join(root, 'dist', 'bench-policy');
    await writeClosedModules(root, closed);
    const { outputFiles } = await build({
      stdin: { contents: ENTRY, resolveDir: closed, sourcefile: 'entry.js', loader: 'js' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      minifySyntax: true,
      minifyWhitespace: true,
      external: ['graphql', 'yaml'],
      banner: {
        js: `(function(exports,require,module){const __bundle_url='file:///';${LAZY_BANNER}${CLOSED_PRELUDE}`,
      },
      footer: { js: '})' },
      define: { 'performance.now': '__now', 'import.meta.url': '__bundle_url' },
    });
    rmSync(closed, { recursive: true });
    writeFileSync(bundle, lazyBuiltins(outputFiles[0]?.text ?? ''));
    const once = (mode: 'save' | 'use') => {
      const args = ['-e', COLD, bundle, join(folder, 'cache'), file, JSON.stringify(offer()), mode];
      const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (child.status !== 0) throw new Error(`the cold decision failed: ${child.stderr}`);
      return JSON.parse(child.stdout) as { wall: number; cpu: number };
    };
    once('save');
    const rounds = Array.from({ length: 2 * ROUNDS }, () => once('use'));
    return { wall: median(rounds.map(({ wall }) => wall)), cpu: median(rounds.map(({ cpu }) => cpu)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of OPA's WebAssembly module, the part used here. */
interface WasmPolicy {
  setData(data: unknown): void;
  evaluate(input: unknown): readonly { readonly result: unknown }[];
}

/**
 * The RBAC example of OPA beside opa-wasm, alternating in this process. Where the module isn't at hand the row says
 * so: `BIT_OPA_WASM` names a folder with rbac.wasm, rbac.rego, data.json and input.json, and the npm package
 * @open-policy-agent/opa-wasm installed. Both give the whole package document.
 */
async function besideWasm(): Promise<Row> {
  const name = 'policy decision, RBAC example of OPA';
  const base = { name, unit: 'µs', goal: '≤ opa-wasm' };
  const folder = process.env['BIT_OPA_WASM'];
  const read = (file: string) => readFileSync(join(folder ?? '', file), 'utf8');
  const text = folder === undefined ? RBAC : read('rbac.rego');
  const data = (folder === undefined ? RBAC_DATA : JSON.parse(read('data.json'))) as Value;
  const input = (folder === undefined ? RBAC_INPUT : JSON.parse(read('input.json'))) as Value;
  const search = new Program([parseModule({ path: 'rbac.rego', text })]).query('x = data.app.rbac');
  const ours = (): Value | undefined => {
    let found: Value | undefined;
    search(new Machine(input, data), (bindings) => {
      found = bindings.get('x');
      return true;
    });
    return found;
  };
  if (folder === undefined)
    return {
      ...base,
      value: microseconds(ours, 20_000),
      peer: 'opa-wasm: its npm package has no compiled module (BIT_OPA_WASM)',
    };
  const require = createRequire(join(folder, 'package.json'));
  const { version } = JSON.parse(read('node_modules/@open-policy-agent/opa-wasm/package.json')) as {
    version: string;
  };
  const { loadPolicy } = require('@open-policy-agent/opa-wasm') as {
    loadPolicy(wasm: Buffer): Promise<WasmPolicy>;
  };
  const policy = await loadPolicy(readFileSync(join(folder, 'rbac.wasm')));
  policy.setData(data);
  const theirs = () => policy.evaluate(input)[0]?.result;
  if (
    JSON.stringify((theirs() as { allow: unknown }).allow) !== JSON.stringify(lookUp(ours() ?? null, 'allow'))
  )
    throw new Error('opa-wasm and we decide differently');
  const [mine, other]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(microseconds(ours, 4000, 1));
    other.push(microseconds(theirs, 4000, 1));
  }
  const [value, peer] = [median(mine), median(other)];
  return { ...base, value, ratio: value / peer, peer: `opa-wasm ${version}: ${peer.toFixed(2)} µs` };
}

/** The example every comparison starts from, for where OPA's own files aren't at hand. */
const RBAC = `package app.rbac
import rego.v1
default allow := false
allow if admin
allow if {
  some grant in granted
  input.action == grant.action
  input.type == grant.type
}
admin if "admin" in data.user_roles[input.user]
granted contains grant if {
  some role in data.user_roles[input.user]
  some grant in data.role_grants[role]
}
`;
const RBAC_DATA: Value = {
  user_roles: { alice: ['admin'], bob: ['employee', 'billing'], eve: ['customer'] },
  role_grants: {
    customer: [
      { action: 'read', type: 'dog' },
      { action: 'read', type: 'cat' },
      { action: 'adopt', type: 'dog' },
    ],
    employee: [
      { action: 'read', type: 'dog' },
      { action: 'update', type: 'dog' },
    ],
    billing: [{ action: 'read', type: 'finance' }],
  },
};
const RBAC_INPUT: Value = { user: 'bob', action: 'read', object: 'id123', type: 'finance' };

/** Rows "policy decision" and "policy cold" of the performance goals. */
export async function run(): Promise<Row[]> {
  const set = loadPolicySet([MESH]);
  const allowed = offer();
  const denied = offer({ priority: 9 });
  for (let i = 0; i < 20_000; i++) set.decide(i % 2 === 0 ? allowed : denied);
  const peer = 'opa-wasm takes no Rego text: see the RBAC row';
  const { wall, cpu } = await cold();
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
    { name: 'policy cold', value: wall, unit: 'ms', goal: '≤ 5', peer },
    { name: 'policy cold (processor time)', value: cpu, unit: 'ms', goal: 'told beside', peer },
    await besideWasm(),
  ];
}

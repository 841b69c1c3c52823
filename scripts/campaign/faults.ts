/**
 * The disk refuses with EIO, or the process is killed, at every system call that makes an append durable: under strace,
 * one call of one appender at a time. Afterwards nothing acknowledged may be missing, what failed must be told as an
 * error of ours, the next append must go on in the same chain, and the ledger must verify.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { draft, testLedger } from '../../test/ledger/fixture.ts';

const APPENDER = fileURLToPath(new URL('../../test/ledger/appender.ts', import.meta.url));
const CALLS = 'pwrite64,write,fsync,fdatasync,ftruncate';
/** The first operation's, so that the file that marks it as open has a name known before. */
const OP = '01jz0000000000000000000001';

interface Run {
  readonly acknowledged: readonly string[];
  readonly status: number;
  readonly errors: string;
  /** System calls seen, by name, and whether one was tampered with. */
  readonly calls: readonly string[];
  readonly injected: boolean;
}

/** What an appender does, and which of its files' calls go wrong. */
export interface Scene {
  readonly name: string;
  /** System calls that go wrong. */
  readonly calls: string;
  /** Below the ledger's folder; with none, those of any file. */
  readonly files: readonly string[];
  /** Pairs of intent and outcome appended. */
  readonly count: number;
  /** Entries the ledger has before. */
  readonly grown: number;
  /** Of each call's times every one up to eight, of more every so many in the short form. */
  readonly stride: number;
}

const FILES = ['ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'ledger.db-journal', 'open', `open/${OP}`];

/**
 * What an appender starts from: modules compiled before, for hundreds of them begin. The cache is full before anything
 * is traced, so that none of the calls counted is its own; nor is any one of coverage.
 */
function warmed(root: string): NodeJS.ProcessEnv {
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const warm = { ...env, NODE_COMPILE_CACHE: join(root, 'compiled') };
  const args = ['--disable-warning=ExperimentalWarning', APPENDER, join(root, 'warm'), '1', 'pairs', OP];
  const { status, stderr } = spawnSync(process.execPath, args, { env: warm, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the appender fails: ${stderr}`);
  return warm;
}

/** Runs the appender under strace, with one call of the ledger's files made to fail. */
function run(
  directory: string,
  scene: Scene,
  env: NodeJS.ProcessEnv,
  injection: string | undefined,
): Promise<Run> {
  const trace = `${directory}.trace`;
  const paths = scene.files.flatMap((file) => ['-P', join(directory, file)]);
  // With a filter in the kernel strace stops the program at these calls alone, but delivers no signal.
  const filter = injection?.includes('signal') === true ? [] : ['--seccomp-bpf'];
  const args = ['-f', '-qq', ...filter, '-o', trace, '-e', `trace=${scene.calls}`, ...paths];
  const inject = injection === undefined ? [] : ['-e', `inject=${injection}`];
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', APPENDER];
  return new Promise((resolve) => {
    const child = execFile(
      'strace',
      [...args, ...inject, ...program, directory, String(scene.count), 'pairs', OP],
      { env },
      (_, stdout, stderr) => {
        // strace's own complaint where what it follows is gone
        const errors = stderr.replace(/^strace: .*\n/gm, '');
        const lines = existsSync(trace) ? readFileSync(trace, 'utf8').split('\n') : [];
        resolve({
          acknowledged: stdout.split('\n').slice(0, -1),
          status: child.exitCode ?? 137,
          errors,
          calls: lines.flatMap((line) => /^\d+ +([a-z0-9]+)\(/.exec(line)?.[1] ?? []),
          injected: child.signalCode === 'SIGKILL' || lines.some((line) => line.includes('(INJECTED)')),
        });
      },
    );
  });
}

export const SCENES: readonly Scene[] = [
  { name: 'an append', calls: CALLS, files: ['', ...FILES], count: 1, grown: 1, stride: 1 },
  { name: 'a ledger begun', calls: CALLS, files: ['', ...FILES], count: 1, grown: 0, stride: 8 },
  // strace knows a renamed file by none of its names: these calls are told from others by themselves
  { name: 'renames and removals', calls: 'rename,unlink', files: [], count: 2, grown: 0, stride: 1 },
  {
    name: 'the write-ahead log going into the file',
    calls: CALLS,
    files: ['ledger.db'],
    count: 10,
    grown: 58,
    stride: 6,
  },
];

/** What does not hold of a ledger after whatever happened to an appender. */
async function wrongWith(directory: string, { acknowledged, errors }: Run): Promise<string[]> {
  const wrong: string[] = [];
  const reader = openLedgerReader({ directory });
  const kept = new Set([...reader.entries()].map((entry) => entry.entry_sha256));
  const lost = acknowledged.filter((digest) => !kept.has(digest));
  if (lost.length > 0) wrong.push(`lost what was acknowledged: ${lost.join(', ')}`);
  // What node prints of an error nobody caught begins with its name.
  if (errors !== '' && !/^BitError: /m.test(errors)) wrong.push(`told as a bug: ${errors}`);
  const ledger = testLedger(directory);
  try {
    await ledger.append([draft('note')]);
    const { faults, chains } = ledger.verify();
    if (faults.length > 0) wrong.push(`does not verify: ${JSON.stringify(faults)}`);
    if (chains.length !== 1) wrong.push(`${chains.length} chains`);
  } catch (error) {
    wrong.push(`does not go on: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    ledger.close();
  }
  return wrong;
}

export interface FaultFigures {
  /** Calls an undisturbed run makes, by name. */
  readonly calls: Readonly<Record<string, number>>;
  readonly points: number;
  /** Of the points, those at which the fault really happened. */
  readonly injected: number;
  readonly acknowledged: number;
  readonly wrong: readonly string[];
}

/** Goes through the calls of a scene, each failing with EIO and killed. */
export async function everyCall(scene: Scene, short: boolean): Promise<FaultFigures> {
  const root = mkdtempSync(join(tmpdir(), 'bit-faults-'));
  try {
    const first = join(root, 'first');
    await grow(first, scene.grown);
    const env = warmed(root);
    const counted = await run(first, scene, env, undefined);
    if (counted.status !== 0) throw new Error(`the appender fails undisturbed: ${counted.errors}`);
    const calls: Record<string, number> = {};
    for (const call of counted.calls) calls[call] = (calls[call] ?? 0) + 1;
    const points = Object.entries(calls).flatMap(([call, times]) => {
      const stride = short && times > 8 ? scene.stride : 1;
      return Array.from({ length: Math.ceil(times / stride) }, (_, i) => 1 + i * stride).flatMap((when) => [
        `${call}:error=EIO:when=${when}`,
        `${call}:signal=SIGKILL:when=${when}`,
      ]);
    });
    let injected = 0;
    let acknowledged = 0;
    const wrong: string[] = [];
    const queue = points.map((point, at) => ({ point, directory: join(root, String(at)) }));
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { point, directory } = next;
        await grow(directory, scene.grown);
        const result = await run(directory, scene, env, point);
        if (result.injected) injected += 1;
        acknowledged += result.acknowledged.length;
        wrong.push(...(await wrongWith(directory, result)).map((line) => `${point}: ${line}`));
        rmSync(directory, { recursive: true, force: true });
        rmSync(`${directory}.trace`, { force: true });
      }
    };
    await Promise.all([work(), work()]);
    return { calls, points: points.length, injected, acknowledged, wrong };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function grow(directory: string, entries: number): Promise<void> {
  if (entries === 0) return;
  const ledger = testLedger(directory);
  for (let i = 0; i < entries; i++) await ledger.append([draft('note')]);
  ledger.close();
}

export const straceIsThere = (): boolean =>
  process.platform === 'linux' && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

/** Every scene with its figures; false where anything was wrong. */
export async function faultsCampaign({ short }: { readonly short: boolean }): Promise<boolean> {
  if (!straceIsThere()) throw new Error('strace is not installed, or may not trace here');
  let good = true;
  for (const scene of SCENES) {
    const { calls, points, injected, acknowledged, wrong } = await everyCall(scene, short);
    const counts = Object.entries(calls).map(([call, times]) => `${times} ${call}`);
    process.stdout.write(
      `${scene.name}: ${counts.join(', ')}; ${points} points, ${injected} faults happened, ` +
        `${acknowledged} entries acknowledged, ${wrong.length} wrong\n`,
    );
    for (const line of wrong) process.stdout.write(`WRONG ${line}\n`);
    if (wrong.length > 0 || injected < points * 0.9) good = false;
  }
  return good;
}

/** The disk refuses, or the process is killed, at every system call that makes an append durable. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { requireService, suite } from '../suite.ts';
import { draft, testLedger } from './fixture.ts';

const APPENDER = fileURLToPath(new URL('appender.ts', import.meta.url));
const CALLS = 'pwrite64,write,fsync,fdatasync,ftruncate,rename,unlink';

interface Run {
  readonly acknowledged: readonly string[];
  readonly status: number;
  readonly errors: string;
  /** System calls seen, by name, and whether one was tampered with. */
  readonly calls: readonly string[];
  readonly injected: boolean;
}

interface Scene {
  readonly files: readonly string[];
  readonly count: number;
}

const LEDGER = ['ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'ledger.db-journal', 'open', 'open/boot'];

/** Runs the appender under strace, with one call of the ledger's files made to fail. */
function run(directory: string, scene: Scene, injection: string | undefined): Promise<Run> {
  const trace = `${directory}.trace`;
  const paths = ['', ...scene.files].flatMap((file) => ['-P', join(directory, file)]);
  // With a filter in the kernel strace stops the program at these calls alone, but delivers no signal.
  const filter = injection?.includes('signal') === true ? [] : ['--seccomp-bpf'];
  const args = ['-f', '-qq', ...filter, '-o', trace, '-e', `trace=${CALLS}`, ...paths];
  const inject = injection === undefined ? [] : ['-e', `inject=${injection}`];
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', APPENDER];
  return new Promise((resolve) => {
    const child = execFile(
      'strace',
      [...args, ...inject, ...program, directory, String(scene.count), 'pairs'],
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

/** What must hold of a ledger whatever happened to an appender. */
async function check(directory: string, { acknowledged, errors }: Run, point: string): Promise<void> {
  const kept = new Set([...openLedgerReader({ directory }).entries()].map((entry) => entry.entry_sha256));
  assert.equal(
    acknowledged.filter((digest) => !kept.has(digest)),
    [],
    `${point} lost what was acknowledged`,
  );
  // What node prints of an error nobody caught begins with its name.
  if (errors !== '') assert.match(errors, /^BitError: /m, `${point} is told as a bug: ${errors}`);
  const ledger = testLedger(directory);
  await ledger.append([draft('note')]);
  assert.equal(ledger.verify().faults, [], point);
  assert.is(ledger.verify().chains.length, 1, point);
  ledger.close();
}

/** Every call of a scene once, in `stride` steps, failing with EIO and killed. */
async function everyCall(
  scene: Scene,
  before: (directory: string) => Promise<void>,
  stride: number,
): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'bit-faults-'));
  try {
    const first = join(root, 'first');
    await before(first);
    const counted = await run(first, scene, undefined);
    assert.is(counted.status, 0, counted.errors);
    const points: string[] = [];
    for (const call of new Set(counted.calls)) {
      const times = counted.calls.filter((name) => name === call).length;
      for (let when = 1; when <= times; when += times > 8 ? stride : 1) {
        points.push(`${call}:error=EIO:when=${when}`, `${call}:signal=SIGKILL:when=${when}`);
      }
    }
    let injected = 0;
    const queue = points.map((point, at) => ({ point, directory: join(root, String(at)) }));
    await Promise.all(
      [0, 1].map(async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          await before(next.directory);
          const result = await run(next.directory, scene, next.point);
          if (result.injected) injected += 1;
          await check(next.directory, result, next.point);
          rmSync(next.directory, { recursive: true, force: true });
        }
      }),
    );
    assert.ok(injected >= points.length * 0.9, `${injected} of ${points.length} faults happened`);
    return injected;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const present =
  process.platform === 'linux' && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

const grown =
  (appends: number) =>
  async (directory: string): Promise<void> => {
    const ledger = testLedger(directory);
    for (let i = 0; i < appends; i++) await ledger.append([draft('note')]);
    ledger.close();
  };

suite('ledger faults', (test) => {
  test('EIO and SIGKILL at every call of an append lose nothing acknowledged and damage nothing', async () => {
    if (!requireService('strace', present)) return;
    const injected = await everyCall({ files: LEDGER, count: 1 }, grown(1), 1);
    assert.ok(injected >= 50, `${injected} faults`);
  });

  test('nor while a ledger is begun', async () => {
    if (!requireService('strace', present)) return;
    const injected = await everyCall({ files: ['', ...LEDGER], count: 1 }, async () => undefined, 8);
    assert.ok(injected >= 10, `${injected} faults`);
  });

  test('nor while the write-ahead log goes into the file', async () => {
    if (!requireService('strace', present)) return;
    const injected = await everyCall({ files: ['ledger.db'], count: 10 }, grown(31), 6);
    assert.ok(injected >= 8, `${injected} faults`);
  });
});

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { hasOpenIntents, openLedgerReader, openMarkers } from '../../src/ledger/index.ts';
import { requireService, suite } from '../suite.ts';
import { draft, inTemporary, tamper, testLedger } from './fixture.ts';

const APPENDER = fileURLToPath(new URL('appender.ts', import.meta.url));

/** Runs an appender to its end, or kills it; resolves with the digests it had acknowledged. */
function appender(
  args: readonly string[],
  killAfter?: number,
): Promise<{ acknowledged: string[]; status: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', APPENDER, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      // Counted from the first acknowledgement, so that kills fall among appends and not into the start.
      if (output === '' && killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
      output += chunk;
    });
    child.on('close', (status) => resolve({ acknowledged: output.split('\n').slice(0, -1), status }));
  });
}

function digestsIn(directory: string): Set<string> {
  return new Set([...openLedgerReader({ directory }).entries()].map((entry) => entry.entry_sha256));
}

suite('ledger processes', (test) => {
  test('eight processes that begin a ledger at once make one chain and lose nothing', () =>
    inTemporary(async (directory) => {
      const runs = await Promise.all(Array.from({ length: 8 }, () => appender([directory, '25'])));
      assert.equal(
        runs.map((run) => run.status),
        Array(8).fill(0),
      );
      const report = openLedgerReader({ directory }).verify();
      assert.equal(report.faults, []);
      assert.equal(
        report.chains.map((chain) => chain.entries),
        [200],
      );
      const kept = digestsIn(directory);
      for (const digest of runs.flatMap((run) => run.acknowledged)) assert.ok(kept.has(digest), digest);
    }));

  test('kill -9 at any moment loses nothing acknowledged, and the next append goes on', () =>
    inTemporary(async (directory) => {
      const acknowledged: string[] = [];
      for (let round = 0; round < 15; round++) {
        const runs = await Promise.all([
          appender([directory, '100000', 'pairs'], round * 3),
          appender([directory, '100000', 'pairs'], round * 5),
        ]);
        acknowledged.push(...runs.flatMap((run) => run.acknowledged));
      }
      const kept = digestsIn(directory);
      assert.ok(acknowledged.length >= 30, `${acknowledged.length} acknowledged`);
      assert.equal(
        acknowledged.filter((digest) => !kept.has(digest)),
        [],
      );
      const ledger = testLedger(directory);
      const open = ledger.openIntents().map((entry) => entry.op);
      const marked = openMarkers(directory);
      assert.ok(marked.every((marker) => marker.running === false));
      assert.ok(
        open.every((op) => marked.some((marker) => marker.op === op)),
        'an open intent has no marker',
      );
      await ledger.append([draft('note')]);
      assert.equal(
        openMarkers(directory)
          .map(({ op }) => op)
          .sort(),
        open.sort(),
      );
      assert.equal(ledger.verify().faults, []);
      assert.is(ledger.verify().chains.length, 1);
    }));

  test('a program that appends and ends leaves the write-ahead log to the next one', () =>
    inTemporary(async (directory) => {
      await appender([directory, '1', 'pairs']);
      assert.ok(existsSync(join(directory, 'ledger.db-wal')), 'the last close checkpointed');
      assert.is(digestsIn(directory).size, 2);
    }));
});

suite('ledger markers', (test) => {
  test('an intent is marked until its outcome, by a process that runs', () =>
    inTemporary(async (directory) => {
      assert.not(hasOpenIntents(directory));
      const ledger = testLedger(directory);
      const op = ulid(Date.now());
      await ledger.append([draft('intent', { op })]);
      assert.ok(hasOpenIntents(directory));
      assert.equal(openMarkers(directory), [{ op, pid: process.pid, running: true }]);
      await ledger.append([draft('outcome', { op })]);
      assert.not(hasOpenIntents(directory));
      assert.equal(openMarkers(directory), []);
    }));

  test('after a power failure the ledger is asked, and lost markers come back as dead', () =>
    inTemporary(async (directory) => {
      const op = ulid(Date.now());
      await testLedger(directory).append([draft('intent', { op })]);
      rmSync(join(directory, 'open', op));
      assert.not(hasOpenIntents(directory));
      writeFileSync(join(directory, 'open', 'boot'), 'an earlier boot');
      assert.is(hasOpenIntents(directory), process.platform === 'linux');
      await testLedger(directory).append([draft('note')]);
      assert.equal(openMarkers(directory), [{ op, pid: 0, running: false }]);
    }));

  test('a pid used again, another boot, another machine and a damaged marker are told apart', () =>
    inTemporary(async (directory) => {
      const op = ulid(Date.now());
      await testLedger(directory).append([draft('intent', { op })]);
      const path = join(directory, 'open', op);
      const owner = JSON.parse(execFileSync('cat', [path], { encoding: 'utf8' })) as Record<string, unknown>;
      const running = (change: object): boolean | undefined => {
        writeFileSync(path, JSON.stringify({ ...owner, ...change }));
        return openMarkers(directory)[0]?.running;
      };
      assert.is(running({}), true);
      if (process.platform === 'linux') assert.is(running({ started: '1' }), false);
      if (process.platform === 'linux') assert.is(running({ boot: 'earlier' }), false);
      assert.is(running({ host: 'elsewhere.example' }), undefined);
      writeFileSync(path, '{');
      assert.is(openMarkers(directory)[0]?.running, false);
    }));
});

const asRoot = process.getuid?.() === 0;

/** Whether a file system can be mounted here; `run` gets the mount point. */
function withMount(options: readonly string[], run: (directory: string) => Promise<void>): Promise<void> {
  return inTemporary(async (root) => {
    const point = join(root, 'mount');
    mkdirSync(point);
    const mounted = asRoot && spawnSync('mount', [...options, point]).status === 0;
    if (!requireService('the right to mount (root)', mounted)) return;
    try {
      await run(point);
    } finally {
      spawnSync('umount', ['-l', point]);
    }
  });
}

suite('ledger disks', (test) => {
  test('a full disk refuses with io, loses nothing acknowledged, and appends again when there is room', () =>
    withMount(['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs'], async (point) => {
      const directory = join(point, 'ledger');
      const ledger = testLedger(directory);
      const acknowledged: string[] = [];
      writeFileSync(join(point, 'ballast'), Buffer.alloc(200_000));
      let refused: unknown;
      for (let i = 0; refused === undefined && i < 2_000; i++) {
        try {
          const [entry] = (await ledger.append([draft('note', { payload: { text: 'x'.repeat(2_000) } })]))
            .entries;
          acknowledged.push(entry?.entry_sha256 ?? '');
        } catch (error) {
          refused = error;
        }
      }
      assert.ok(isBitError(refused, 'io'), String(refused));
      const kept = digestsIn(directory);
      assert.equal(
        acknowledged.filter((digest) => !kept.has(digest)),
        [],
      );
      rmSync(join(point, 'ballast'));
      await testLedger(directory).append([draft('note')]);
      assert.equal(openLedgerReader({ directory }).verify().faults, []);
    }));

  test('a ledger on a read-only file system is read, and not written', () =>
    inTemporary(async (source) => {
      // In a process of its own: connections of this one would keep the files open for writing.
      await appender([join(source, 'ledger'), '3']);
      await withMount(['--bind', source], async (point) => {
        assert.is(spawnSync('mount', ['-o', 'remount,bind,ro', point]).status, 0);
        const directory = join(point, 'ledger');
        assert.is([...openLedgerReader({ directory }).entries()].length, 3);
        assert.ok(openLedgerReader({ directory }).verify().ok);
        const refused = await testLedger(directory)
          .append([draft('note')])
          .catch((error: unknown) => error);
        assert.ok(isBitError(refused, 'io'), String(refused));
      });
    }));

  test('a ledger that was closed cleanly is read on a read-only file system', () =>
    inTemporary(async (source) => {
      await appender([join(source, 'ledger'), '3']);
      // With the log in the file and the shared memory gone SQLite's own way of reading is closed.
      tamper(join(source, 'ledger'), (database) => {
        database.pragma('wal_checkpoint(TRUNCATE)');
      });
      assert.equal(readdirSync(join(source, 'ledger')).sort(), ['ledger.db', 'open']);
      await withMount(['--bind', source], async (point) => {
        assert.is(spawnSync('mount', ['-o', 'remount,bind,ro', point]).status, 0);
        assert.is(openLedgerReader({ directory: join(point, 'ledger') }).verify().entries, 3);
      });
    }));

  test('a directory one may not write to refuses with io', () =>
    inTemporary(async (directory) => {
      await testLedger(join(directory, 'first')).append([draft('note')]);
      chmodSync(directory, 0o555);
      // Root may write anywhere: be nobody for a moment.
      if (asRoot) process.seteuid?.(65_534);
      try {
        const ledger = testLedger(join(directory, 'ledger'));
        const refused = await ledger.append([draft('note')]).catch((error: unknown) => error);
        assert.ok(isBitError(refused, 'io'), String(refused));
      } finally {
        if (asRoot) process.seteuid?.(0);
        chmodSync(directory, 0o700);
      }
      assert.equal(readdirSync(directory), ['first']);
    }));
});

/**
 * Rows of the ledger, each against what the machine can do at all, alternating in the same run:
 * `append, 1 writer` against one fdatasync and one signature, `append, 8 processes` against one process,
 * `verify` against bare Ed25519 verification.
 */
import { spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportPublicKey } from '../src/kernel/ed25519.ts';
import { ulid } from '../src/kernel/ids.ts';
import { type Draft, type EntrySigner, openLedger } from '../src/ledger/index.ts';

export interface Row {
  readonly name: string;
  readonly ratio?: number;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly peer?: string;
}

const SEED = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 3)]);
const key = createPrivateKey({ key: SEED, format: 'der', type: 'pkcs8' });
const signer: EntrySigner = { publicKey: exportPublicKey(key), sign: (message) => sign(null, message, key) };

function draft(): Draft {
  const payload = { refs: [{ ref: 'refs/heads/main', from: 'a'.repeat(40), to: 'b'.repeat(40) }], ok: true };
  return {
    event: 'COMMIT',
    phase: 'note',
    op: ulid(Date.now()),
    parent: null,
    as: 'Ada <ada@example.org>',
    payload,
  };
}

/** Calls of `work` a second. */
async function rate(times: number, work: () => unknown): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (times * 1000) / (performance.now() - started);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const open = (directory: string) => openLedger({ directory, signer: () => signer, clock: () => new Date() });

async function oneWriter(root: string): Promise<Row> {
  const ledger = open(join(root, 'one'));
  const file = openSync(join(root, 'peer'), 'w');
  const block = Buffer.alloc(512, 1);
  const ratios: number[] = [];
  const rates: number[] = [];
  await rate(200, () => ledger.append([draft()]));
  for (let round = 0; round < 11; round++) {
    const appends = await rate(300, () => ledger.append([draft()]));
    const bare = await rate(300, () => {
      signer.sign(block.subarray(0, 55));
      writeSync(file, block);
      fdatasyncSync(file);
    });
    rates.push(appends);
    ratios.push(appends / bare);
  }
  closeSync(file);
  const peer = 'one fdatasync and one Ed25519 signature';
  return {
    name: 'ledger append, 1 writer',
    ratio: median(ratios),
    value: median(rates),
    unit: 'appends/s',
    goal: '≥ 0.7',
    peer,
  };
}

/** Appends a second of `count` processes that start together and append for `seconds`. */
async function processes(directory: string, count: number, seconds: number): Promise<number> {
  const self = fileURLToPath(import.meta.url);
  const begin = Date.now() + 700 + count * 120;
  const totals = await Promise.all(
    Array.from({ length: count }, () => {
      return new Promise<number>((resolve, reject) => {
        const args = [
          '--disable-warning=ExperimentalWarning',
          self,
          directory,
          String(begin),
          String(seconds * 1000),
        ];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
        child.on('close', (code) =>
          code === 0 ? resolve(Number(output)) : reject(new Error(`appender: ${code}`)),
        );
      });
    }),
  );
  return totals.reduce((sum, total) => sum + total, 0) / seconds;
}

async function eightProcesses(root: string): Promise<Row> {
  const directory = join(root, 'eight');
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < 5; round++) {
    const one = await processes(directory, 1, 2);
    const eight = await processes(directory, 8, 2);
    rates.push(eight);
    ratios.push(eight / one);
  }
  const report = open(directory).verify();
  if (!report.ok || report.chains.length !== 1)
    throw new Error('the ledger of eight processes does not verify');
  return {
    name: 'ledger append, 8 processes',
    ratio: median(ratios),
    value: median(rates),
    unit: 'appends/s',
    goal: '≥ 0.8',
    peer: 'one process',
  };
}

async function verification(root: string): Promise<Row> {
  const ledger = open(join(root, 'verify'));
  const entries = 4_000;
  for (let left = entries; left > 0; left -= 500) await ledger.append(Array.from({ length: 500 }, draft));
  const message = Buffer.alloc(55, 1);
  const signature = signer.sign(message);
  const publicKey = createPublicKey(key);
  const ratios: number[] = [];
  const rates: number[] = [];
  ledger.verify();
  for (let round = 0; round < 9; round++) {
    const ours = entries / cpuSeconds(() => ledger.verify());
    const bare =
      entries /
      cpuSeconds(() => {
        for (let i = 0; i < entries; i++) verify(null, message, publicKey, signature);
      });
    rates.push(ours);
    ratios.push(ours / bare);
  }
  return {
    name: 'ledger verify',
    ratio: median(ratios),
    value: median(rates),
    unit: 'entries/s of one core',
    goal: '≥ 0.85',
    peer: 'bare Ed25519 verification',
  };
}

/** Processor time, not the clock's: both sides only compute, and other programs must not decide the ratio. */
function cpuSeconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'bit-bench-'));
  try {
    return [await oneWriter(root), await eightProcesses(root), await verification(root)];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** As a child of {@link processes}: appends from `begin` on for a while and prints how many were acknowledged. */
async function child(directory: string, begin: number, milliseconds: number): Promise<void> {
  const ledger = open(directory);
  await ledger.append([draft()]);
  while (Date.now() < begin) await new Promise((resolve) => setTimeout(resolve, 1));
  let count = 0;
  for (; Date.now() < begin + milliseconds; count++) await ledger.append([draft()]);
  process.stdout.write(String(count));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory, begin, milliseconds] = process.argv.slice(2);
  if (directory !== undefined) await child(directory, Number(begin), Number(milliseconds));
  else console.table(await run());
}

/**
 * Rows of the ledger, each against what the machine can do at all, alternating in the same run:
 * `append, 1 writer` against one fdatasync and one signature, `append, 8 processes` against one process,
 * `verify` against bare Ed25519 verification.
 */
import { spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { exportPublicKey } from '../src/kernel/ed25519.ts';
import { ulid } from '../src/kernel/ids.ts';
import { type Draft, type EntrySigner, openLedger } from '../src/ledger/index.ts';
import { median, type Row } from './row.ts';

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

interface Appender {
  /** Settled when it has the ledger open and has appended once. */
  readonly ready: Promise<void>;
  go(): void;
  /** Appends a second from `go` on. */
  readonly rate: Promise<number>;
}

function appender(directory: string, milliseconds: number): Appender {
  const args = ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), directory];
  const child = spawn(process.execPath, [...args, String(milliseconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let announce = (): void => undefined;
  const rate = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      announce();
    });
    child.on('close', (code) => {
      const value = Number(lines[1]);
      if (code === 0 && value > 0) resolve(value);
      else reject(new Error(`an appender ended with ${code} after ${lines.length} lines`));
    });
  });
  const ready = new Promise<void>((resolve) => {
    announce = resolve;
  });
  return {
    ready: Promise.race([ready, rate.then(() => undefined)]),
    go: () => child.stdin.end('go\n'),
    rate,
  };
}

/** Appends a second of `count` processes; none begins before all are ready, however long that takes a busy machine. */
async function processes(directory: string, count: number, milliseconds: number): Promise<number> {
  const appenders = Array.from({ length: count }, () => appender(directory, milliseconds));
  await Promise.all(appenders.map(({ ready }) => ready));
  for (const { go } of appenders) go();
  const rates = await Promise.all(appenders.map(({ rate }) => rate));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

async function eightProcesses(root: string): Promise<Row> {
  const directory = join(root, 'eight');
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < 5; round++) {
    const [first, second] = round % 2 === 0 ? [1, 8] : [8, 1];
    const before = await processes(directory, first, 2000);
    const after = await processes(directory, second, 2000);
    const [one, eight] = first === 1 ? [before, after] : [after, before];
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
  // of the very messages the ledger has to verify, made ready: one and the same over and over is 2 % quicker
  const seals = [...ledger.entries()].map(({ entry_sha256, signature }) => ({
    message: Buffer.concat([Buffer.from('bithub.ledger.entry.v1\n'), Buffer.from(entry_sha256, 'hex')]),
    signature: Buffer.from(signature, 'base64'),
  }));
  const publicKey = createPublicKey(key);
  const ratios: number[] = [];
  const rates: number[] = [];
  // what is compiled once, and what is found out about the code first, is no part of it
  for (let warm = 0; warm < 3; warm++) ledger.verify();
  for (let round = 0; round < 15; round++) {
    const ours = entries / cpuSeconds(() => ledger.verify());
    const bare =
      entries /
      cpuSeconds(() => {
        for (const { message, signature } of seals) verify(null, message, publicKey, signature);
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
    peer: 'bare Ed25519 verification of the same messages',
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

/** As a child of {@link processes}: says it is ready, waits to be let go and prints how many a second it appended. */
async function child(directory: string, milliseconds: number): Promise<void> {
  const ledger = open(directory);
  await ledger.append([draft()]);
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  const started = performance.now();
  let passed = 0;
  for (let count = 1; ; count++) {
    await ledger.append([draft()]);
    passed = performance.now() - started;
    if (passed < milliseconds) continue;
    process.stdout.write(`${(count * 1000) / passed}\n`);
    process.stdin.destroy();
    return;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory, milliseconds] = process.argv.slice(2);
  if (directory !== undefined) await child(directory, Number(milliseconds));
  else console.table(await run());
}

/**
 * Verification of a ledger of 10,000, 100,000 and 1,000,000 entries in several chains: time an entry and memory. It takes a
 * few minutes and 1.5 GB of disk, so it isn't among the rows of `npm run bench`.
 *
 *     node bench/long-ledger.ts [FOLDER]      the ledger grows in FOLDER and stays there; default: a temporary one
 */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportPublicKey } from '../src/kernel/ed25519.ts';
import { ulid } from '../src/kernel/ids.ts';
import { type Draft, type Ledger, openLedger, openLedgerReader } from '../src/ledger/index.ts';

const SIZES = [10_000, 100_000, 1_000_000];
/** Chains a tenfold growth adds. */
const CHAINS = 3;
const BATCH = 5_000;
const SEED = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 3)]);
const key = createPrivateKey({ key: SEED, format: 'der', type: 'pkcs8' });
const signer = {
  publicKey: exportPublicKey(key),
  sign: (message: Uint8Array): Buffer => sign(null, message, key),
};

const open = (directory: string): Ledger =>
  openLedger({ directory, signer: () => signer, clock: () => new Date() });

function drafts(count: number): Draft[] {
  return Array.from({ length: count }, () => ({
    ...{ event: 'COMMIT', phase: 'note', op: ulid(Date.now()), parent: null, as: 'Ada <ada@example.org>' },
    payload: { refs: [{ ref: 'refs/heads/main', from: 'a'.repeat(40), to: 'b'.repeat(40) }], ok: true },
  }));
}

/** Grows the ledger to `size`. A copy of a ledger goes on as a new chain, so it is copied in between. */
async function grow(directory: string, size: number): Promise<void> {
  let entries = entriesOf(directory);
  const step = Math.ceil((size - entries) / CHAINS);
  while (entries < size) {
    if (entries > 0) {
      cpSync(directory, `${directory}.copy`, { recursive: true });
      rmSync(directory, { recursive: true });
      renameSync(`${directory}.copy`, directory);
    }
    const ledger = open(directory);
    for (const until = Math.min(size, entries + step); entries < until; ) {
      const { entries: written, forked } = await ledger.append(drafts(Math.min(BATCH, until - entries)));
      entries += written.length + (forked === undefined ? 0 : 1);
    }
    ledger.close();
  }
}

function entriesOf(directory: string): number {
  const reader = openLedgerReader({ directory });
  return reader.chains().reduce((sum, { entries }) => sum + entries, 0);
}

interface Figures {
  readonly entries: number;
  readonly chains: number;
  readonly seconds: number;
  /** Processor time, of all threads. */
  readonly cpu: number;
  readonly megabytes: number;
}

/** As a child, so that the memory is its own. */
async function verifyHere(directory: string): Promise<Figures> {
  const started = performance.now();
  const before = process.cpuUsage();
  const { ok, entries, chains } = await openLedgerReader({ directory }).verifyParallel();
  if (!ok) throw new Error('the ledger does not verify');
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  return { entries, chains: chains.length, seconds, cpu: (user + system) / 1e6, megabytes };
}

function verifyInChild(directory: string): Figures {
  const args = ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), directory, 'verify'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`verification ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Figures;
}

const [given, mode] = process.argv.slice(2);
if (given !== undefined && mode === 'verify') {
  process.stdout.write(JSON.stringify(await verifyHere(given)));
} else {
  const root = given ?? mkdtempSync(join(tmpdir(), 'bit-bench-'));
  const directory = join(root, 'ledger');
  try {
    for (const size of SIZES) {
      if (!existsSync(directory) || entriesOf(directory) < size) await grow(directory, size);
      const { entries, chains, seconds, cpu, megabytes } = verifyInChild(directory);
      process.stdout.write(
        `${entries} entries in ${chains} chains: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of processors ` +
          `(${((cpu * 1e6) / entries).toFixed(1)} µs an entry), ${megabytes.toFixed(0)} MB at the most\n`,
      );
    }
  } finally {
    if (given === undefined) rmSync(root, { recursive: true });
  }
}

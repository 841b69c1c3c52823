import { createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { ulid } from '../../src/kernel/ids.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { type Draft, type EntrySigner, type Ledger, openLedger, type Phase } from '../../src/ledger/index.ts';

/** A signer from a fixed seed, so that processes of one test share it. */
export function testSigner(byte = 7): EntrySigner {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { publicKey: exportPublicKey(key), sign: (message) => sign(null, message, key) };
}

export function testLedger(directory: string, signer: EntrySigner = testSigner()): Ledger {
  return openLedger({ directory, signer: () => signer, clock: () => new Date() });
}

export function draft(
  phase: Phase,
  options: { op?: string; parent?: string; event?: string; payload?: JsonObject } = {},
): Draft {
  return {
    event: options.event ?? 'COMMIT',
    phase,
    op: options.op ?? ulid(Date.now()),
    parent: options.parent ?? null,
    as: 'Ada <ada@example.org>',
    payload: options.payload ?? { refs: ['refs/heads/main'], ok: true },
  };
}

/** Runs with a directory of its own that is gone afterwards. */
export async function inTemporary<Out>(work: (directory: string) => Out | Promise<Out>): Promise<Out> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-ledger-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface RawDatabase {
  prepare(sql: string): { run(...values: unknown[]): unknown; get(...values: unknown[]): unknown };
  exec(sql: string): unknown;
  pragma(sql: string): unknown;
  close(): unknown;
}

/** The file behind the ledger's back, as one who tampers with it would open it. */
export function tamper(directory: string, work: (database: RawDatabase) => void): void {
  const Database = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => RawDatabase;
  const database = new Database(join(directory, 'ledger.db'));
  try {
    work(database);
  } finally {
    database.close();
  }
}

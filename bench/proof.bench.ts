/**
 * An inclusion proof in a chain of 1,000,000 entries: time warm, bytes of the file, rows read. The chain is written through
 * the ledger itself, with a signature that costs nothing, which proofs don't look at.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from '../src/kernel/ids.ts';
import { type Draft, openLedger } from '../src/ledger/index.ts';
import { formatProofFile, inclusionFault, inclusionRanges, leafHash, nodesOf } from '../src/tlog/index.ts';
import { median, type Row } from './row.ts';

const ENTRIES = 1_000_000;
const BATCH = 10_000;

export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'bit-bench-'));
  try {
    const signature = Buffer.alloc(64, 1);
    const signer = { publicKey: `ed25519:${'5'.repeat(64)}`, sign: () => signature };
    const ledger = openLedger({ directory: root, signer: () => signer, clock: () => new Date() });
    const draft: Draft = {
      event: 'COMMIT',
      phase: 'note',
      op: ulid(Date.now()),
      parent: null,
      as: 'Ada <ada@example.org>',
      payload: {},
    };
    const batch = Array.from({ length: BATCH }, () => draft);
    for (let left = ENTRIES; left > 0; left -= BATCH) await ledger.append(batch);
    const chain = ledger.chain() ?? '';
    const tree = ledger.tree(chain);
    const checkpoint = `bit.ledger/${chain}\n${ENTRIES}\n${'A'.repeat(43)}=\n\n— bit.ledger/${chain} ${'A'.repeat(92)}\n`;
    const times: number[] = [];
    const sizes: number[] = [];
    const reads: number[] = [];
    for (let round = 0; round < 300; round++) {
      const index = (round * 7_919_993) % ENTRIES;
      const started = performance.now();
      const proof = tree.inclusion(index);
      const file = formatProofFile({ extra: undefined, index, proof, checkpoint });
      times.push(performance.now() - started);
      sizes.push(Buffer.byteLength(file));
      reads.push(nodesOf(inclusionRanges(index, ENTRIES)).length);
      const claim = { index, size: ENTRIES, leaf: leafHash(tree.leaf(index)), proof, root: tree.root() };
      if (inclusionFault(claim) !== undefined) throw new Error(`the proof of entry ${index} does not hold`);
    }
    ledger.close();
    const peer = "Tessera's tiles: 1,134 B";
    const most = Math.max(...reads);
    return [
      {
        name: 'ledger proof of 1,000,000',
        value: median(times),
        unit: 'ms',
        goal: '≤ 1',
        peer: `${most} rows read at most`,
      },
      { name: 'ledger proof, size', value: Math.max(...sizes), unit: 'B', goal: '≤ 1200', peer },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

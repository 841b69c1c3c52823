/** A process that appends: `appender.ts <directory> <count> [pairs [op of the first]]`. Each acknowledged digest is a line on stdout. */
import { writeSync } from 'node:fs';
import { ulid } from '../../src/kernel/ids.ts';
import { draft, testLedger } from './fixture.ts';

const [directory = '', count = '0', mode = 'notes', first] = process.argv.slice(2);
const ledger = testLedger(directory);
for (let i = 0; i < Number(count); i++) {
  const op = i === 0 && first !== undefined ? first : ulid(Date.now());
  const phases = mode === 'pairs' ? (['intent', 'outcome'] as const) : (['note'] as const);
  for (const phase of phases) {
    const { entries } = await ledger.append([draft(phase, { op, payload: { i, pid: process.pid } })]);
    writeSync(1, entries.map((entry) => `${entry.entry_sha256}\n`).join(''));
  }
}

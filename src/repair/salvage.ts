import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import { openSalvaged, type SalvagedChain, salvageLedger } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';

/**
 * Writes what still verifies of a damaged ledger, and what was lost of it, beside the damaged one, which stays as it is:
 * to put the copy in its place is a person's word. Returns that in words.
 */
export async function salvage(reader: Reader, directory: string): Promise<string> {
  const target = join(dirname(directory), 'aside', `ledger-${ulid(reader.now().getTime())}`);
  const file = join(directory, 'ledger.db');
  const bytes = [file, `${file}-wal`].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  const report = salvageLedger(directory, { target, trust: await ledgerTrust(reader), bytes });
  writeFileAtomic(
    join(target, 'salvage.json'),
    `${JSON.stringify({ v: 1, from: file, ...report }, null, 2)}\n`,
  );
  const whole = openSalvaged(target).verify().ok ? '' : '; the copy does not verify whole: bit ledger verify';
  const recovered = report.chains.reduce((sum, chain) => sum + chain.recovered, 0);
  const lost = report.opened ? report.chains.flatMap(lostOf) : ['all of it, for it is no database any more'];
  return [
    `${recovered} entries that verify are in ${join(target, 'ledger.db')}${whole}`,
    lost.length === 0 ? 'nothing known is lost' : `lost: ${lost.join('; ')}`,
    `all of it in ${join(target, 'salvage.json')}`,
    `the damaged file stays as it is; to go on with the copy: mv ${directory} ${directory}.damaged && mv ${target} ${directory}`,
  ].join('. ');
}

function lostOf({ chain, recovered, stopped, adrift }: SalvagedChain): string[] {
  if (stopped === null) return [];
  const rest = adrift.length === 0 ? '' : `, and ${adrift.length} behind it with nothing to join them to`;
  return [`of chain ${chain} what comes after ${recovered} entries (${stopped}${rest})`];
}

/**
 * Measures side by side and prints each figure against its peer in the same run.
 *
 *     npm run bench                   every row
 *     npm run bench -- start ledger   those of bench/start.bench.ts and bench/ledger.bench.ts
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isReached, type Row } from './row.ts';

const END = '.bench.ts';
const known = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(END))
  .map((name) => name.slice(0, -END.length))
  .sort();
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !known.includes(name));

function show(row: Row): void {
  const { name, ratio, value, unit, goal, peer } = row;
  const reached = isReached(row);
  const figure = ratio === undefined ? '' : ratio.toFixed(2);
  const absolute = Number.isNaN(value) ? '' : `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ${unit}`;
  const verdict = reached === undefined ? '' : reached ? 'reached' : 'MISSED';
  const cells = [
    name.padEnd(46),
    figure.padStart(6),
    goal.padEnd(14),
    verdict.padEnd(8),
    absolute.padStart(22),
  ];
  process.stdout.write(
    `${cells.join('  ')}  ${peer === undefined ? '' : `against ${peer}`}`.trimEnd().concat('\n'),
  );
}

if (unknown !== undefined) {
  process.stderr.write(`no such rows: ${unknown}; there are: ${known.join(', ')}\n`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : known) {
    const file = pathToFileURL(join(import.meta.dirname, name + END)).href;
    try {
      const bench = (await import(file)) as { run(): Row[] | Promise<Row[]> };
      for (const row of await bench.run()) show(row);
    } catch (error) {
      process.stdout.write(
        `${name}: not measured: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      process.exitCode = 1;
    }
  }
}

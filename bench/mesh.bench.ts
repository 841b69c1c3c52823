/** OFFER → BID → ASSIGN → RESULT cycles a second over echo round trips a second of bare `ws`, 100 in flight, in turn. */
import { cycles, type Ends, echoes } from './mesh/ends.ts';
import { median, type Row } from './row.ts';

const ROUNDS = 9;
const MILLISECONDS = 500;

async function protocolOnly(tls: boolean, goal: string): Promise<Row> {
  const ends: readonly [Ends, Ends] = [await echoes(tls), await cycles(tls)];
  const ratios: number[] = [];
  const rates: number[] = [];
  for (const one of [...ends, ...ends]) await one.rate(MILLISECONDS);
  for (let round = 0; round < ROUNDS; round++) {
    const trips = await ends[0].rate(MILLISECONDS);
    const done = await ends[1].rate(MILLISECONDS);
    ratios.push(done / trips);
    rates.push(done);
  }
  for (const one of ends) await one.end();
  return {
    name: `mesh cycle, protocol only, ${tls ? 'TLS' : 'plain'}`,
    ratio: median(ratios),
    value: median(rates),
    unit: 'cycles/s',
    goal,
    peer: 'echo round trips of ws, 512 bytes; both 100 in flight on 20 connections',
  };
}

export async function run(): Promise<Row[]> {
  return [await protocolOnly(false, '≥ 0.28'), await protocolOnly(true, '≥ 0.19')];
}

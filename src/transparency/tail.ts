import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerTrust } from '../guard/index.ts';
import { printable } from '../kernel/text.ts';
import { believes, type Entry, entryHolds } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';

export interface TailEntry extends Omit<Entry, 'payload'> {
  /** Digest and signature hold, and the signer is believed. */
  readonly holds: boolean;
}

export interface Tail {
  /** Oldest first. */
  readonly entries: readonly TailEntry[];
}

/** The last entries of all chains in Lamport order, each verified by itself. */
export async function tailLedger(reader: Reader, most: number): Promise<Tail> {
  const believed = believes(await ledgerTrust(reader));
  const newest = most === 0 ? [] : [...reader.ledger.entries({ newestFirst: true, limit: most })];
  return { entries: newest.reverse().map((entry) => shownAs(entry, believed)) };
}

function shownAs(entry: Entry, believed: (entry: Entry) => boolean): TailEntry {
  const { payload: _payload, ...fields } = entry;
  return { ...fields, holds: entryHolds(entry) && believed(entry) };
}

/** Milliseconds between two looks at the ledger; one look reads the end of each chain's index. */
const PAUSE = 200;

/**
 * The last entries, and then each that is appended, by whichever process, or received: written to standard output as it
 * comes, until Ctrl-C, or the first that nobody reads any more (a pipe tells no earlier). What it returns is whether all of them held.
 */
export async function followLedger(
  reader: Reader,
  options: { readonly most: number; readonly line: (entry: TailEntry) => string },
): Promise<{ readonly holds: boolean }> {
  const { ledger, signal, streams } = reader;
  const { output } = streams;
  let gone = false;
  const leave = (): void => {
    gone = true;
  };
  output.on('error', leave).on('close', leave);
  const ended = (): boolean => signal.aborted || gone || output.destroyed;
  let holds = true;
  const tell = async (entry: TailEntry): Promise<void> => {
    holds &&= entry.holds;
    if (ended() || output.write(`${options.line(entry)}\n`)) return;
    await Promise.race([once(output, 'drain', { signal }), once(output, 'close')]).catch(() => undefined);
  };
  try {
    // taken first: what comes while the last ones are read is left to the loop
    const known = new Map(ledger.chains().map(({ chain, entries }) => [chain, entries]));
    for (const entry of (await tailLedger(reader, options.most)).entries) {
      if (entry.seq < (known.get(entry.chain) ?? 0)) await tell(entry);
    }
    while (!ended()) {
      const believed = believes(await ledgerTrust(reader));
      for (const { chain, entries } of ledger.chains()) {
        for (let seq = known.get(chain) ?? 0; seq < entries && !ended(); seq++) {
          const entry = ledger.at(chain, seq);
          if (entry !== undefined) await tell(shownAs(entry, believed));
          known.set(chain, seq + 1);
        }
      }
      await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    output.off('error', leave).off('close', leave);
  }
  return { holds };
}

/** One entry on one line, for people. */
export function tailLine(entry: TailEntry): string {
  const place = `${entry.chain.slice(-6)}#${entry.seq}`;
  const what = `${entry.event} ${entry.phase}`;
  return `${entry.holds ? 'holds' : 'FAILS'}  ${entry.ts}  ${place}  ${entry.entry_sha256.slice(0, 12)}  ${what}  ${printable(entry.as ?? '')}`;
}

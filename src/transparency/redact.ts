import { BitError } from '../kernel/errors.ts';
import { isKeyEvent, type Phase } from '../ledger/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { requireEntry } from './prove.ts';

export interface Redaction {
  readonly entry: string;
  readonly chain: string;
  readonly seq: number;
  readonly event: string;
  /** False where it was withheld already. */
  readonly dropped: boolean;
  /** Entries of the same operation that still have their payload, which may hold the same text. */
  readonly others: readonly OtherEntry[];
}

export interface OtherEntry {
  readonly entry: string;
  readonly phase: Phase;
}

/**
 * Drops an entry's payload and the nonce its digest was salted with. The entry, its signature and its chain stay whole.
 *
 * @throws BitError `unsupported` for a payload the ledger can't do without
 */
export async function redactEntry(reader: Reader, prefix: string): Promise<Effect<Redaction>> {
  const { ledger } = reader;
  const entry = requireEntry(ledger, prefix);
  const { entry_sha256: digest, chain, seq, event, phase, op } = entry;
  const name = `${digest.slice(0, 12)} (${event} ${phase})`;
  if (isKeyEvent(entry)) {
    throw new BitError('unsupported', `${name} says which keys are believed: its payload can't be withheld`);
  }
  if (event === 'LEDGER_REDACT') {
    throw new BitError('unsupported', `${name} says what was withheld: its own payload can't be`);
  }
  if (ledger.openIntents().some((open) => open.op === op)) {
    throw new BitError(
      'conflict',
      `${name} belongs to an operation that has not ended: its payload is needed`,
      {
        hint: 'settle it first with: bit repair',
      },
    );
  }
  const dropped = entry.payload !== undefined;
  const others = [...ledger.entries({ op, chain })]
    .filter((other) => other.entry_sha256 !== digest && other.payload !== undefined)
    .map((other): OtherEntry => ({ entry: other.entry_sha256, phase: other.phase }));
  return {
    summary: `withhold the payload of entry ${digest.slice(0, 12)}`,
    target: { entry: digest, chain, seq, event, phase },
    plan: dropped
      ? [
          `drop the payload of entry ${seq} of chain ${chain}, and the nonce of its digest`,
          `keep the entry: the chain verifies as before`,
          ...(phase === 'intent' ? [`operation ${op} can't be undone any more`] : []),
          ...others.map((other) => `leave ${sayOther(other)}`),
        ]
      : ['nothing: it is withheld already'],
    touches: { refs: [] },
    irreversible: dropped ? [`dropped the payload of entry ${digest}`] : [],
    ...(dropped ? { confirm: `Drop the payload of ${name} for good?` } : {}),
    async run(writer) {
      if (dropped) writer.keep.withhold(chain, seq);
      return { entry: digest, chain, seq, event, dropped, others };
    },
    record: ({ others: _, ...out }) => out,
  };
}

/** `the outcome 3fa1c0…: it may hold the same text`. */
export function sayOther({ entry, phase }: OtherEntry): string {
  return `the ${phase} of this operation (${entry.slice(0, 12)}), which may hold the same text`;
}

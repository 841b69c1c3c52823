import { BitError, isBitError } from '../kernel/errors.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { findOperation } from './rollback.ts';

export interface Annotated {
  /** Digest of the entry the note points to. */
  readonly entry: string;
  readonly op: string;
  readonly text: string;
}

const LONGEST = 4000;

/** A new entry that points to an older one; the older one stays as it is. */
export async function annotate(
  reader: Reader,
  options: { readonly entry: string; readonly text: string },
): Promise<Effect<Annotated>> {
  const text = options.text.trim();
  if (text === '') throw new BitError('usage', 'an annotation needs a text');
  if (text.length > LONGEST) throw new BitError('usage', `an annotation has at most ${LONGEST} characters`);
  const { entry, op, summary } = pointedAt(reader, options.entry);
  const annotated = { entry, op, text };
  return {
    summary: `annotate ${op}`,
    target: { entry: annotated.entry, op: annotated.op },
    plan: [`add a note to ${op} (${summary}): ${text}`],
    touches: { refs: [] },
    run: async () => annotated,
    record: () => ({ ...annotated }),
  };
}

const MOST_DENIALS = 10_000;

/** An operation, or what never became one because it was denied. */
function pointedAt(
  reader: Reader,
  wanted: string,
): { readonly entry: string; readonly op: string; readonly summary: string } {
  try {
    const record = findOperation(reader, wanted);
    return { entry: record.intent.entry_sha256, op: record.op, summary: record.summary };
  } catch (error) {
    if (!isBitError(error, 'not-found') || wanted.length < 8) throw error;
    const named = wanted.toLowerCase();
    for (const denied of reader.ledger.entries({ phase: 'denied', newestFirst: true, limit: MOST_DENIALS })) {
      if (denied.op !== named && !denied.entry_sha256.startsWith(named)) continue;
      const summary = denied.payload?.['summary'];
      return {
        entry: denied.entry_sha256,
        op: denied.op,
        summary: `denied: ${String(summary ?? denied.event)}`,
      };
    }
    throw error;
  }
}

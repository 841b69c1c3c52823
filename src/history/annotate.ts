import { BitError } from '../kernel/errors.ts';
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
  const record = findOperation(reader, options.entry);
  const annotated = { entry: record.intent.entry_sha256, op: record.op, text };
  return {
    summary: `annotate ${record.op}`,
    target: { entry: annotated.entry, op: annotated.op },
    plan: [`add a note to ${record.op} (${record.summary}): ${text}`],
    touches: { refs: [] },
    run: async () => annotated,
    record: () => ({ ...annotated }),
  };
}

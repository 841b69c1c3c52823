import { BitError } from '../kernel/errors.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { formatCheckpointText, formatVkey, signNote, toBase64 } from '../tlog/index.ts';
import { recall, remember, successionFault } from './memory.ts';
import { chainKey, originOf, requireChain } from './origin.ts';

export interface SignedCheckpoint {
  readonly chain: string;
  readonly origin: string;
  /** Entries. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The signed note. */
  readonly note: string;
  /** What verifies it, for `--key`. */
  readonly key: string;
}

/** Signs the tree head of the chain this clone writes, and remembers it. */
export async function checkpointLedger(reader: Reader): Promise<Effect<SignedCheckpoint>> {
  const chain = reader.ledger.chain();
  const seen = chain === undefined ? undefined : recall(reader.userDirectory, chain);
  return {
    summary: 'sign a checkpoint of the ledger',
    target: { chain: chain ?? null },
    plan: [
      `sign the root of ${chain === undefined ? 'the chain this action begins' : `chain ${chain}`}`,
      ...(seen === undefined
        ? []
        : [`which must go on from the checkpoint of ${seen.size} entries seen before`]),
      'remember it',
    ],
    touches: { refs: [] },
    run: signCheckpoint,
    record: ({ origin, size, root }) => ({ origin, size, root }),
  };
}

/**
 * Signs and remembers. A log never signs what doesn't follow from a checkpoint it signed before.
 *
 * @throws BitError `integrity` where it wouldn't
 */
export async function signCheckpoint(writer: Writer): Promise<SignedCheckpoint> {
  const chain = requireChain(writer.ledger, undefined);
  const signer = await writer.keys.signer();
  const tree = writer.ledger.tree(chain);
  const head = { chain, size: tree.size, root: Uint8Array.from(tree.root()) };
  refuseInconsistent(writer.ledger, head, recall(writer.userDirectory, chain));
  const key = chainKey(chain, signer.publicKey);
  const origin = originOf(chain);
  const text = formatCheckpointText({ origin, size: head.size, root: head.root });
  const note = signNote(text, [{ key, sign: (message) => signer.sign(message) }]);
  remember(writer, chain, note);
  writer.notice(`what verifies it, for --key: ${formatVkey(key)}`);
  return { chain, origin, size: head.size, root: toBase64(head.root), note, key: formatVkey(key) };
}

function refuseInconsistent(
  ledger: LedgerReader,
  head: { readonly chain: string; readonly size: number; readonly root: Uint8Array },
  seen: ReturnType<typeof recall>,
): void {
  if (seen === undefined) return;
  const fault = successionFault(seen, head, (size1, size2) =>
    ledger.tree(head.chain).consistency(size1, size2),
  );
  if (fault === undefined) return;
  throw new BitError(
    'integrity',
    `chain ${head.chain} does not go on from the checkpoint seen before: ${fault}`,
    {
      hint: `the checkpoint seen is in ${seen.file}; find what happened with: bit ledger verify`,
      details: { chain: head.chain, seen: seen.size, now: head.size },
    },
  );
}

import { shorten } from '../kernel/text.ts';
import type { LedgerFault } from './index.ts';

/** What a broken field means to a person, and what can have done it. */
const MEANINGS: Readonly<Record<string, string>> = {
  seq: 'Entries were removed, repeated or reordered.',
  prev_sha256: 'The link to the entry before does not hold: an entry was replaced or the order changed.',
  lamport: 'The logical clock went backwards: entries were reordered.',
  entry: 'The text of the entry was changed after it was written.',
  entry_sha256: 'The digest stored beside the entry was changed; the entry itself is intact.',
  signature: 'The signature does not belong to this entry and signer.',
  payload_sha256: 'The digest of the payload was changed after the entry was signed.',
  payload: 'The payload was changed after the entry was signed; the entry itself is intact.',
  withheld: 'The payload was removed from the store behind the ledger; the entry itself is intact.',
  nonce: 'The nonce beside the payload was changed; the payload can no longer be checked.',
  phase: 'An operation has two intents, two outcomes, or an outcome without an intent.',
  actor: 'The entry is signed by a key this repository does not trust.',
  tree: 'The hashes of the Merkle tree kept beside the entry were changed; proofs made from them would not hold.',
  revoked: 'The key was revoked before this entry: what it signed since is void, whatever time it claims.',
  checkpoint_size:
    'The chain is shorter than it was: its end was cut off, or an old copy of the ledger was put back.',
  checkpoint_root: 'The chain is not the one seen before: entries in it were rewritten and signed again.',
  parent_head: 'The chain this one was copied from does not have the entry it names as its origin.',
  index: 'The entries hold, but the indexes of the file do not: queries may miss entries.',
  open_ops: 'The list of unfinished operations kept beside the entries was changed.',
};

/** Two or three lines: where, what, and what it means. */
export function explainFault(fault: LedgerFault): string {
  const where = `chain ${fault.chain === '' ? '(unknown)' : fault.chain}, entry ${fault.seq}, field ${fault.field}`;
  const meaning =
    MEANINGS[fault.field] ?? `The field ${fault.field} does not have the form the ledger writes.`;
  const before =
    fault.field === 'checkpoint_root'
      ? 'Which of them can be told from a copy of the old chain only.'
      : 'Entries before it in this chain hold.';
  return `${where}: ${shorten(fault.message, 240)}\n${meaning}\n${before}`;
}

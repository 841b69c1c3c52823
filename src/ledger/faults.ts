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
  nonce: 'The nonce beside the payload was changed; the payload can no longer be checked.',
  phase: 'An operation has two intents, two outcomes, or an outcome without an intent.',
  actor: 'The entry is signed by a key this repository does not trust.',
  parent_head: 'The chain this one was copied from does not have the entry it names as its origin.',
  index: 'The entries hold, but the indexes of the file do not: queries may miss entries.',
  open_ops: 'The list of unfinished operations kept beside the entries was changed.',
};

/** Two or three lines: where, what, and what it means. */
export function explainFault(fault: LedgerFault): string {
  const where = `chain ${fault.chain === '' ? '(unknown)' : fault.chain}, entry ${fault.seq}, field ${fault.field}`;
  const meaning =
    MEANINGS[fault.field] ?? `The field ${fault.field} does not have the form the ledger writes.`;
  return `${where}: ${shorten(fault.message, 200)}\n${meaning}\nEntries before it in this chain hold.`;
}

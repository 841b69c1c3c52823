import { BitError } from '../kernel/errors.ts';
import { isTrusted, parseAllowedSigners } from '../keys/index.ts';
import { type Entry, entryOf, type LedgerReader, shownFault } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { type AcceptedSet, acceptedPath, damaged, readKeptAccepted } from './accepted.ts';
import { acceptedHere, namesSet } from './force.ts';
import { SIGNERS_FILE } from './tree.ts';
import { ownKeys } from './trust.ts';

/**
 * Every intent and denial, and the outcome of whatever puts a set in force, holds in its payload the digest of the set in
 * force: that is signed, where the row beside the entries and the file are only quick to read.
 */
export const VOUCHED = 'policy_set';

/** Entries looked back through for one that tells; between two that do stand outcomes and notes alone. */
const LOOK_BACK = 1_000;

type Vouching = Pick<Reader, 'stateDirectory' | 'ledger' | 'keys'>;

/**
 * Why what file and row say is in force is not what was signed last; undefined where it is, or where no key of one's own
 * ever signed anything of it, as before this was written down and in a clone of others.
 */
export async function vouchFault(reader: Vouching): Promise<BitError | undefined> {
  const { stateDirectory, ledger } = reader;
  const found = acceptedHere(stateDirectory, ledger);
  if (found instanceof BitError) return undefined;
  const told = await lastVouched(reader);
  if (told === undefined || told.digest === found?.digest) return undefined;
  const underWay = ledger
    .openIntents()
    .some((entry) => namesSet(entry, found?.digest) && told.believes(entry));
  if (underWay) return undefined;
  const why =
    found === undefined ? 'it is gone' : 'it is not the one that was in force at the last signed entry';
  return damaged(acceptedPath(stateDirectory), why);
}

/** {@link acceptedHere}, where signed entries say so too. */
export async function vouchedHere(reader: Vouching): Promise<AcceptedSet | BitError | undefined> {
  return (await vouchFault(reader)) ?? acceptedHere(reader.stateDirectory, reader.ledger);
}

interface Vouched {
  readonly digest: string;
  /** Whether an entry holds, and its signer could say what is in force next. */
  readonly believes: (entry: Entry) => boolean;
}

/**
 * What the newest entry that tells says was in force. One's own keys are believed; anybody else's entry behind those where
 * the set that was in force before it trusts the key: what is to be proved says nothing about who may prove it.
 */
export async function lastVouched({ stateDirectory, ledger, keys }: Vouching): Promise<Vouched | undefined> {
  const own = new Set(await ownKeys({ keys }));
  const later: Entry[] = [];
  let digest: string | undefined;
  for (const entry of telling(ledger)) {
    if (own.has(entry.actor) && holds(ledger, entry)) {
      digest = tellsOf(entry);
      break;
    }
    later.push(entry);
  }
  if (digest === undefined) return undefined;
  const believing = (now: string): ((entry: Entry) => boolean) => {
    const text = readKeptAccepted(stateDirectory, now)?.signers;
    const signers = text === undefined ? [] : parseAllowedSigners(text, SIGNERS_FILE).signers;
    return (entry) =>
      (own.has(entry.actor) || isTrusted(signers, entry.actor, new Date(entry.ts))) && holds(ledger, entry);
  };
  for (const entry of later.reverse()) {
    const told = tellsOf(entry);
    if (told !== undefined && told !== digest && believing(digest)(entry)) digest = told;
  }
  return { digest, believes: believing(digest) };
}

function tellsOf({ payload }: Entry): string | undefined {
  const told = payload?.[VOUCHED];
  return typeof told === 'string' ? told : undefined;
}

/**
 * When the set in force was put in the place of another, as this clone's own entries tell; undefined where that was before
 * `since`, or it is the only one there ever was. What other clones accepted is nothing here.
 */
export function inForceSince(ledger: LedgerReader, since: string): string | undefined {
  let digest: string | undefined;
  let from: string | undefined;
  for (const entry of telling(ledger, Number.POSITIVE_INFINITY)) {
    digest ??= tellsOf(entry);
    if (tellsOf(entry) !== digest) return from;
    if (entry.ts < since) return undefined;
    from = entry.ts;
  }
  return undefined;
}

/** The entries that say what is in force, newest first: of this clone's chain, and where it is a copy of the one before. */
function* telling(ledger: LedgerReader, most = LOOK_BACK): IterableIterator<Entry> {
  const written = ledger.lastChain();
  const [head] = written === undefined ? [] : ledger.entries({ chain: written, newestFirst: true, limit: 1 });
  let entry = head;
  for (let left = most; entry !== undefined && left > 0; left--) {
    if (tellsOf(entry) !== undefined) yield entry;
    entry = before(ledger, entry);
  }
}

function before(ledger: LedgerReader, { chain, seq, event, payload }: Entry): Entry | undefined {
  if (seq > 0) return ledger.at(chain, seq - 1);
  const { parent_chain: parent, parent_seq: last } = payload ?? {};
  const forked = event === 'CHAIN_FORKED' && typeof parent === 'string' && typeof last === 'number';
  return forked ? ledger.at(parent, last) : undefined;
}

/** Whether an entry holds by itself, its payload with it. */
function holds(ledger: LedgerReader, entry: Entry): boolean {
  const sealed = ledger.sealed(entry.chain, entry.seq);
  if (sealed === undefined) return false;
  const shown = shownFault({
    entry: { ...entryOf(entry) },
    signature: entry.signature,
    nonce: sealed.nonce.toString('base64'),
    payload: sealed.payload,
  });
  return typeof shown !== 'string' && shown.entry_sha256 === entry.entry_sha256;
}

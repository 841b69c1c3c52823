import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import {
  ChainAudit,
  readLeaf,
  type Sealed,
  type ShownEntry,
  shownFault,
  type TrustRules,
} from '../ledger/index.ts';
import type { Writer } from '../operation/index.ts';
import {
  Frontier,
  leafHash,
  parseBundle,
  parseCheckpointText,
  parseNote,
  subtreesOf,
  TILE_WIDTH,
  tileAt,
  tilePath,
} from '../tlog/index.ts';
import { holdReceived, keepReceived, type ReceivedReceipt, readReceived } from './anchor-travel.ts';
import { handedOver } from './anchored-tree.ts';
import { readSeen, recall, remember } from './memory.ts';
import { chainKeys } from './origin.ts';
import { largePath, payloadPath, type SharedLog } from './shared.ts';

export interface ReceivedChain {
  readonly chain: string;
  /** Entries that are here now, and of them new. */
  readonly size: number;
  readonly received: number;
}

async function readText(log: SharedLog, path: string): Promise<string> {
  return Buffer.from((await log.read(path)) ?? []).toString('utf8');
}

/** Who signed the first entry of a chain, as it says itself. */
export async function founderOf(log: SharedLog): Promise<string | undefined> {
  const note = await readText(log, 'checkpoint');
  const size = parseCheckpointText(parseNote(note).text)?.size ?? 0;
  const bytes = size === 0 ? undefined : await log.read(tilePath(tileAt('entries', 0, size)));
  const [leaf] = bytes === undefined ? [] : (parseBundle(bytes) ?? []);
  const shown = leaf === undefined ? 'nothing' : readLeaf(leaf);
  return typeof shown === 'string' || 'digest' in shown ? undefined : shown.fields.actor;
}

/**
 * Takes a chain in as far as it isn't here, once all of it is believed: signed, whole, and going on from what is here and
 * from the checkpoint seen.
 *
 * @throws BitError `integrity`, with both checkpoints kept as evidence
 */
export async function takeChain(
  writer: Writer,
  chain: string,
  log: SharedLog,
  rules: TrustRules,
): Promise<ReceivedChain> {
  const { ledger } = writer;
  const note = await readText(log, 'checkpoint');
  const head = parseCheckpointText(parseNote(note).text);
  const trust = { ...rules, own: [...rules.own, ...handedOver(ledger, chain)] };
  const seen = recall(writer.userDirectory, chain);
  const refuse = (reason: string): BitError =>
    refusal(writer, chain, { seen: seen?.note, offered: note }, reason);
  const own = ledger.chain() === chain;
  const here = ledger.tree(chain);
  const grows = head !== undefined && head.size > here.size;
  const audit = new ChainAudit({ chain, trust });
  if (grows && own) {
    readSeen(note, trust, log.name, chain);
    throw refuse(`it has ${head.size} entries and this clone, which writes it, only ${here.size}`);
  }
  const wanted = { from: here.size, to: head?.size ?? 0, here, refuse };
  const entries = grows ? await readEntries(log, audit, wanted) : [];
  // Whoever a believed key handed over to may have signed it.
  const believed = { ...trust, own: [...trust.own, ...audit.brought] };
  const offered = readSeen(note, believed, log.name, chain);
  // One's own chain is shared now and then; what a remote has of it is older, and must be its beginning.
  if (!own && seen !== undefined && offered.size < seen.size) {
    throw refuse(`it shrank from ${seen.size} to ${offered.size} entries`);
  }
  const received = own ? [] : await readReceived(log, chain, chainKeys(chain, believed));
  for (const { receipt } of within(received, here.size))
    holdReceived(received, receipt.size, () => here.root(receipt.size), refuse);
  if (!grows) {
    if (Buffer.compare(here.root(offered.size), offered.root) !== 0) {
      throw refuse(`its ${offered.size} entries are not those that are here`);
    }
    keepReceived(writer, chain, within(received, here.size));
    return { chain, size: here.size, received: 0 };
  }
  const frontier = new Frontier(
    here.size,
    subtreesOf({ begin: 0, end: here.size }).map((node) => here.node(node)),
  );
  for (const [at, { leaf }] of entries.entries()) {
    if (here.size + at === seen?.size) checkSeen(frontier, seen.root, refuse);
    holdReceived(received, here.size + at, () => frontier.root(), refuse);
    frontier.push(leafHash(leaf));
  }
  if (seen?.size === offered.size) checkSeen(frontier, seen.root, refuse);
  holdReceived(received, offered.size, () => frontier.root(), refuse);
  if (Buffer.compare(frontier.root(), offered.root) !== 0) {
    throw refuse('its entries have another root than its checkpoint says');
  }
  writer.keep.receive(chain, here.size, entries);
  keepReceived(writer, chain, within(received, offered.size));
  remember(writer, chain, note);
  return { chain, size: offered.size, received: entries.length };
}

/** A receipt of more than the chain has here proves nothing yet. */
function within(received: readonly ReceivedReceipt[], size: number): ReceivedReceipt[] {
  return received.filter(({ receipt }) => receipt.size <= size);
}

function checkSeen(frontier: Frontier, root: Uint8Array, refuse: (reason: string) => BitError): void {
  if (Buffer.compare(frontier.root(), root) !== 0) {
    throw refuse(`its first ${frontier.size} entries are not those seen before`);
  }
}

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly here: { leaf(seq: number): Buffer };
  readonly refuse: (reason: string) => BitError;
}

/** The entries `from` on, each verified after the one before. */
async function readEntries(
  log: SharedLog,
  audit: ChainAudit,
  { from, to, here, refuse }: Wanted,
): Promise<ShownEntry[]> {
  const out: ShownEntry[] = [];
  // The audit walks what is here too: who handed over to whom is known from the beginning only.
  for (let index = 0; index * TILE_WIDTH < to; index++) {
    const tile = tileAt('entries', index, to);
    const first = index * TILE_WIDTH;
    const bytes = await log.read(tilePath(tile));
    const leaves = bytes === undefined ? undefined : parseBundle(bytes);
    if (leaves?.length !== tile.width)
      throw refuse(`${tilePath(tile)} is missing or does not hold ${tile.width} entries`);
    const bodies = await readPayloads(log, index, refuse);
    for (const [at, leaf] of leaves.entries()) {
      const seq = first + at;
      const taken = audit.take(leaf, bodies.get(seq));
      if (typeof taken === 'string') throw refuse(`entry ${seq}: ${taken}`);
      if (seq < from) {
        if (!here.leaf(seq).equals(leaf)) throw refuse(`entry ${seq} is not the one that is here`);
        continue;
      }
      out.push('digest' in taken ? await readLarge(log, seq, taken.digest, refuse) : taken);
    }
  }
  return out;
}

const LINE_LIMIT = 64 * 1024 * 1024;

async function readPayloads(
  log: SharedLog,
  index: number,
  refuse: (reason: string) => BitError,
): Promise<Map<number, Sealed>> {
  const bytes = await log.read(payloadPath(index));
  const out = new Map<number, Sealed>();
  if (bytes === undefined) return out;
  for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
    if (line === '') continue;
    const value = line.length > LINE_LIMIT ? undefined : parsed(line);
    const { seq, nonce, payload } = isJsonObject(value) ? value : {};
    if (typeof seq !== 'number' || typeof nonce !== 'string' || !isJsonObject(payload)) {
      throw refuse(`${payloadPath(index)} does not hold payloads`);
    }
    out.set(seq, { nonce, payload });
  }
  return out;
}

async function readLarge(
  log: SharedLog,
  seq: number,
  digest: string,
  refuse: (reason: string) => BitError,
): Promise<ShownEntry> {
  const shown = shownFault(parsed(await readText(log, largePath(seq))));
  if (typeof shown === 'string') throw refuse(`entry ${seq}: ${shown}`);
  if (shown.entry_sha256 !== digest) throw refuse(`entry ${seq} is not the one its digest says`);
  return shown;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps both checkpoints: together they convict whoever signed them. One alone, of a chain first met, proves nothing. */
function refusal(
  { stateDirectory, now }: Writer,
  chain: string,
  notes: { readonly seen: string | undefined; readonly offered: string },
  reason: string,
): BitError {
  const message = `chain ${chain} is refused: ${reason}`;
  if (notes.seen === undefined) return new BitError('integrity', message, { details: { chain } });
  const folder = join(stateDirectory, 'evidence', `${chain}-${now().toISOString().replaceAll(/[:.]/g, '')}`);
  writeFileAtomic(join(folder, 'seen'), notes.seen);
  writeFileAtomic(join(folder, 'offered'), notes.offered);
  return new BitError('integrity', message, {
    hint: `the checkpoints are kept in ${folder}`,
    details: { chain, evidence: folder },
  });
}

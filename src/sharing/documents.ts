import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { openEnvelope, signEnvelope } from '../kernel/dsse.ts';
import { isBitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { believes } from '../ledger/index.ts';
import type { Reader, Writer } from '../operation/index.ts';
import {
  LONGEST,
  MOST_DOCUMENT,
  MOST_DOCUMENTS,
  type OfferedItem,
  participantOf,
  readShare,
  SHARE_TYPE,
  type ShareDocument,
  type ShareItem,
} from './model.ts';
import type { SharedPlace } from './place.ts';

/** A document as it was found, and whether it is taken for what it says. */
export interface Found<Item extends ShareItem> {
  readonly participant: string;
  readonly signer: string;
  readonly document: ShareDocument<Item>;
}

export interface Refused {
  readonly what: string;
  readonly why: string;
}

export interface Documents<Item extends ShareItem> {
  readonly found: readonly Found<Item>[];
  readonly refused: readonly Refused[];
}

/**
 * The documents of others: signed by a key this repository believes, still good, and none older than one seen before of
 * the same maker. Everything else is refused by name.
 */
export async function othersDocuments(
  reader: Reader,
  place: SharedPlace,
  kind: 'want',
): Promise<Documents<ShareItem>>;
export async function othersDocuments(
  reader: Reader,
  place: SharedPlace,
  kind: 'offer',
): Promise<Documents<OfferedItem>>;
export async function othersDocuments(
  reader: Reader,
  place: SharedPlace,
  kind: 'want' | 'offer',
): Promise<Documents<ShareItem>> {
  const believed = believes(await ledgerTrust(reader));
  const own = await ownParticipant(reader);
  const seen = readSeen(reader);
  const now = reader.now().getTime();
  const found: Found<ShareItem>[] = [];
  const refused: Refused[] = [];
  for (const name of await place.names(`${kind}s`, MOST_DOCUMENTS)) {
    const participant = name.slice(0, -'.json'.length);
    if (participant === own) continue;
    const what = `${kind} of ${participant.slice(0, 8)}`;
    try {
      const bytes = await place.read(`${kind}s/${name}`, MOST_DOCUMENT);
      if (bytes === undefined) continue;
      const { document: opened, signer } = openEnvelope(SHARE_TYPE, bytes.toString('utf8'));
      const document = kind === 'want' ? readShare(opened, 'want') : readShare(opened, 'offer');
      const [made, ends] = [Date.parse(document.ts), Date.parse(document.expires)];
      const before = seen[`${kind}/${participant}`];
      const why = !believed({ actor: signer, ts: document.ts })
        ? `nobody here believes its key ${signer.slice(0, 20)}…: bit key trust`
        : participantOf(signer, String(opened['clone'] ?? '')) !== participant
          ? 'it lies under another name than its maker has'
          : made > now + 300_000 || ends > made + LONGEST
            ? 'its times can’t be'
            : ends < now
              ? `it was good until ${document.expires}`
              : before !== undefined && document.ts < before
                ? `a later one, of ${before}, was seen`
                : undefined;
      if (why === undefined) found.push({ participant, signer, document });
      else refused.push({ what, why });
    } catch (error) {
      if (!isBitError(error)) throw error;
      refused.push({ what, why: error.message });
    }
  }
  return { found, refused };
}

/** Signs and puts a document of this clone's own. */
export async function putOwn(
  writer: Writer,
  place: SharedPlace,
  kind: 'want' | 'offer',
  items: readonly (ShareItem | OfferedItem)[],
): Promise<string> {
  const signer = await writer.keys.signer();
  const clone = cloneHere(writer);
  const now = writer.now();
  const document = {
    v: 1,
    kind,
    repository: nameOf(writer),
    clone,
    ts: now.toISOString(),
    expires: new Date(now.getTime() + LONGEST).toISOString(),
    items: items as unknown as Json,
  };
  const envelope = signEnvelope(SHARE_TYPE, document, signer);
  return place.putDocument(
    `${kind}s`,
    participantOf(signer.publicKey, clone),
    `${JSON.stringify(envelope)}\n`,
  );
}

/** What was taken for good is remembered, so that nobody can put an older one in its place. */
export function remember(writer: Writer, kind: 'want' | 'offer', found: readonly Found<ShareItem>[]): void {
  const seen = { ...readSeen(writer) };
  for (const { participant, document } of found) seen[`${kind}/${participant}`] = document.ts;
  const kept = Object.entries(seen).slice(-5000);
  writeFileAtomic(seenPath(writer), `${JSON.stringify(Object.fromEntries(kept))}\n`, { mode: 0o600 });
}

function readSeen(reader: Reader): Readonly<Record<string, string>> {
  const text = readTextIfExists(seenPath(reader));
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return {};
    return Object.fromEntries(Object.entries(value).filter(([, ts]) => typeof ts === 'string')) as Record<
      string,
      string
    >;
  } catch {
    return {};
  }
}

function seenPath({ stateDirectory }: Pick<Reader, 'stateDirectory'>): string {
  return join(stateDirectory, 'sharing', 'seen.json');
}

async function ownParticipant(reader: Reader): Promise<string | undefined> {
  const key = await reader.keys.current();
  return key === undefined ? undefined : participantOf(key, cloneHere(reader));
}

/** What tells two clones of one user apart. */
function cloneHere(reader: Reader): string {
  const place = reader.repository?.commonDir ?? reader.cwd;
  return createHash('sha256').update(`bit share clone\0${place}`).digest('hex').slice(0, 32);
}

function nameOf(reader: Reader): string {
  const root = reader.repository?.root ?? reader.cwd;
  return root.slice(root.lastIndexOf('/') + 1).slice(0, 200);
}

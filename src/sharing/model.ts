import { createHash } from 'node:crypto';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/**
 * What planners leave each other at a shared place. A want says what somebody would otherwise have to make: keys of builds,
 * digests of artifacts. An offer answers wants, and names for each the pack that holds it. Both are DSSE envelopes signed
 * by their maker's key, of a bounded size, for a bounded time; a pack is named by its digest, and so is everything in it.
 */
export const SHARE_TYPE = 'application/vnd.bithub.share.v1+json';
export const MOST_DOCUMENT = 1 << 20;
export const MOST_PACK = 8 << 20;
export const MOST_ITEMS = 2000;
export const MOST_DOCUMENTS = 1000;
/** Milliseconds a document is good for at most. */
export const LONGEST = 7 * 24 * 3_600_000;

export interface ShareItem {
  readonly kind: 'build' | 'artifact';
  /** Content key of a build, digest of an artifact. */
  readonly key: string;
  /** For people: the target or the artifact's name. */
  readonly title: string;
}

export interface OfferedItem extends ShareItem {
  /** SHA-256 of the pack. */
  readonly pack: string;
  readonly size: number;
}

export interface ShareDocument<Item extends ShareItem> {
  readonly v: 1;
  readonly kind: 'want' | 'offer';
  /** What the maker calls its repository. */
  readonly repository: string;
  /** RFC 3339. */
  readonly ts: string;
  readonly expires: string;
  readonly items: readonly Item[];
}

/** Names a clone's documents: the same each time, of its key and its clone. */
export function participantOf(publicKey: string, clone: string): string {
  return createHash('sha256').update(`bit share 1\0${publicKey}\0${clone}`).digest('hex').slice(0, 32);
}

const DIGEST = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** @throws BitError `integrity` naming the field that is wrong */
export function readShare(document: JsonObject, kind: 'want'): ShareDocument<ShareItem>;
export function readShare(document: JsonObject, kind: 'offer'): ShareDocument<OfferedItem>;
export function readShare(document: JsonObject, kind: 'want' | 'offer'): ShareDocument<ShareItem> {
  const fail = (field: string): never => {
    throw new BitError('integrity', `its ${field} can't be`, { details: { field } });
  };
  const { repository, ts, expires, items } = document;
  if (document['v'] !== 1) fail('version');
  if (document['kind'] !== kind) fail('kind');
  if (typeof repository !== 'string' || repository.length > 200) return fail('repository');
  if (typeof ts !== 'string' || !TIME.test(ts)) return fail('ts');
  if (typeof expires !== 'string' || !TIME.test(expires)) return fail('expires');
  if (!Array.isArray(items) || items.length > MOST_ITEMS) return fail('items');
  return {
    v: 1,
    kind,
    repository,
    ts,
    expires,
    items: (items as readonly Json[]).map((item, at) =>
      readItem(item, kind, (field) => fail(`items[${at}].${field}`)),
    ),
  };
}

function readItem(
  item: Json,
  kind: 'want' | 'offer',
  fail: (field: string) => never,
): ShareItem | OfferedItem {
  if (!isJsonObject(item)) return fail('value');
  const { kind: of, key, title, pack, size } = item;
  if (of !== 'build' && of !== 'artifact') return fail('kind');
  if (typeof key !== 'string' || !DIGEST.test(key)) return fail('key');
  if (typeof title !== 'string' || title.length > 200) return fail('title');
  if (kind === 'want') return { kind: of, key, title };
  if (typeof pack !== 'string' || !DIGEST.test(pack)) return fail('pack');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return fail('size');
  return { kind: of, key, title, pack, size };
}

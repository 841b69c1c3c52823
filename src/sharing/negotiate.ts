import { createHash } from 'node:crypto';
import { packBuild, packedBytes, takeBuild, wantedBuilds } from '../build/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { findArtifact, packArtifact, takeArtifact } from './artifact.ts';
import { type Found, othersDocuments, putOwn, type Refused, remember } from './documents.ts';
import { MOST_ITEMS, MOST_PACK, type OfferedItem, type ShareItem } from './model.ts';
import { SharedPlace } from './place.ts';

export interface Shared {
  readonly place: string;
  /** What was asked for, offered or taken. */
  readonly items: readonly (ShareItem & { readonly bytes: number; readonly at: string | null })[];
  readonly refused: readonly Refused[];
  /** Bytes that went over. */
  readonly bytes: number;
}

function effectOf(
  uri: string,
  verb: string,
  plan: readonly string[],
  run: (writer: Writer, place: SharedPlace) => Promise<Shared>,
): Effect<Shared> {
  return {
    summary: `${verb} at ${uri}`,
    target: { place: uri },
    plan,
    touches: { refs: [] },
    beside: true,
    ...(verb === 'take what is offered' ? {} : { irreversible: [`written to ${uri}`] }),
    async run(writer) {
      const place = await SharedPlace.open(writer, uri);
      try {
        return await run(writer, place);
      } finally {
        await place.close();
      }
    },
    record: ({ items, refused, bytes }) => ({
      place: uri,
      bytes,
      items: items.slice(0, 50).map(({ kind, key, title }) => ({ kind, key, title })),
      refused: refused.length,
    }),
  };
}

/** Asks for what would otherwise be made here: builds that have to run, and artifacts by their digests. */
export async function wantAt(
  reader: Reader,
  uri: string,
  artifacts: readonly string[],
): Promise<Effect<Shared>> {
  const items = await wantsHere(reader, artifacts);
  const plan = [`sign and put a want of ${items.length} items`, ...items.map(lineOf)];
  return effectOf(uri, 'ask for shared results', plan, async (writer, place) => {
    await putOwn(writer, place, 'want', items);
    return {
      place: uri,
      items: items.map((item) => ({ ...item, bytes: 0, at: null })),
      refused: [],
      bytes: 0,
    };
  });
}

async function wantsHere(reader: Reader, artifacts: readonly string[]): Promise<readonly ShareItem[]> {
  for (const digest of artifacts)
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new BitError('usage', `${digest.slice(0, 80)} is no SHA-256`);
  const builds = (await wantedBuilds(reader)).map(
    ({ key, target }): ShareItem => ({ kind: 'build', key, title: target.slice(0, 200) }),
  );
  const named = artifacts.map((key): ShareItem => ({ kind: 'artifact', key, title: 'artifact' }));
  return [...named, ...builds].slice(0, MOST_ITEMS);
}

function lineOf({ kind, title, key }: ShareItem): string {
  return `${kind} ${title} ${key.slice(0, 12)}`;
}

/** Offers what others asked for and this clone has; what nobody asked for stays here. */
export function offerAt(uri: string, most: number): Effect<Shared> {
  const plan = [`put what believed others ask for and this clone has, at most ${most} bytes`];
  return effectOf(uri, 'offer shared results', plan, async (writer, place) => {
    const { found, refused } = await othersDocuments(writer, place, 'want');
    const wanted = new Map(
      found.flatMap(({ document }) => document.items.map((item) => [item.kind + item.key, item])),
    );
    const items: (OfferedItem & { bytes: number; at: null })[] = [];
    const told: Refused[] = [...refused];
    let bytes = 0;
    for (const item of wanted.values()) {
      if (items.length >= MOST_ITEMS) break;
      const packed = await packOf(writer, item);
      if (packed === undefined) continue;
      if (bytes + packed.size > most) {
        told.push({ what: lineOf(item), why: `more than ${most} bytes in all: --most` });
        continue;
      }
      let put = 0;
      for (const { sha256, read } of packed.contents)
        put += await place.putObject(sha256, await read(), writer.signal);
      put += await place.putObject(packed.digest, packed.bytes, writer.signal);
      bytes += put;
      items.push({
        kind: item.kind,
        key: item.key,
        title: packed.title,
        pack: packed.digest,
        size: packed.size,
        bytes: put,
        at: null,
      });
    }
    await putOwn(
      writer,
      place,
      'offer',
      items.map(({ bytes: _, at: __, ...item }) => item),
    );
    remember(writer, 'want', found);
    return { place: uri, items, refused: told, bytes };
  });
}

interface Packed {
  readonly title: string;
  readonly digest: string;
  readonly bytes: Buffer;
  readonly size: number;
  readonly contents: readonly { readonly sha256: string; readonly read: () => Promise<Buffer> }[];
}

async function packOf(reader: Reader, { kind, key }: ShareItem): Promise<Packed | undefined> {
  const { stateDirectory } = reader;
  if (kind === 'build') {
    const pack = packBuild(stateDirectory, key);
    if (pack === undefined) return undefined;
    return packed(String(pack.document['target']), pack.document, pack.contents, async (sha256) => {
      const bytes = packedBytes(stateDirectory, sha256);
      if (bytes === undefined) throw new BitError('not-found', `${sha256.slice(0, 12)} is gone`);
      return bytes;
    });
  }
  const artifact = findArtifact(stateDirectory, key);
  const pack = artifact === undefined ? undefined : await packArtifact(stateDirectory, artifact);
  if (pack === undefined) return undefined;
  const byDigest = new Map(pack.contents.map(({ sha256, bytes }) => [sha256, bytes]));
  return packed(
    String(pack.document.name),
    pack.document,
    pack.contents,
    async (sha256) => byDigest.get(sha256) as Buffer,
  );
}

function packed(
  title: string,
  document: JsonObject,
  contents: readonly { readonly sha256: string; readonly size: number }[],
  read: (sha256: string) => Promise<Buffer>,
): Packed | undefined {
  const bytes = Buffer.from(JSON.stringify(document));
  if (bytes.length > MOST_PACK) return undefined;
  return {
    title: title.slice(0, 200),
    bytes,
    digest: createHash('sha256').update(bytes).digest('hex'),
    size: contents.reduce((sum, { size }) => sum + size, bytes.length),
    contents: contents.map(({ sha256 }) => ({ sha256, read: () => read(sha256) })),
  };
}

/** Takes what is offered of what is wanted here; everything else is refused, and by what it is. */
export async function takeAt(
  reader: Reader,
  uri: string,
  { artifacts, most }: { readonly artifacts: readonly string[]; readonly most: number },
): Promise<Effect<Shared>> {
  const wants = await wantsHere(reader, artifacts);
  const plan = [`take what believed others offer of ${wants.length} wanted items`, ...wants.map(lineOf)];
  return effectOf(uri, 'take what is offered', plan, async (writer, place) => {
    const builds = new Map((await wantedBuilds(writer)).map((one) => [one.key, one]));
    const wanted = new Set(wants.map(({ kind, key }) => kind + key));
    const { found, refused } = await othersDocuments(writer, place, 'offer');
    const told: Refused[] = [...refused];
    const items: Shared['items'][number][] = [];
    let bytes = 0;
    for (const { from, item } of offered(found)) {
      const what = `${lineOf(item)} of ${from}`;
      if (items.some(({ kind, key }) => kind === item.kind && key === item.key)) continue;
      if (!wanted.has(item.kind + item.key)) {
        told.push({ what, why: 'nobody here asks for it' });
        continue;
      }
      let left = Math.min(item.size, most - bytes);
      if (item.size > most - bytes) {
        told.push({ what, why: `more than ${most} bytes in all: --most` });
        continue;
      }
      const fetch = async (sha256: string, size: number): Promise<Buffer> => {
        const got = await place.object(sha256, Math.min(size, left));
        left -= got.length;
        return got;
      };
      try {
        const pack = documentOf(await fetch(item.pack, MOST_PACK));
        const build = builds.get(item.key);
        const taken =
          item.kind === 'artifact'
            ? await takeArtifact(writer, item.key, pack, fetch)
            : build === undefined
              ? undefined
              : { ...(await takeBuild(writer, build, pack, fetch)), directory: null };
        if (taken === undefined) continue;
        bytes += taken.bytes;
        items.push({
          kind: item.kind,
          key: item.key,
          title: item.title,
          bytes: taken.bytes,
          at: taken.directory,
        });
      } catch (error) {
        if (!isBitError(error)) throw error;
        told.push({ what, why: error.message });
      }
    }
    remember(writer, 'offer', found);
    return { place: uri, items, refused: told, bytes };
  });
}

function* offered(
  found: readonly Found<OfferedItem>[],
): Generator<{ readonly from: string; readonly item: OfferedItem }> {
  for (const { document, participant } of found)
    for (const item of document.items)
      yield { from: `${document.repository} (${participant.slice(0, 8)})`, item };
}

function documentOf(bytes: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // said below
  }
  throw new BitError('integrity', 'the pack is no document');
}

export interface SharedListing {
  readonly place: string;
  readonly documents: readonly {
    readonly kind: 'want' | 'offer';
    readonly repository: string;
    readonly signer: string;
    readonly ts: string;
    readonly items: readonly ShareItem[];
  }[];
  readonly refused: readonly Refused[];
}

/** What others want and offer there. Reads only. */
export async function listAt(reader: Reader, uri: string): Promise<SharedListing> {
  const place = await SharedPlace.open(reader, uri);
  try {
    const [wants, offers] = [
      await othersDocuments(reader, place, 'want'),
      await othersDocuments(reader, place, 'offer'),
    ];
    return {
      place: uri,
      documents: [...wants.found, ...offers.found].map(({ signer, document }) => ({
        kind: document.kind,
        repository: document.repository,
        signer,
        ts: document.ts,
        items: document.items.map(({ kind, key, title }) => ({ kind, key, title })),
      })),
      refused: [...wants.refused, ...offers.refused],
    };
  } finally {
    await place.close();
  }
}

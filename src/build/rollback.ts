import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { claimedBy, type Effect, type OperationRecord, operations, type Reader } from '../operation/index.ts';
import { type BuildCache, openCache, readList } from './cache.ts';
import { bring, type FileImage, imageOf, isSameImage } from './files.ts';
import { requireRoot } from './plan.ts';
import type { FileLists } from './rollbacks.ts';
import { BuildState } from './state.ts';

export interface BuildRollback {
  /** Operation that was taken back. */
  readonly undone: string;
  readonly summary: string;
  readonly brought: number;
  readonly removed: number;
}

/**
 * Puts back the files that the newest build, or the one named, replaced, made or took away.
 *
 * @throws BitError `not-found` for no such build, or one whose files are no longer kept; `changed` naming the files that
 *   somebody changed since
 */
export async function rollbackBuild(
  reader: Reader,
  options: { readonly id: string | undefined },
): Promise<Effect<BuildRollback>> {
  const root = requireRoot(reader);
  const { record, lists } = findBuild(reader, options.id);
  const cache = openCache(reader.stateDirectory);
  const state = new BuildState(root, reader.stateDirectory);
  const place = { root, state, store: cache.store };
  const { before, after } = filesOf(cache, lists);
  const changed = [...after].filter(([path, image]) => !isSameImage(imageOf(place, path), image));
  if (changed.length > 0) {
    const names = changed.map(([path]) => printable(shorten(path)));
    throw new BitError('changed', `changed since that build: ${names.slice(0, 10).join(', ')}`, {
      hint: 'build again, or go back by: git checkout, then bit build',
      details: { changed: names.slice(0, 100) },
    });
  }
  const removed = [...before.values()].filter((image) => image === null).length;
  const result = { undone: record.op, summary: record.summary, brought: before.size - removed, removed };
  return {
    summary: `take back ${record.summary}`,
    target: { operations: [record.op], events: [record.event] },
    plan: [...before].map(([path, image]) => `${image === null ? 'remove' : 'put back'} ${printable(path)}`),
    touches: { refs: [], files: [...before.keys()].map((path) => join(root, path)) },
    undoes: [record.op],
    inverses: [{ op: record.op, action: record.action, target: {} }],
    uninterrupted: true,
    run: async () => {
      const missing = bring(place, before);
      if (missing === undefined) return result;
      bring(place, after);
      throw new BitError('integrity', `the kept bytes of ${printable(missing)} are gone or damaged`);
    },
    record: ({ undone }) => ({ undone: [undone] }),
  };
}

interface Lists {
  readonly before: ReadonlyMap<string, FileImage | null>;
  readonly after: ReadonlyMap<string, FileImage | null>;
}

function filesOf(cache: BuildCache, { before, after }: FileLists): Lists {
  return { before: readList(cache, before), after: readList(cache, after) };
}

function findBuild(reader: Reader, id: string | undefined): { record: OperationRecord; lists: FileLists } {
  const chain = reader.ledger.chain();
  let named: OperationRecord | undefined;
  if (chain !== undefined) {
    for (const record of operations(reader.ledger, { chain, event: 'BUILD' })) {
      const wanted =
        id === undefined || record.op.startsWith(id) || record.intent.entry_sha256.startsWith(id);
      if (!wanted) continue;
      named ??= record;
      const lists = listsOf(record);
      const taken = claimedBy(reader.ledger, record.op) !== undefined;
      if (lists !== undefined && !taken) return { record, lists };
      if (id !== undefined) break;
    }
  }
  if (id === undefined || named === undefined) {
    const what = id === undefined ? 'no build to take back' : `no build ${printable(shorten(id))}`;
    throw new BitError('not-found', `${what} in this clone's history`, { hint: 'see: bit log audit' });
  }
  const taken = claimedBy(reader.ledger, named.op);
  throw taken === undefined
    ? new BitError('unsupported', `${named.op} changed no file, or what it replaced was not kept`)
    : new BitError('changed', `${named.op} was taken back by ${taken} already`);
}

function listsOf({ outcome }: OperationRecord): FileLists | undefined {
  const result = outcome?.payload?.['result'];
  const files = isJsonObject(result) ? result['files'] : undefined;
  if (!isJsonObject(files)) return undefined;
  const { before, after } = files;
  const isDigest = (value: unknown): value is string =>
    typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
  return isDigest(before) && isDigest(after) ? { before, after } : undefined;
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter, Oid, RefUpdate } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { bundleHeads } from './archive-full.ts';
import type { ArchivePlace } from './archive-place.ts';
import { branchesElsewhere } from './lookup.ts';
import type { RestoredRef, RestoreResult } from './restore.ts';
import {
  checkedHeads,
  copyWhole,
  type Examined,
  examineArchive,
  fetchBundle,
  restoreAssets,
  stamp,
  unpackParts,
} from './restore-parts.ts';
import { assetPlaceOf } from './track-assets.ts';

/** Refs that come back under their own name; all others are set aside. */
const OWN_NAME = /^refs\/(?:heads|tags|notes)\//;

/**
 * Brings an archive back into this repository, losing nothing that is here: a ref comes back under its own name
 * where there is none or it only moves forward, else under `refs/restored/<date>/`. A branch that is checked out
 * is never moved.
 */
export async function restoreArchive(reader: Reader, place: ArchivePlace): Promise<Effect<RestoreResult>> {
  const examined = await examineArchive(reader, place);
  const { archive, confirm } = examined;
  const date = stamp(reader.now());
  const incoming = archive.manifest?.refs ?? (await bundleHeads(reader.git, place.path));
  const names = Object.keys(incoming).filter((name) => !name.startsWith('refs/bithub/'));
  if (names.length === 0) throw new BitError('not-found', `${place.path} holds no refs`);
  const present = new Map((await reader.git.refs()).map((ref) => [ref.name, ref.oid]));
  const told = names.map((name) => {
    if (present.get(name) === incoming[name]) return `leave ${name} as it is`;
    if (OWN_NAME.test(name) && !present.has(name)) return `create ${name} at ${incoming[name]?.slice(0, 10)}`;
    if (OWN_NAME.test(name))
      return `fast-forward ${name} to ${incoming[name]?.slice(0, 10)}, or set it aside as ${asideName(name, date)}`;
    return `set ${name} aside as ${asideName(name, date)}`;
  });
  return {
    summary: `restore ${names.length} refs from ${place.path}`,
    target: { archive: place.path, signer: examined.signer, trusted: examined.trusted, refs: names },
    plan: [...told, 'put stored assets back', `keep a copy of the archive's ledger under restored/${date}`],
    touches: {
      refs: names.flatMap((name) => [...(OWN_NAME.test(name) ? [name] : []), asideName(name, date)]),
    },
    ...(confirm === undefined ? {} : { confirm }),
    run: (writer) => runRestore(writer, examined, date),
    record: (out) => ({
      signer: out.signer,
      refs: out.refs.slice(0, 200).map(({ to, oid, how }) => ({ to, oid, how })),
      assets: out.assets,
    }),
  };
}

function asideName(name: string, date: string): string {
  return `refs/restored/${date}/${name.replace(/^refs\//, '')}`;
}

async function runRestore(writer: Writer, examined: Examined, date: string): Promise<RestoreResult> {
  const { git, signal } = writer;
  const { archive, trusted, signer } = examined;
  const stage = join(writer.stateDirectory, 'tmp', `restore.${writer.operation}`);
  const held = `refs/bithub/restore/${writer.operation}/`;
  const progress = writer.progress('restore');
  try {
    progress.update('unpacking', 0, undefined);
    const unpacked = await unpackParts(archive, stage, signal);
    const heads = await checkedHeads(git, unpacked, archive);
    const refspecs = [
      ...(Object.keys(heads).some((name) => name.startsWith('refs/')) ? [`+refs/*:${held}refs/*`] : []),
      ...(heads['HEAD'] === undefined ? [] : [`+HEAD:${held}HEAD`]),
    ];
    progress.update('fetching', 0, undefined);
    await fetchBundle(git, { bundle: unpacked.bundle, refspecs, trusted, signal });
    const assets = await restoreAssets(unpacked.assets, await assetPlaceOf(writer), signal);
    const ledger =
      unpacked.ledger === undefined ? null : join(writer.stateDirectory, 'restored', date, 'ledger.jsonl');
    if (unpacked.ledger !== undefined && ledger !== null) copyWhole(unpacked.ledger, ledger);
    const refs = await placeRefs(writer, heads, date);
    return { directory: null, refs, files: [], stash: null, ledger, assets, signer };
  } finally {
    progress.end();
    rmSync(stage, { recursive: true, force: true });
    await dropRefs(git, held);
  }
}

async function dropRefs(git: GitWriter, prefix: string): Promise<void> {
  const refs = await git.refs([prefix]);
  if (refs.length > 0)
    await git.updateRefs(
      refs.map((ref) => ({ name: ref.name, to: undefined })),
      'bit: restored',
    );
}

/** All refs in one transaction, each only if it still is where it was seen. */
async function placeRefs(
  writer: Writer,
  heads: Readonly<Record<string, Oid>>,
  date: string,
): Promise<RestoredRef[]> {
  const { git } = writer;
  const present = new Map(
    (await git.refs())
      .filter((ref) => !ref.name.startsWith('refs/bithub/'))
      .map((ref) => [ref.name, ref.oid]),
  );
  const head = await git.head();
  const checkedOut = new Set((await branchesElsewhere(git)).keys());
  if (head.kind !== 'detached') checkedOut.add(head.ref);
  const named = new Set(Object.entries(heads).flatMap(([name, oid]) => (name === 'HEAD' ? [] : [oid])));
  const placed: RestoredRef[] = [];
  const updates: RefUpdate[] = [];
  for (const [name, oid] of Object.entries(heads).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name.startsWith('refs/bithub/') || (name === 'HEAD' && named.has(oid))) continue;
    const how = await howToPlace(git, { name, oid, was: present.get(name), present, checkedOut });
    const to = how === 'set-aside' ? asideName(name, date) : name;
    placed.push({ name, to, oid, how });
    if (how !== 'unchanged')
      updates.push({
        name: to,
        to: oid,
        from: how === 'fast-forwarded' ? (present.get(name) ?? git.zeroOid) : git.zeroOid,
      });
  }
  if (updates.length > 0) await git.updateRefs(updates, `bit ${writer.operation}: restore`);
  return placed;
}

interface Placing {
  readonly name: string;
  readonly oid: Oid;
  readonly was: Oid | undefined;
  readonly present: ReadonlyMap<string, Oid>;
  readonly checkedOut: ReadonlySet<string>;
}

async function howToPlace(
  git: GitWriter,
  { name, oid, was, present, checkedOut }: Placing,
): Promise<RestoredRef['how']> {
  if (was === oid) return 'unchanged';
  if (!OWN_NAME.test(name) || checkedOut.has(name)) return 'set-aside';
  if (was === undefined) {
    const inTheWay = [...present.keys()].some(
      (other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
    );
    return inTheWay ? 'set-aside' : 'created';
  }
  const forward = name.startsWith('refs/heads/') && (await git.isAncestor(was, oid));
  return forward ? 'fast-forwarded' : 'set-aside';
}

import { copyFileSync, createReadStream, existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AssetPlace, listAssets, storeAsset } from '../assets/index.ts';
import type { GitReader, GitWriter } from '../git/index.ts';
import { acceptedSigners } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { isTrusted } from '../keys/index.ts';
import type { Reader } from '../operation/index.ts';
import { BESIDE, bundleHeads, INSIDE } from './archive-full.ts';
import type { ArchivePlace } from './archive-place.ts';
import { unpackArchive, unpackAssets, type VerifiedArchive, verifyArchive } from './archive-read.ts';

/** An archive that holds, who made it, and the question to ask where nobody here knows them. */
export interface Examined {
  readonly archive: VerifiedArchive;
  readonly signer: string | null;
  readonly trusted: boolean;
  readonly confirm: string | undefined;
}

export async function examineArchive(reader: Reader, place: ArchivePlace): Promise<Examined> {
  const progress = reader.progress('restore');
  try {
    progress.update('verifying the archive', 0, undefined);
    const archive = await verifyArchive(place, reader.signal);
    const signer = archive.manifest?.signer ?? null;
    const trusted = signer !== null && (await isKnownSigner(reader, signer));
    const confirm =
      signer === null
        ? `${place.path} has no manifest, so nothing says who made it. Restore it?`
        : `The archive is whole, but signed by ${signer}, whom nobody here trusts. Restore it?`;
    return { archive, signer, trusted, confirm: trusted ? undefined : confirm };
  } finally {
    progress.end();
  }
}

/** One of the user's own keys, or one the accepted set trusts. */
async function isKnownSigner(reader: Reader, signer: string): Promise<boolean> {
  const own = await reader.keys.list();
  if (own.some((key) => key.publicKey === signer)) return true;
  const signers = acceptedSigners(reader.stateDirectory);
  return signers !== undefined && isTrusted(signers, signer as `ed25519:${string}`, reader.now());
}

/** What an archive holds, as plain files. */
export interface Unpacked {
  readonly bundle: string;
  readonly ledger: string | undefined;
  /** Folder laid out as the content store is. */
  readonly assets: string;
}

export async function unpackParts(
  archive: VerifiedArchive,
  stage: string,
  signal: AbortSignal,
): Promise<Unpacked> {
  makeDirectory(stage);
  const assets = join(stage, INSIDE.assets);
  if (archive.format !== 'bundle') {
    await unpackArchive(archive, stage, signal);
    return { bundle: join(stage, INSIDE.bundle), ledger: join(stage, INSIDE.ledger), assets };
  }
  const beside = (ending: string): string | undefined => {
    const named = archive.manifest?.files.some((file) => file.path.endsWith(ending)) === true;
    return named ? archive.path + ending : undefined;
  };
  const packed = beside(BESIDE.assets);
  if (packed !== undefined) await unpackAssets(packed, stage, signal);
  return { bundle: archive.path, ledger: beside(BESIDE.ledger), assets };
}

/** Refs of the bundle, which must be those the manifest names. */
export async function checkedHeads(
  git: GitReader,
  unpacked: Unpacked,
  archive: VerifiedArchive,
): Promise<Record<string, string>> {
  const heads = await bundleHeads(git, unpacked.bundle);
  const signed = archive.manifest?.refs;
  if (signed === undefined) return heads;
  const names = new Set([...Object.keys(heads), ...Object.keys(signed)]);
  const wrong = [...names].find((name) => heads[name] !== signed[name]);
  if (wrong === undefined) return heads;
  throw new BitError('integrity', `${wrong} of the bundle is not what the manifest says`, {
    hint: 'nothing was restored',
  });
}

export interface FetchFrom {
  readonly bundle: string;
  readonly refspecs: readonly string[];
  /** Known makers' objects are taken as they are: old histories hold what a strict check refuses. */
  readonly trusted: boolean;
  readonly signal: AbortSignal;
}

/** Takes refs out of a bundle; `refs/bithub/` stays behind: a clone makes those itself. */
export async function fetchBundle(
  git: GitWriter,
  { bundle, refspecs, trusted, signal }: FetchFrom,
): Promise<void> {
  const strict = ['-c', `fetch.fsckObjects=${trusted ? 'false' : 'true'}`];
  const options = [
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--update-head-ok',
    '--refmap=',
  ];
  await git.run([...strict, 'fetch', ...options, '--', bundle, ...refspecs, '^refs/bithub/*'], { signal });
}

/** Puts stored assets back. What a digest names must have that digest. */
export async function restoreAssets(folder: string, place: AssetPlace, signal: AbortSignal): Promise<number> {
  const assets = listAssets({ storage: folder });
  for (const asset of assets) {
    const oid = /^media\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(asset.path)?.[1];
    if (oid === undefined) {
      const target = join(place.storage, asset.path);
      if (!existsSync(target)) copyWhole(asset.file, target);
      continue;
    }
    const stored = await storeAsset(place, createReadStream(asset.file), signal);
    if (stored.oid !== oid)
      throw new BitError('integrity', `the asset ${oid.slice(0, 10)} of the archive has other bytes`);
  }
  return assets.length;
}

export function copyWhole(from: string, to: string): void {
  makeDirectory(dirname(to));
  const temporary = `${to}.${process.pid}.tmp`;
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

/** For names of refs and folders: `20261121T142011Z`. */
export function stamp(now: Date): string {
  return `${now.toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
}

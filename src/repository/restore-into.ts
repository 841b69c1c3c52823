import { lstatSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { assetPlace } from '../assets/index.ts';
import { type GitWriter, initRepository, openBestGit } from '../git/index.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import type { ArchivePlace } from './archive-place.ts';
import { cloneTarget, removeStaleClones, temporarySibling } from './clone-place.ts';
import type { RestoreResult } from './restore.ts';
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

/** Makes a repository of an archive in a new folder, with every ref under its own name. */
export async function restoreInto(
  reader: Reader,
  place: ArchivePlace,
  directory: string,
): Promise<Effect<RestoreResult>> {
  const target = cloneTarget(reader.cwd, directory);
  const examined = await examineArchive(reader, place);
  const { confirm } = examined;
  return {
    summary: `restore ${basename(place.path)} into ${basename(target)}`,
    target: { archive: place.path, signer: examined.signer, trusted: examined.trusted, directory: target },
    plan: [`make a repository of ${place.path} beside ${target}`, `rename it to ${target} once it is whole`],
    touches: { refs: [] },
    irreversible: [`made ${target}`],
    ...(confirm === undefined ? {} : { confirm }),
    run: (writer) => runInto(writer, examined, target),
    record: (out) => ({
      directory: out.directory,
      signer: out.signer,
      refs: out.refs.length,
      assets: out.assets,
    }),
  };
}

async function runInto(writer: Writer, examined: Examined, target: string): Promise<RestoreResult> {
  const { archive, trusted, signer } = examined;
  const { signal, env } = writer;
  removeStaleClones(dirname(target));
  const temporary = temporarySibling(target, writer.operation);
  const progress = writer.progress('restore');
  try {
    progress.update('unpacking', 0, undefined);
    const paths = await initRepository(temporary, { env, branch: 'main' });
    const state = join(paths.commonDir, 'bit');
    const stage = join(state, 'tmp', 'restore');
    const git = await openBestGit({ paths, env });
    const unpacked = await unpackParts(archive, stage, signal);
    const heads = await checkedHeads(git, unpacked, archive);
    progress.update('fetching', 0, undefined);
    const detached = heads['HEAD'] === undefined ? [] : ['+HEAD:refs/bithub/restore/HEAD'];
    await fetchBundle(git, {
      bundle: unpacked.bundle,
      refspecs: ['+refs/*:refs/*', ...detached],
      trusted,
      signal,
    });
    const assets = await restoreAssets(unpacked.assets, assetPlace(state, paths.commonDir), signal);
    const copied =
      unpacked.ledger === undefined
        ? undefined
        : join('.git', 'bit', 'restored', stamp(writer.now()), 'ledger.jsonl');
    if (unpacked.ledger !== undefined && copied !== undefined)
      copyWhole(unpacked.ledger, join(temporary, copied));
    await pointHead(git, heads, archive.manifest?.head);
    rmSync(stage, { recursive: true, force: true });
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) rmdirSync(target);
    renameSync(temporary, target);
    const refs = Object.entries(heads)
      .filter(([name]) => name.startsWith('refs/') && !name.startsWith('refs/bithub/'))
      .map(([name, oid]) => ({ name, to: name, oid, how: 'created' as const }));
    const ledger = copied === undefined ? null : join(target, copied);
    return { directory: target, refs, files: [], stash: null, ledger, assets, signer };
  } finally {
    progress.end();
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * HEAD on the branch the manifest says, detached where it says so (null), or without a manifest (undefined) on a branch
 * at the same commit; then the files.
 */
async function pointHead(
  git: GitWriter,
  heads: Readonly<Record<string, string>>,
  was: string | null | undefined,
): Promise<void> {
  const oid = heads['HEAD'];
  const branches = Object.keys(heads).filter((name) => name.startsWith('refs/heads/'));
  const likely = branches.find((name) => heads[name] === oid) ?? branches[0];
  const branch = typeof was === 'string' && branches.includes(was) ? was : was === null ? undefined : likely;
  if (branch !== undefined) await git.run(['symbolic-ref', 'HEAD', branch]);
  else if (oid !== undefined) await git.run(['update-ref', '--no-deref', 'HEAD', oid]);
  if (oid !== undefined) await git.run(['update-ref', '-d', 'refs/bithub/restore/HEAD']);
  if (branch !== undefined || oid !== undefined) await git.run(['reset', '--hard', '--quiet']);
}

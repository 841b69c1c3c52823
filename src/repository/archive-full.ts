import { createWriteStream, existsSync, lstatSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listAssets } from '../assets/index.ts';
import type { GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { canonicalJson, type Json } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Reader, StepProgress, Writer } from '../operation/index.ts';
import type { ArchiveResult, PreparedArchive } from './archive.ts';
import { type ArchiveManifest, signManifest } from './archive-manifest.ts';
import { digestFile, type PackedFile, pack, writeWhole } from './archive-pack.ts';
import type { ArchivePlace } from './archive-place.ts';

/** Names inside a full archive. */
export const INSIDE = {
  bundle: 'repository.bundle',
  ledger: 'ledger.jsonl',
  assets: 'assets/',
  manifest: 'manifest.json',
} as const;
/** What stands beside a full `.bundle`, after its name. */
export const BESIDE = {
  ledger: '.ledger.jsonl',
  assets: '.assets.tar.gz',
  manifest: '.manifest.json',
} as const;

/** Refs that hold what undo needs, of use in this clone only. */
const KEPT = 'refs/bithub/keep/';

/** Everything: each ref, the ledger, the stored assets, and a signed manifest of their digests. */
export async function planFull(
  reader: Reader,
  place: ArchivePlace,
  force: boolean,
): Promise<PreparedArchive> {
  const { git } = reader;
  const refs = await wantedRefs(git);
  if (refs.length === 0) throw new BitError('not-found', 'there are no commits to archive yet');
  if (existsSync(join(git.paths.commonDir, 'shallow'))) {
    throw new BitError('unsupported', 'this clone is shallow: it has not everything a full archive holds', {
      hint: 'get the rest first: git fetch --unshallow',
    });
  }
  const assets = listAssets({ storage: join(reader.stateDirectory, 'storage') });
  const beside =
    place.format === 'bundle'
      ? [BESIDE.manifest, BESIDE.ledger, ...(assets.length > 0 ? [BESIDE.assets] : [])].map(
          (ending) => place.path + ending,
        )
      : [];
  for (const path of beside) {
    if (!force && lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
      throw new BitError('conflict', `${printable(path)} exists`, {
        hint: 'name another file, or say --force to overwrite it',
      });
    }
  }
  const bytes = assets.reduce((sum, asset) => sum + asset.size, 0);
  return {
    plan: [
      `bundle ${refs.length} refs`,
      'copy the ledger, entry by entry',
      ...(assets.length === 0 ? [] : [`copy ${assets.length} stored assets (${bytes} bytes)`]),
      'sign a manifest of their digests',
      ...[place.path, ...beside].map((path) => `write ${path}`),
    ],
    writes: [place.path, ...beside],
    run: (writer) => archiveFull(writer, place),
  };
}

async function wantedRefs(git: GitReader): Promise<string[]> {
  const refs = (await git.refs())
    .map((ref) => ref.name)
    .filter((name) => !name.startsWith(KEPT) && name !== 'HEAD');
  const head = await git.head();
  return head.kind === 'unborn' ? refs : [...refs, 'HEAD'];
}

async function archiveFull(writer: Writer, place: ArchivePlace): Promise<ArchiveResult> {
  const stage = join(writer.stateDirectory, 'tmp', `archive.${writer.operation}`);
  makeDirectory(stage);
  const [bundling, copying, reading, packing] = [
    'bundle every ref',
    'copy the ledger',
    'read stored assets',
    `write ${basename(place.path)}`,
  ];
  try {
    return await writer.tasks([bundling, copying, reading, packing], async (step) => {
      const bundle = join(stage, INSIDE.bundle);
      const refs = await step(bundling, () => bundleRefs(writer, bundle));
      const ledgerFile = join(stage, INSIDE.ledger);
      const ledger = await step(copying, () => copyLedger(writer.ledger, ledgerFile));
      const assets = await step(reading, (progress) => readAssets(writer, progress));
      const parts = { bundle, ledgerFile, assets, stage };
      const head = await branchOf(writer.git);
      const described = { created: writer.now().toISOString(), head, refs, ledger };
      const write = place.format === 'bundle' ? writeBeside : writeInside;
      const written = await step(packing, () => write(writer, place, parts, described));
      return {
        files: written.files.map(({ path, sha256, size }) => ({ path, sha256, size })),
        format: place.format,
        full: true,
        refs: Object.keys(refs).length,
        entries: ledger.entries,
        assets: assets.length,
        signer: written.manifest.signer,
      };
    });
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function bundleRefs(writer: Writer, bundle: string): Promise<Record<string, string>> {
  const names = await wantedRefs(writer.git);
  await writer.git.run(['bundle', 'create', '--quiet', bundle, '--stdin'], {
    input: `${names.join('\n')}\n`,
    signal: writer.signal,
  });
  return bundleHeads(writer.git, bundle);
}

async function readAssets(writer: Writer, { update }: StepProgress): Promise<PackedFile[]> {
  const stored = listAssets({ storage: join(writer.stateDirectory, 'storage') });
  const assets: PackedFile[] = [];
  for (const [at, asset] of stored.entries()) {
    update('reading', at, stored.length);
    assets.push(await digestFile(asset.file, INSIDE.assets + asset.path, writer.signal));
  }
  return assets;
}

interface Parts {
  readonly bundle: string;
  readonly ledgerFile: string;
  readonly assets: readonly PackedFile[];
  readonly stage: string;
}
type Described = Pick<ArchiveManifest, 'created' | 'head' | 'refs' | 'ledger'>;
interface Written {
  readonly files: readonly PackedFile[];
  readonly manifest: ArchiveManifest;
}

async function writeInside(
  writer: Writer,
  place: ArchivePlace,
  parts: Parts,
  described: Described,
): Promise<Written> {
  const bundle = await digestFile(parts.bundle, INSIDE.bundle, writer.signal);
  const ledger = await digestFile(parts.ledgerFile, INSIDE.ledger, writer.signal);
  const packed = [bundle, ledger, ...parts.assets];
  const { manifest, file } = await writeManifest(writer, parts.stage, packed, described);
  const format = place.format === 'zip' ? 'zip' : 'tar.gz';
  const files = [await digestFile(file, INSIDE.manifest), ...packed];
  await writeWhole(place.path, writer.operation, (target) =>
    pack({ format, files, target, mtime: new Date(described.created), signal: writer.signal }),
  );
  return { files: [await digestFile(place.path, place.path, writer.signal)], manifest };
}

/** A bundle holds git's objects only, so the rest goes beside it; the manifest comes last and makes it count. */
async function writeBeside(
  writer: Writer,
  place: ArchivePlace,
  parts: Parts,
  described: Described,
): Promise<Written> {
  const name = basename(place.path);
  const put = async (ending: string, write: (target: string) => Promise<void>): Promise<PackedFile> => {
    await writeWhole(place.path + ending, writer.operation, write);
    return digestFile(place.path + ending, name + ending, writer.signal);
  };
  const { copyFile } = await import('node:fs/promises');
  const files = [
    await put('', (target) => copyFile(parts.bundle, target)),
    await put(BESIDE.ledger, (target) => copyFile(parts.ledgerFile, target)),
  ];
  if (parts.assets.length > 0) {
    const mtime = new Date(described.created);
    files.push(
      await put(BESIDE.assets, (target) =>
        pack({ format: 'tar.gz', files: parts.assets, target, mtime, signal: writer.signal }),
      ),
    );
  }
  const { manifest, file } = await writeManifest(writer, parts.stage, files, described);
  files.push(await put(BESIDE.manifest, (target) => copyFile(file, target)));
  return { files: files.map((item) => ({ ...item, path: item.file })), manifest };
}

async function writeManifest(
  writer: Writer,
  stage: string,
  files: readonly PackedFile[],
  described: Described,
): Promise<{ manifest: ArchiveManifest; file: string }> {
  const listed = files.map(({ path, sha256, size }) => ({ path, sha256, size }));
  const manifest = signManifest({ ...described, files: listed }, await writer.keys.signer());
  const file = join(stage, INSIDE.manifest);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  return { manifest, file };
}

/** Refs of a bundle as they stand in its header, so that the manifest says what the bundle holds. */
export async function bundleHeads(git: GitReader, bundle: string): Promise<Record<string, string>> {
  const listed = await git.read(['bundle', 'list-heads', bundle]);
  const refs: Record<string, string> = {};
  for (const line of listed.stdout.split('\n')) {
    const [, oid, name] = /^([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
    if (oid !== undefined && name !== undefined) refs[name] = oid;
  }
  return refs;
}

async function branchOf(git: GitReader): Promise<string | null> {
  const head = await git.head();
  return head.kind === 'detached' ? null : head.ref;
}

/** Every entry as one line of canonical JSON, hashes and signatures as they are: it verifies as it stands. */
async function copyLedger(ledger: LedgerReader, target: string): Promise<ArchiveManifest['ledger']> {
  let entries = 0;
  const lines = function* (): Generator<string> {
    for (const entry of ledger.entries()) {
      entries += 1;
      yield `${canonicalJson(JSON.parse(JSON.stringify(entry)) as Json)}\n`;
    }
  };
  await pipeline(Readable.from(lines()), createWriteStream(target, { flags: 'wx' }));
  return { chain: ledger.chain() ?? null, head: ledger.head()?.entry_sha256 ?? null, entries };
}

import { rmSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import type { GitReader, Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { planFull } from './archive-full.ts';
import { digestFile, writeWhole } from './archive-pack.ts';
import { type ArchivePlace, archivePlace } from './archive-place.ts';
import { requireCommit } from './lookup.ts';

export interface ArchiveRequest {
  /** `full`, a revision, or a range `a..b`. */
  readonly what: string;
  readonly output: string;
  /** Overwrite an archive that is there. */
  readonly force: boolean;
}

export interface ArchiveResult {
  /** The archive, and what had to go beside it. */
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly size: number }[];
  readonly format: string;
  readonly full: boolean;
  readonly refs: number;
  /** Ledger entries and stored assets in it. */
  readonly entries: number;
  readonly assets: number;
  /** Who signed its manifest; null where it has none. */
  readonly signer: string | null;
}

/** A bundle of commits, the files of a commit (those a range changed), or everything with a signed manifest. */
export async function archiveRepository(
  reader: Reader,
  request: ArchiveRequest,
): Promise<Effect<ArchiveResult>> {
  const place = archivePlace(reader.cwd, request.output, request.force);
  const full = request.what === 'full';
  const prepared = full
    ? await planFull(reader, place, request.force)
    : await planRange(reader, request.what, place);
  const inside = relative(reader.repository?.root ?? '/', place.path);
  return {
    summary: `archive ${full ? 'everything' : request.what} into ${inside.startsWith('..') || isAbsolute(inside) ? place.path : inside}`,
    target: { output: place.path, format: place.format, what: request.what, overwrite: request.force },
    plan: prepared.plan,
    touches: { refs: [] },
    irreversible: prepared.writes.map((path) => `wrote ${path}`),
    run: (writer) => prepared.run(writer),
    record: (out) => ({ files: [...out.files], refs: out.refs, entries: out.entries, assets: out.assets }),
  };
}

/** How one kind of archive is made. */
export interface PreparedArchive {
  readonly plan: readonly string[];
  readonly writes: readonly string[];
  run(writer: Writer): Promise<ArchiveResult>;
}

interface Range {
  readonly from: Oid | undefined;
  readonly to: Oid;
  /** As typed; a bundle records it as the name of its tip. */
  readonly tip: string;
}

async function planRange(reader: Reader, what: string, place: ArchivePlace): Promise<PreparedArchive> {
  const { git } = reader;
  const range = await readRange(git, what);
  const written = `write ${place.path}`;
  if (place.format === 'bundle') {
    const ref = await tipRef(git, range.tip);
    return {
      plan: [`bundle ${ref}${range.from === undefined ? '' : ` since ${range.from.slice(0, 10)}`}`, written],
      writes: [place.path],
      run: (writer) =>
        runSimple(writer, place, 1, async (target) => {
          const not = range.from === undefined ? [] : [`^${range.from}`];
          await writer.git.run(['bundle', 'create', '--quiet', target, ref, ...not], {
            signal: writer.signal,
          });
        }),
    };
  }
  const { format } = place;
  return {
    plan: [
      range.from === undefined
        ? `pack the files of ${range.to.slice(0, 10)}`
        : `pack the files of ${range.to.slice(0, 10)} that changed since ${range.from.slice(0, 10)}`,
      written,
    ],
    writes: [place.path],
    run: (writer) =>
      runSimple(writer, place, 0, async (target) => {
        const tree = range.from === undefined ? range.to : await changedTree(writer, range.from, range.to);
        await writer.git.run(['archive', `--format=${format}`, `--output=${target}`, tree], {
          signal: writer.signal,
        });
      }),
  };
}

async function runSimple(
  writer: Writer,
  place: ArchivePlace,
  refs: number,
  write: (target: string) => Promise<void>,
): Promise<ArchiveResult> {
  const progress = writer.progress('archive');
  try {
    progress.update('packing', 0, undefined);
    await writeWhole(place.path, writer.operation, write);
    const { sha256, size } = await digestFile(place.path, place.path, writer.signal);
    const files = [{ path: place.path, sha256, size }];
    return { files, format: place.format, full: false, refs, entries: 0, assets: 0, signer: null };
  } finally {
    progress.end();
  }
}

async function readRange(git: GitReader, what: string): Promise<Range> {
  const [, left, dots, right] = /^(.*?)(\.{2,3})(.*)$/.exec(what) ?? [];
  if (dots === undefined) return { from: undefined, to: await requireCommit(git, what), tip: what };
  const tip = right === '' || right === undefined ? 'HEAD' : right;
  const to = await requireCommit(git, tip);
  const from = await requireCommit(git, left === '' || left === undefined ? 'HEAD' : left);
  if (dots === '..') return { from, to, tip };
  const base = await git.mergeBase(from, to);
  if (base === undefined)
    throw new BitError('not-found', `${printable(shorten(what))}: the two have no commit in common`);
  return { from: base, to, tip };
}

/** Full name of the ref a bundle ends in; a bundle of a bare commit could not be fetched by name. */
async function tipRef(git: GitReader, tip: string): Promise<string> {
  const shown = await git.read(['rev-parse', '--symbolic-full-name', '--end-of-options', tip]);
  const name = shown.stdout.split('\n').find((line) => line.startsWith('refs/') || line === 'HEAD');
  if (name !== undefined) return name;
  throw new BitError(
    'usage',
    `a bundle ends in a branch or tag, and '${printable(shorten(tip))}' is neither`,
    {
      hint: 'name the branch, or make a .tar.gz or .zip of the commit',
    },
  );
}

/** A tree of what `to` holds and `from` has not, or has otherwise; made through an index of its own. */
async function changedTree(writer: Writer, from: Oid, to: Oid): Promise<Oid> {
  const diff = await writer.git.read([
    'diff-tree',
    '-r',
    '-z',
    '--no-renames',
    '--diff-filter=AMT',
    from,
    to,
  ]);
  const fields = diff.stdout.split('\0');
  const lines: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode, , oid] = (fields[at] ?? '').split(' ');
    if (mode !== undefined && oid !== undefined) lines.push(`${mode} ${oid}\t${fields[at + 1] ?? ''}`);
  }
  if (lines.length === 0)
    throw new BitError('not-found', 'no file changed in that range, so there is nothing to archive');
  return treeOf(writer, lines);
}

async function treeOf(writer: Writer, lines: readonly string[]): Promise<Oid> {
  const folder = join(writer.stateDirectory, 'tmp');
  makeDirectory(folder);
  const index = join(folder, `archive.${writer.operation}.index`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await writer.git.run(['update-index', '-z', '--index-info'], { env, input: `${lines.join('\0')}\0` });
    return (await writer.git.run(['write-tree'], { env })).stdout.trim();
  } finally {
    rmSync(index, { force: true });
  }
}

import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { type DiffLine, readableLines } from './diff-lines.ts';
import { findMoves } from './diff-moved.ts';
import { type FilePatch, type FileVerb, type PatchHunk, parsePatch } from './diff-patch.ts';
import { type DiffQuestion, type DiffSides, selectSides } from './diff-select.ts';
import { type DiffStat, readStat } from './diff-stat.ts';

/** What a person's git configuration would change about a patch is pinned, so that it reads and applies anywhere. */
const PINNED = [
  ...['--no-color', '--no-ext-diff', '--no-textconv', '--no-relative', '--submodule=short'],
  ...['--src-prefix=a/', '--dst-prefix=b/', '--output-indicator-new=+', '--output-indicator-old=-'],
  ...['--output-indicator-context= ', '--inter-hunk-context=0', '--find-renames'],
];

export interface RawDiff {
  readonly mode: 'raw';
  readonly from: string;
  readonly to: string;
  /** The bytes `git apply` takes; base64 where they are not UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  readonly patch: string;
}

export interface ContextualDiff {
  readonly mode: 'contextual';
  readonly from: string;
  readonly to: string;
  readonly files: readonly DiffFile[];
}

export interface StatDiff extends DiffStat {
  readonly mode: 'stat';
  readonly from: string;
  readonly to: string;
}

export interface DiffFile {
  readonly path: string;
  readonly from: string | null;
  readonly verb: FileVerb;
  readonly similarity: number | null;
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly binary: boolean;
  readonly added: number;
  readonly removed: number;
  readonly hunks: readonly DiffHunk[];
}

export interface DiffHunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly heading: string;
  readonly lines: readonly DiffLine[];
}

export type Diff = RawDiff | ContextualDiff | StatDiff;

/** Compares two commits, a commit and the index or work tree, or index and work tree; reads only. */
export async function diff(
  reader: Reader,
  options: DiffQuestion & { readonly mode: 'raw' | 'contextual' | 'stat' },
): Promise<Diff> {
  const sides = await selectSides(reader, options);
  const { from, to } = sides;
  if (options.mode === 'raw') return { mode: 'raw', from, to, ...(await rawPatch(reader, sides)) };
  if (options.mode === 'stat') return { mode: 'stat', from, to, ...(await readStat(reader, sides)) };
  const args = ['--function-context', '--find-copies', ...againstOurs(sides)];
  const { stdout } = await reader.git.read(patchArguments(args, sides), { signal: reader.signal });
  const files = parsePatch(stdout);
  const moves = findMoves(files);
  const hunk = ({ oldStart, newStart, heading, lines }: PatchHunk): DiffHunk => {
    return { oldStart, newStart, heading, lines: readableLines(lines, moves) };
  };
  return { mode: 'contextual', from, to, files: files.map((file) => fileOf(file, file.hunks.map(hunk))) };
}

function patchArguments(args: readonly string[], sides: DiffSides): string[] {
  const { paths } = sides;
  return [...['--literal-pathspecs', 'diff', ...PINNED, ...args, ...sides.args], ...['--', ...paths]];
}

/** While a merge stands in conflict, the file is compared with our side; git would print a form of its own. */
function againstOurs(sides: DiffSides): string[] {
  return sides.args.length === 0 ? ['--ours'] : [];
}

/** Bytes, not text: a patch of a Latin-1 file is itself Latin-1. */
async function rawPatch(reader: Reader, sides: DiffSides): Promise<Pick<RawDiff, 'encoding' | 'patch'>> {
  const { git } = reader;
  if (sides.args.every((arg) => arg === '--cached')) {
    const { stdout } = await git.read(['ls-files', '--unmerged', '-z', '--', ...sides.paths]);
    const [path] = stdout.split('\0').map((line) => line.slice(line.indexOf('\t') + 1));
    if (path !== undefined && path !== '') {
      throw new BitError('conflict', `${path} is in conflict: no patch says what it is`, {
        hint: 'compare with a commit instead: bit diff raw HEAD',
        details: { path },
      });
    }
  }
  const args = patchArguments(['--binary', '--full-index', '--unified=3'], sides);
  const { stdout } = await git.read(args, { signal: reader.signal, encoding: 'latin1' });
  const bytes = Buffer.from(stdout, 'latin1');
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return { encoding: 'utf8', patch: text };
  return { encoding: 'base64', patch: bytes.toString('base64') };
}

function fileOf(file: FilePatch, hunks: readonly DiffHunk[]): DiffFile {
  const lines = file.hunks.flatMap((hunk) => hunk.lines);
  return {
    path: file.path,
    from: file.from ?? null,
    verb: file.verb,
    similarity: file.similarity ?? null,
    oldMode: file.oldMode ?? null,
    newMode: file.newMode ?? null,
    binary: file.binary,
    added: lines.filter((line) => line.kind === 'added').length,
    removed: lines.filter((line) => line.kind === 'removed').length,
    hunks,
  };
}

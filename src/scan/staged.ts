import { type GitReader, unquotePath } from '../git/index.ts';

export interface StagedFile {
  readonly path: string;
  readonly oid: string;
  /** Bytes of the blob. */
  readonly size: number;
  readonly symlink: boolean;
}

/** What is compared: an index (the real one unless `env` names another) against a commit or tree. */
export interface StagedPlace {
  readonly git: GitReader;
  /** Revision to compare with; undefined before the first commit. */
  readonly base: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

const EMPTY_TREE_SHA1 = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const EMPTY_TREE_SHA256 = '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';

function baseOf(place: StagedPlace): string {
  return place.base ?? (place.git.zeroOid.length === 40 ? EMPTY_TREE_SHA1 : EMPTY_TREE_SHA256);
}

/** Files that are staged new or changed; submodules and deletions left out. */
export async function readStaged(place: StagedPlace): Promise<StagedFile[]> {
  const { git, env = {} } = place;
  const args = ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--no-abbrev', '--diff-filter=AMT'];
  const raw = await git.read([...args, baseOf(place), '--'], { env });
  const files: { path: string; oid: string; symlink: boolean }[] = [];
  const fields = raw.stdout.split('\0');
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, mode = '', , oid = ''] = (fields[i] ?? '').split(' ');
    if (mode === '160000') continue;
    files.push({ path: fields[i + 1] ?? '', oid, symlink: mode === '120000' });
  }
  if (files.length === 0) return [];
  const sizes = await git.read(['cat-file', '--batch-check=%(objectsize)'], {
    input: files.map((file) => `${file.oid}\n`).join(''),
  });
  const lines = sizes.stdout.split('\n');
  return files.map((file, i) => ({ ...file, size: Number(lines[i] ?? 0) }));
}

/** Text of a staged file, or undefined where it is not UTF-8 text. */
export async function readStagedText(place: StagedPlace, file: StagedFile): Promise<string | undefined> {
  const { stdout } = await place.git.read(['cat-file', 'blob', file.oid]);
  return stdout.includes('\u0000') || stdout.includes('\ufffd') ? undefined : stdout;
}

/** The lines that staging adds, but those of `without`. Attributes can't hide a file (`--text`). */
export async function readAddedLines(
  place: StagedPlace,
  without: readonly string[],
): Promise<Iterable<AddedLine>> {
  const diff = await place.git.read(
    [
      ...['diff-index', '--cached', '--patch', '--text', '--unified=0', '--no-renames', '--no-color'],
      ...['--no-ext-diff', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/', '--inter-hunk-context=0'],
      ...['--diff-filter=AMT', '--ignore-submodules=all', baseOf(place), '--'],
      ...(without.length === 0 ? [] : [':/', ...without.map((path) => `:(top,exclude,literal)${path}`)]),
    ],
    { env: place.env ?? {} },
  );
  return parseAddedLines(diff.stdout);
}

export interface AddedLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  /** Of a patch of several commits: the one whose id stood last before. */
  readonly commit: string;
}

/**
 * Added lines of a patch with no context (git-diff-index(1), `-U0`). The counts of each hunk header say which lines
 * are content, so that no content can pass for a header.
 */
export function* parseAddedLines(patch: string): IterableIterator<AddedLine> {
  let commit = '';
  let path = '';
  let line = 0;
  let added = 0;
  let removed = 0;
  for (const text of patch.split('\n')) {
    if (removed > 0 && text.startsWith('-')) removed--;
    else if (added > 0 && text.startsWith('+')) {
      added--;
      yield { path, line: line++, text: text.slice(1), commit };
    } else if (text.startsWith('+++ ')) path = nameOf(text.slice(4));
    else if (text.startsWith('@@ ')) {
      const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text);
      removed = Number(hunk?.[1] ?? 1);
      line = Number(hunk?.[2] ?? 0);
      added = Number(hunk?.[3] ?? 1);
    } else if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) commit = text;
  }
}

/** `b/name`, `"b/na\tme"`; a name with a space is ended by a tab. */
function nameOf(text: string): string {
  return unquotePath(text.replace(/\t$/, '')).replace(/^b\//, '');
}

import { unquotePath } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';

/** A line of a hunk as git prints it. */
export interface PatchLine {
  readonly kind: 'context' | 'removed' | 'added';
  readonly text: string;
  /** Line number in the old and new file; undefined on the side that lacks it. */
  readonly old: number | undefined;
  readonly new: number | undefined;
  /** The file ends here without a line feed. */
  readonly noNewline: boolean;
}

export interface PatchHunk {
  readonly oldStart: number;
  readonly newStart: number;
  /** What git found to stand above: a function's head. */
  readonly heading: string;
  readonly lines: readonly PatchLine[];
}

export type FileVerb = 'added' | 'deleted' | 'modified' | 'renamed' | 'copied' | 'conflicted';

export interface FilePatch {
  readonly path: string;
  /** Where it was, for a rename or copy. */
  readonly from: string | undefined;
  readonly verb: FileVerb;
  /** Percent alike, for a rename or copy. */
  readonly similarity: number | undefined;
  readonly oldMode: string | undefined;
  readonly newMode: string | undefined;
  readonly binary: boolean;
  readonly hunks: readonly PatchHunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/**
 * Reads `git diff -p`. Hunks are read by the counts of their heads, so that no content, whatever it looks like, is
 * taken for structure.
 *
 * @throws BitError `unsupported` for a patch of another form
 */
export function parsePatch(text: string): FilePatch[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const files: FilePatch[] = [];
  const conflicted: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.startsWith('diff --git ')) {
      const end = parseFile(lines, at, files);
      at = end;
    } else if (line.startsWith('* Unmerged path ')) {
      conflicted.push(unquotePath(line.slice(16)));
      at++;
    } else throw new BitError('unsupported', `git diff printed what is no patch: ${line.slice(0, 80)}`);
  }
  return withConflicts(files, conflicted);
}

function withConflicts(files: readonly FilePatch[], conflicted: readonly string[]): FilePatch[] {
  const names = new Set(conflicted);
  const marked = files.map((file) =>
    names.delete(file.path) ? { ...file, verb: 'conflicted' as const } : file,
  );
  const bare = {
    from: undefined,
    similarity: undefined,
    oldMode: undefined,
    newMode: undefined,
    binary: false,
    hunks: [],
  };
  return [...marked, ...[...names].map((path) => ({ path, verb: 'conflicted' as const, ...bare }))];
}

function parseFile(lines: readonly string[], start: number, files: FilePatch[]): number {
  const head = new Map<string, string>();
  let binary = false;
  let at = start + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('@@ ') || line.startsWith('diff --git ') || line.startsWith('* Unmerged path '))
      break;
    if (line.startsWith('Binary files ') || line === 'GIT binary patch') binary = true;
    const [, word, value] =
      /^(old mode|new mode|new file mode|deleted file mode|similarity index|rename from|rename to|copy from|copy to|---|\+\+\+) (.*)$/.exec(
        line,
      ) ?? [];
    if (word !== undefined && value !== undefined) head.set(word, value);
  }
  const hunks: PatchHunk[] = [];
  while (lines[at]?.startsWith('@@ ') === true) at = parseHunk(lines, at, hunks);
  files.push(fileOf(lines[start] ?? '', head, binary, hunks));
  return at;
}

function parseHunk(lines: readonly string[], start: number, hunks: PatchHunk[]): number {
  const head = HUNK.exec(lines[start] ?? '');
  if (head === null)
    throw new BitError('unsupported', `unknown hunk head: ${(lines[start] ?? '').slice(0, 80)}`);
  const oldStart = Number(head[1]);
  const newStart = Number(head[3]);
  let oldLeft = Number(head[2] ?? 1);
  let newLeft = Number(head[4] ?? 1);
  let old = oldStart;
  let now = newStart;
  const found: PatchLine[] = [];
  let at = start + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const mark = line.charAt(0);
    if (mark === '\\') {
      const last = found.at(-1);
      if (last !== undefined) found[found.length - 1] = { ...last, noNewline: true };
      continue;
    }
    if (oldLeft <= 0 && newLeft <= 0) break;
    const text = line.slice(1);
    if (mark === '-') {
      found.push({ kind: 'removed', text, old: old++, new: undefined, noNewline: false });
      oldLeft--;
    } else if (mark === '+') {
      found.push({ kind: 'added', text, old: undefined, new: now++, noNewline: false });
      newLeft--;
    } else {
      found.push({ kind: 'context', text, old: old++, new: now++, noNewline: false });
      oldLeft--;
      newLeft--;
    }
  }
  hunks.push({ oldStart, newStart, heading: head[5] ?? '', lines: found });
  return at;
}

function fileOf(
  first: string,
  head: ReadonlyMap<string, string>,
  binary: boolean,
  hunks: readonly PatchHunk[],
): FilePatch {
  const verb: FileVerb = head.has('new file mode')
    ? 'added'
    : head.has('deleted file mode')
      ? 'deleted'
      : head.has('rename to')
        ? 'renamed'
        : head.has('copy to')
          ? 'copied'
          : 'modified';
  const from = head.get('rename from') ?? head.get('copy from');
  const to = head.get('rename to') ?? head.get('copy to');
  const similarity = Number.parseInt(head.get('similarity index') ?? '', 10);
  return {
    path: to === undefined ? pathOf(first, head) : unquotePath(to),
    from: from === undefined ? undefined : unquotePath(from),
    verb,
    similarity: Number.isNaN(similarity) ? undefined : similarity,
    oldMode: head.get('old mode') ?? head.get('deleted file mode'),
    newMode: head.get('new mode') ?? head.get('new file mode'),
    binary,
    hunks,
  };
}

/** From `+++ b/x` or `--- a/x`; with neither (mode only, binary, empty) both names of the first line are the same. */
function pathOf(first: string, head: ReadonlyMap<string, string>): string {
  for (const side of ['+++', '---']) {
    const name = head.get(side);
    // a name with a space in it is followed by a tab
    if (name !== undefined && name !== '/dev/null') return unquotePath(name.replace(/\t$/, '')).slice(2);
  }
  const both = first.slice('diff --git '.length);
  return unquotePath(both.slice(0, (both.length - 1) / 2)).slice(2);
}
